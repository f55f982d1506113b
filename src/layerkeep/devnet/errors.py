"""What can go wrong in building the devnet, and in talking to a running one."""

from layerkeep.core.errors import OperatorError, OutsideError


class DevnetError(OperatorError):
    """The devnet cannot be built or kept running; the text says what the human can do."""


class DevnetUnreachable(OperatorError):
    """No devnet runs where one was looked for."""


class DevnetRefused(OutsideError):
    """A running devnet did not do what it was asked for; the text is its reason."""
