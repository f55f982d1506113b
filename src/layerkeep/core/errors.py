"""What can go wrong, by what happens next.

LayerkeepError
    OperatorError: the human must change something; never retried
        TopologyError: all problems of a topology together
        SettingsError
    OutsideError: the world misbehaved; may be tried again
        RpcError
            RpcTimeout
            RpcRefused
            RpcLimited
            RpcLied
        StoreError

Our own bugs are AssertionError and stop the process. Inside the core what a chain may do is a fact
or a problem, never an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.core.units import Duration


class LayerkeepError(Exception):
    """The root: every failure that layerkeep names itself."""


class OperatorError(LayerkeepError):
    """The human must change something; trying again will not help."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one file: where, what was found, what was expected, the nearest match."""

    file: str
    key: str
    found: str
    expected: str
    close_match: str = ""

    def __str__(self) -> str:
        hint = f"; did you mean {self.close_match!r}?" if self.close_match else ""
        return f"{self.file}: {self.key}: found {self.found}, expected {self.expected}{hint}"


class TopologyError(OperatorError):
    """A topology that cannot be used, with every fault in it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        assert faults, "a topology error names at least one fault"
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class SettingsError(OperatorError):
    """A setting, argument or reference to a secret that cannot be used."""


class OutsideError(LayerkeepError):
    """The world misbehaved; `retry_after` says how long it asked us to wait, if it did."""

    def __init__(self, message: str, retry_after: Duration | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class RpcError(OutsideError):
    """A node answered with an error, or with something that is no answer."""


class RpcTimeout(RpcError):
    """A node did not answer in time."""


class RpcRefused(RpcError):
    """A node could not be reached or refused the request."""


class RpcLimited(RpcError):
    """A node asks for fewer or smaller requests."""


class RpcLied(RpcError):
    """A node's answers contradict each other or what is proven."""


class StoreError(OutsideError):
    """The store could not be read or written."""
