"""References to secrets: `env:NAME` and `file:PATH`, resolved where they are used, never shown.

Every read is remembered until whoever has a store wrote it into the audit.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from layerkeep.core.errors import SettingsError

ENVIRONMENT = "env:"
FILE = "file:"


UNWRITTEN: "list[SecretRead]" = []
"""The reads of this process that are not in the audit yet, oldest first."""


@dataclass(frozen=True, slots=True)
class SecretRead:
    """A secret was read: when (milliseconds since the epoch), by which reference, `done` or not."""

    time: int
    reference: str
    outcome: str


def resolve(reference: str) -> str:
    """The value a reference stands for; any other text stands for itself."""
    if not is_reference(reference):
        return reference
    outcome = "failed"
    try:
        if reference.startswith(ENVIRONMENT):
            value = _from_environment(reference.removeprefix(ENVIRONMENT))
        else:
            value = _from_file(reference.removeprefix(FILE))
        outcome = "done"
        return value
    finally:
        UNWRITTEN.append(SecretRead(time.time_ns() // 1_000_000, reference, outcome))


def is_reference(text: str) -> bool:
    """True if the text stands for a secret kept elsewhere."""
    return text.startswith((ENVIRONMENT, FILE))


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        state = "empty" if name in os.environ else "not set"
        raise SettingsError(f"env:{name}: the environment variable {name} is {state}")
    return value


def _from_file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"file:{name}: {error.strerror or 'cannot be read'}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"file:{name}: is not text") from None
    if not value:
        raise SettingsError(f"file:{name}: the file is empty")
    return value
