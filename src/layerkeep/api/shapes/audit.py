"""Who did what through the API."""

from layerkeep.api.shapes import Shown


class AuditShown(Shown, frozen=True, gc=False, kw_only=True):
    """One write: `who` is the token's name, `role` its role, `action` on `target`.

    `outcome` is `done`, or the word of the problem for which it was not. `id` rises with time.
    """

    time: int
    who: str
    role: str
    action: str
    target: str
    outcome: str
    id: int = 0
