"""The log that cannot be rewritten unseen: each entry is hashed together with the hash before it.

An entry's hash is the SHA-256 of its canonical JSON: its fields without `hash`, sorted by name, no
white space, UTF-8 (RFC 8785 for texts and whole numbers). `previous` is the hash of the entry
before it, so that who alters, removes, adds or moves an entry breaks every hash from there on. Who
can write everything could compute them all again: therefore an operator keeps an anchor elsewhere,
the count and hash of a moment, which a rewritten log no longer meets.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import msgspec

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: who, with which role, did what to what, and what came of it.

    `time` in milliseconds since the epoch; `id` rises by one from entry to entry. `detail` says
    more, never a secret's value.
    """

    id: int
    time: int
    who: str
    role: str
    action: str
    target: str
    outcome: str
    detail: str = ""
    previous: str = GENESIS
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: how many entries, the id and the hash of the last one."""

    entries: int
    last: int
    hash: str


EMPTY = Head(0, 0, GENESIS)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that somebody keeps elsewhere: of which network, and when it was taken (ms)."""

    network: str
    entries: int
    hash: str
    time: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a log is not what it was.

    `kind`: `altered` (its own hash does not fit), `missing` (entries before it are gone),
    `out-of-order` (it does not follow the one before), `cut` (entries at the end are gone), `added`
    (more entries than were written), `head` (the end kept apart is another), `anchor` (it is not
    the log from which the anchor was taken). `id` is the entry's, or that of the last one there is.
    """

    kind: str
    id: int
    text: str


Shape = TypeVar("Shape", Entry, Head, Anchor)


def canonical(values: Mapping[str, Any]) -> bytes:
    """The one way in which these values are written as JSON."""
    return msgspec.json.encode(dict(values), order="sorted")


def hash_of(entry: Entry) -> str:
    """What the entry's hash must be: 64 hex digits."""
    values = asdict(entry)
    del values["hash"]
    return hashlib.sha256(canonical(values)).hexdigest()


def linked(entry: Entry, head: Head) -> tuple[Entry, Head]:
    """The entry as the next of a log that ends at `head`, and where the log ends then."""
    numbered = replace(entry, id=head.last + 1, previous=head.hash)
    whole = replace(numbered, hash=hash_of(numbered))
    return whole, Head(head.entries + 1, whole.id, whole.hash)


def line_of(value: Entry | Head | Anchor) -> str:
    """One line of an export: an entry with its hashes, or the end of the log."""
    return canonical(asdict(value)).decode()


def walked_lines(
    lines: Iterable[bytes], anchors: Iterable[Anchor] = ()
) -> tuple[Head, Break | None]:
    """An export's end and the first thing wrong in it: every entry a line, then the log's end."""
    walk, kept = Walk(anchors), None
    for line in lines:
        text = line.strip()
        entry = _read(text, Entry)
        if entry is not None and kept is None:
            walk.take(entry)
            continue
        kept = _read(text, Head) if kept is None else None
        if kept is None:
            walk.spoil("altered", f"the line behind entry {walk.head.last} is none of an export")
            break
    if kept is None:
        walk.spoil("cut", "the export ends without the line that tells where the log ends")
    return walk.head, walk.end(kept or walk.head)


def anchors_of(text: str) -> list[Anchor] | None:
    """The anchors of a file, one a line; None if a line is no anchor."""
    found = [_read(line.encode(), Anchor) for line in text.splitlines() if line.strip()]
    whole = [anchor for anchor in found if anchor is not None]
    return whole if found and len(whole) == len(found) else None


def _read(line: bytes, kind: type[Shape]) -> Shape | None:
    """What a line holds, None if it is not exactly as we would write it."""
    try:
        value = msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return value if line == canonical(asdict(value)) else None


class Walk:
    """Goes along a log, entry after entry, and remembers the first place that does not fit.

    `anchors` must all be met on the way: the hash after so many entries.
    """

    def __init__(self, anchors: Iterable[Anchor] = ()) -> None:
        self.head = EMPTY
        self.broken: Break | None = None
        self._anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.entries, []).append(anchor)
        self._meet()

    def take(self, entry: Entry) -> None:
        """The next entry of the log, in the order of ids."""
        before = self.head
        self.head = Head(before.entries + 1, entry.id, entry.hash)
        if self.broken is not None:
            return
        if entry.hash != hash_of(entry):
            self._break("altered", entry.id, "its text and its hash do not fit")
        elif entry.previous != before.hash:
            gap = entry.id > before.last + 1
            text = f"it does not follow entry {before.last}" if before.last else "it is not first"
            self._break("missing" if gap else "out-of-order", entry.id, text)
        self._meet()

    def spoil(self, kind: str, text: str) -> None:
        """Something else than an entry is wrong behind the last one taken."""
        if self.broken is None:
            self._break(kind, self.head.last, text)

    def end(self, kept: Head) -> Break | None:
        """The whole log was taken: the first thing wrong, held against the end kept apart."""
        if self.broken is None:
            self._compare(kept)
        late = min((count for count in self._anchors if count > self.head.entries), default=None)
        if self.broken is None and late is not None:
            text = f"an anchor knows {late} entries, there are {self.head.entries}"
            self._break("anchor", self.head.last, text)
        return self.broken

    def _compare(self, kept: Head) -> None:
        found = self.head
        if found.entries < kept.entries:
            text = f"{kept.entries} entries were written, {found.entries} are there"
            self._break("cut", found.last, text)
        elif found.entries > kept.entries:
            text = f"{kept.entries} entries were written, {found.entries} are there"
            self._break("added", found.last, text)
        elif found != kept:
            self._break("head", found.last, "the end kept apart is another than the last entry")

    def _meet(self) -> None:
        """An anchor taken after so many entries must know the same hash."""
        for anchor in self._anchors.get(self.head.entries, ()):
            if self.broken is None and anchor.hash != self.head.hash:
                text = f"the anchor taken after {anchor.entries} entries knows another hash"
                self._break("anchor", self.head.last, text)

    def _break(self, kind: str, id: int, text: str) -> None:  # noqa: A002
        self.broken = Break(kind, id, text)
