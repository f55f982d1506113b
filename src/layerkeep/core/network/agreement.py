"""Where nodes of one chain part: which height to ask next, until the first such block is found.

A block's hash commits to its parent, so honest nodes that agree on a block agree on all below it.
A search needs one height at which two blocks are told; it goes down in growing steps until all
agree, then halves, and looks at the next block above in the end. It keeps one promise whatever
nodes answer: it ends, and right below the height it ends with nobody who has the block tells
another one. Who tells another block below one on which they agree contradicts its own chain.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

Told = Mapping[str, str]
"""The hash that each upstream tells for one height, empty where it has no such block."""


def differ(told: Told) -> bool:
    """True if two blocks are told for one height."""
    return len(set(_blocks(told).values())) > 1


def agree(told: Told) -> bool:
    """True if one block is told for a height, and by more than one upstream."""
    blocks = _blocks(told)
    return len(blocks) > 1 and len(set(blocks.values())) == 1


def minority(told: Told) -> tuple[str, ...]:
    """Who tells another block than most do, by name; nobody if no block has most votes."""
    blocks = _blocks(told)
    votes = Counter(blocks.values()).most_common(2)
    if len(votes) < 2 or votes[0][1] == votes[1][1]:
        return ()
    return tuple(sorted(name for name, block in blocks.items() if block != votes[0][0]))


class Parting:
    """The search for the first height at which the upstreams of one chain part.

    `top` is a height at which they are known to; `lowest` the lowest height worth asking for.
    """

    def __init__(self, top: int, told: Told, lowest: int = 0) -> None:
        assert differ(told), "upstreams that part"
        self.answers: dict[int, Told] = {top: told}
        self._low = lowest - 1
        self._high = top
        self._step = 1

    @property
    def upstreams(self) -> tuple[str, ...]:
        """Whose answers matter: those who have a block where they were first seen to part."""
        return tuple(sorted(_blocks(self.answers[max(self.answers)])))

    @property
    def found(self) -> int | None:
        """The first height at which they part; None while it is searched for."""
        return self._high if self.next_height is None else None

    @property
    def next_height(self) -> int | None:
        """Which height to ask all of `upstreams` for; None once it is found."""
        if self._high - self._low <= 1:
            above = self._high + 1
            return above if above < max(self.answers) and above not in self.answers else None
        if self._step:
            return max(self._low + 1, self._high - self._step)
        return (self._low + self._high) // 2

    def take(self, told: Told) -> None:
        """What all of `upstreams` answered for `next_height`."""
        height = self.next_height
        assert height is not None, "a height was asked for"
        self.answers[height] = told
        if height > self._high:
            return
        if differ(told):
            self._high = height
            self._step *= 2
            return
        self._low = height  # all agree, or too few have the block: nothing is told below it
        self._step = 0

    def contradicts(self) -> tuple[str, ...]:
        """Who tells another block than most below a height at which it tells the same."""
        agreed = max((height for height, told in self.answers.items() if agree(told)), default=-1)
        below = [told for height, told in self.answers.items() if height < agreed and differ(told)]
        return tuple(sorted({name for told in below for name in _odd(told)}))


def _odd(told: Told) -> Iterable[str]:
    """The minority; everybody if there is none."""
    return minority(told) or _blocks(told)


def _blocks(told: Told) -> dict[str, str]:
    return {name: block for name, block in told.items() if block}
