"""What did not work, as RFC 9457 has it."""

from layerkeep.api.shapes import Shown


class FaultShown(Shown, frozen=True, gc=False, kw_only=True):
    """One thing wrong in a request: where, what was found, what was expected, the nearest match."""

    field: str
    found: str
    expected: str
    near: str = ""


class ProblemShown(Shown, frozen=True, gc=False, kw_only=True):
    """Why a request was not answered. `type` is `urn:layerkeep:problem:` and a stable word.

    `near` is the name nearest to one that is not known.
    """

    type: str
    title: str
    status: int
    detail: str
    near: str = ""
    faults: tuple[FaultShown, ...] = ()
