"""What can go wrong in building the devnet."""


class DevnetError(Exception):
    """The devnet cannot be built or kept running; the text says what the human can do."""
