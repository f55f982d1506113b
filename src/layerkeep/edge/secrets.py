"""References to secrets: `env:NAME` and `file:PATH`, resolved where they are used, never shown."""

import os
from pathlib import Path

from layerkeep.core.errors import SettingsError

ENVIRONMENT = "env:"
FILE = "file:"


def resolve(reference: str) -> str:
    """The value a reference stands for; any other text stands for itself."""
    if reference.startswith(ENVIRONMENT):
        return _from_environment(reference.removeprefix(ENVIRONMENT))
    if reference.startswith(FILE):
        return _from_file(reference.removeprefix(FILE))
    return reference


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
