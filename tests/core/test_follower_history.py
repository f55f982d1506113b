"""Whatever a chain and its nodes do, the follower ends on the chain."""

from dataclasses import replace

import msgspec
from follower_chain import Believer, SimChain, plan
from hypothesis import given, settings
from hypothesis import strategies as st

from layerkeep.core.follower import Follower

WITHHOLD = 3

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 70)),
        st.tuples(st.just("reorg"), st.integers(1, 25)),
        st.tuples(st.just("shrink"), st.integers(2, 12)),
        st.tuples(st.just("poll"), st.integers(1, 4)),
        st.tuples(st.just("lag"), st.integers(1, 9)),
        st.tuples(st.just("lie"), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=30,
)


class Walker:
    """Plays a list of moves on a chain and its follower."""

    def __init__(self) -> None:
        self.chain = SimChain(final_depth=40)
        self.chain.grow(60)
        self.believer = Believer(Follower(plan(deep=20)))
        self.withheld = False

    def play(self, move: str, size: int) -> None:
        chain, believer = self.chain, self.believer
        if move == "grow":
            chain.grow(size)
        elif move == "reorg":
            chain.reorg(size)
        elif move == "shrink":
            chain.reorg(size, size - 1)
        elif move == "poll":
            for _ in range(size):
                believer.round(chain)
        elif move == "lag":
            behind = SimChain(final_depth=40, blocks=chain.blocks[:-size], forks=99)
            behind.blocks.pop()
            believer.round(behind)
        elif move == "lie":
            self._lie(size)
        else:
            window = believer.follower.window()
            believer.follower = Follower(plan(deep=20))
            believer.restart(window)

    def _lie(self, kind: int) -> None:
        """A lone node that withholds all logs of a range twice looks like a quiet chain."""
        if kind == WITHHOLD and self.withheld:
            return
        self.withheld = self.withheld or kind == WITHHOLD
        want = self.believer.follower.want(self.believer.now)
        told = self.chain.answer(want)
        latest = told.heads["latest"]
        assert latest is not None
        other = "0x" + f"{self.chain.forks:02x}" * 32
        lies = (
            replace(
                told,
                logs=tuple(msgspec.structs.replace(log, block_hash=other) for log in told.logs),
            ),
            replace(
                told,
                heads={**told.heads, "latest": msgspec.structs.replace(latest, parent_hash=other)},
            ),
            replace(told, headers=dict.fromkeys(told.headers)),
            replace(told, logs=()),
        )
        self.believer.give(lies[kind])


@settings(max_examples=150, deadline=None)
@given(MOVES)
def test_follower__any_history__ends_on_the_canonical_chain(moves: list[tuple[str, int]]) -> None:
    """Whatever the chain and its nodes do, what is believed in the end is the chain."""
    walker = Walker()
    for move, size in moves:
        walker.play(move, size)

    walker.chain.grow(1)
    walker.believer.settle(walker.chain, rounds=600)

    assert walker.believer.agrees(walker.chain)
