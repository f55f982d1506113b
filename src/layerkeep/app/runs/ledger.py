"""The keys of all actions that were begun, in a file beside the store.

The store may be restored from a backup, and then knows nothing of what was done since. The file is
no part of that backup: a key in it is never performed again, only verified. A line `KEY ended` says
that its worker lived to the end of the action, `KEY never` that it surely never happened.
"""

import os
from pathlib import Path

from layerkeep.app.settings import state_folder
from layerkeep.core.errors import StoreError


def ledger_path(store: str, network: str) -> Path:
    """Beside a store that is a file, else in the user's state directory."""
    if "://" in store:
        return state_folder() / f"{network}.acted"
    return Path(f"{store}.acted")


class Ledger:
    """Keys, one a line; a line is on the disk before its action is begun."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def knows(self, key: str) -> bool:
        """True if the action of this key was begun, and may have happened."""
        lines = self._lines()
        return lines.count(key) > lines.count(f"{key} never")

    def ended(self, key: str) -> bool:
        """True if a worker lived to the end of the action: what it did is not asked again."""
        return f"{key} ended" in self._lines()

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="ascii").split("\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}") from error

    def add(self, key: str, word: str = "") -> None:
        """The key is on the disk; StoreError if it cannot be, and then nothing may be begun.

        `word` is `ended` or `never`, if anything more is known of it.
        """
        line = f"{key} {word}".rstrip()
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, f"{line}\n".encode("ascii"))
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}") from error
