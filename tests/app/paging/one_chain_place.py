"""The one chain of the tests beside this folder."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from one_chain import ADAPTERS, TEXT  # noqa: E402

__all__ = ["ADAPTERS", "TEXT"]
