"""What people were told, and what became of that."""

from layerkeep.api.shapes import Shown


class NoticeShown(Shown, frozen=True, gc=False, kw_only=True):
    """Who was told what, by which channel, and what became of it by `changed`.

    `kind` is `page`, `again`, `summary`, `resolved` or `test`; `state` is `planned`, `sending`,
    `sent`, `failed`, `unsure` or `moot`, `detail` says why. `level` counts from 0, `round` how
    often the policy was gone through before. Links that take an incident are left out of `body`.
    """

    id: str
    time: int
    kind: str
    person: str
    channel: str
    state: str
    changed: int
    tries: int = 0
    detail: str = ""
    subject: str = ""
    body: str = ""
    incidents: tuple[str, ...] = ()
    level: int = 0
    round: int = 0


class NoticePage(Shown, frozen=True, gc=False, kw_only=True):
    """Notices, the newest first; `cursor` leads to those behind them, empty at the end."""

    items: tuple[NoticeShown, ...]
    cursor: str = ""


class Taken(Shown, frozen=True, gc=False, kw_only=True):
    """What became of one incident that somebody takes by a link or a reply, or would become.

    `result` is `taken`, `already-taken`, `resolved`, `unknown-incident`, `expired`, `not-ours` or
    `no-secret`. `by` is who takes it, `owner` who has it already.
    """

    incident: str
    result: str
    by: str = ""
    owner: str = ""
