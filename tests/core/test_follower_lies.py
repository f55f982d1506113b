"""No lie is believed: false logs, false headers, withheld logs."""

from dataclasses import replace

import msgspec
import pytest
from follower_chain import START, Believer, SimChain, plan, settled

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.follower import Follower, Refused
from layerkeep.core.units import Height


def changed(log: Log, **fields: object) -> Log:
    """A log with a lie in it."""
    return msgspec.structs.replace(log, **fields)


LIES = {
    "removed": ({"removed": True}, "logs-of-another-block"),
    "other block's hash": ({"block_hash": "0x" + "cd" * 32}, "logs-of-another-block"),
    "out of range": ({"block_number": "0x1"}, "logs-of-another-block"),
    "foreign address": ({"address": "0x" + "00" * 20}, "logs-not-asked-for"),
    "foreign topic": ({"topics": ("0x" + "00" * 32,)}, "logs-not-asked-for"),
    "no topic": ({"topics": ()}, "logs-not-asked-for"),
    "malformed": ({"log_index": "zz"}, "log-malformed"),
}


@pytest.mark.parametrize(("fields", "reason"), LIES.values(), ids=LIES)
def test_follower__lying_logs__nothing_of_the_answer_is_believed(
    fields: dict[str, object], reason: str
) -> None:
    """Logs that cannot be of the blocks asked for are refused with all that came along."""
    chain = SimChain()
    chain.grow(20)
    believer = settled(chain)
    chain.grow(3)
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    lie = replace(told, logs=(changed(told.logs[0], **fields), *told.logs[1:]))

    believer.give(lie)

    assert reason in believer.refusals
    assert believer.follower.cursor.height == 20
    believer.settle(chain)
    assert believer.agrees(chain)


def test_follower__lying_logs_of_a_range__are_refused() -> None:
    """In catch-up too a log of another block is refused once its header is here."""
    chain = SimChain()
    chain.grow(500)
    believer = Believer(Follower(plan()))
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    believer.give(
        replace(told, logs=(changed(told.logs[0], block_hash="0x" + "cd" * 32), *told.logs[1:]))
    )

    believer.settle(chain)

    assert "logs-of-another-block" in believer.refusals
    assert believer.agrees(chain)


def test_follower__range_without_logs__is_asked_twice() -> None:
    """A node that forgot all logs of a range is noticed where its second answer differs."""
    chain = SimChain()
    chain.grow(500)
    believer = Believer(Follower(plan()))
    believer.round(chain)
    believer.give(replace(chain.answer(believer.follower.want(believer.now)), logs=()))

    believer.settle(chain)

    assert ["logs-missing"] == believer.refusals
    assert believer.agrees(chain)


def test_follower__altered_log_of_a_liar__is_read_again_once_it_is_doubted() -> None:
    """What was told from a height on is taken back and read anew; below it nothing changes."""
    chain = SimChain()
    chain.grow(300)
    believer = settled(chain)
    chain.grow(3)
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    believer.give(replace(told, logs=tuple(changed(log, data="0xfa15e0") for log in told.logs)))
    assert not believer.agrees(chain)

    believer.follower.doubt(Height(302), "liar")
    believer.follower.doubt(Height(301), "liar")
    assert believer.now == believer.follower.next_poll(believer.now)
    refused, cut = believer.round(chain)

    assert Refused("logs-doubted", "liar", "301") == refused
    assert (300, 3) == (cut.ancestor.height, cut.dropped)
    believer.settle(chain)
    assert believer.agrees(chain)
    assert 1 == len(believer.reorgs)


@pytest.mark.parametrize("height", [0, 10**9])
def test_follower__doubt_beyond_what_is_remembered__ends(height: int) -> None:
    """As far down as is remembered; of what is not read yet nothing is to be read again."""
    chain = SimChain()
    chain.grow(300)
    believer = settled(chain)
    believer.follower.doubt(Height(height), "liar")
    believer.settle(chain, rounds=400)
    assert believer.agrees(chain)
    assert (0 == height) == bool(believer.reorgs)


def test_follower__same_log_twice__is_refused() -> None:
    """One place of a chain holds one log."""
    chain = SimChain()
    chain.grow(3)
    believer = Believer(Follower(plan()))
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))

    believer.give(replace(told, logs=told.logs * 2))

    assert ["logs-twice"] == believer.refusals


def header_lie(header: Header, **fields: object) -> Header:
    """A header with a lie in it."""
    return msgspec.structs.replace(header, **fields)


HEADER_LIES = {
    "another height": ({"number": "0x99"}, "header-of-another-height"),
    "no hash": ({"hash": "0x"}, "header-malformed"),
    "no number": ({"number": "latest"}, "header-malformed"),
    "own parent": ({"hash": "0x" + "11" * 32, "parent_hash": "0x" + "11" * 32}, "header-malformed"),
    "future": ({"timestamp": hex(START * 2)}, "time-in-the-future"),
    "past": ({"timestamp": hex(START - 1)}, "time-went-back"),
    "wrong parent": ({"parent_hash": "0x" + "ee" * 32}, "broken-link"),
}


@pytest.mark.parametrize(("fields", "reason"), HEADER_LIES.values(), ids=HEADER_LIES)
def test_follower__lying_headers__are_refused(fields: dict[str, object], reason: str) -> None:
    """A header that is not the one asked for, not linked or out of time is not believed."""
    chain = SimChain()
    chain.grow(20)
    believer = settled(chain)
    chain.grow(3)
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    header = told.headers[Height(21)]
    assert header is not None

    believer.give(replace(told, headers={**told.headers, Height(21): header_lie(header, **fields)}))
    believer.settle(chain)

    assert reason in believer.refusals
    assert believer.reorgs == []
    assert believer.agrees(chain)


def test_follower__fake_head_hash__heals_itself() -> None:
    """A made-up block on top of ours is left again as soon as the chain goes on without it."""
    chain = SimChain(logs_every=0)
    chain.grow(20)
    believer = settled(chain)
    chain.grow(1)
    told = chain.answer(believer.follower.want(believer.now))
    latest = told.heads["latest"]
    assert latest is not None
    believer.give(replace(told, heads={"latest": header_lie(latest, hash="0x" + "fa" * 32)}))

    chain.grow(1)
    believer.settle(chain)

    assert believer.agrees(chain)


def test_follower__absurd_head__is_left_when_its_blocks_are_missing() -> None:
    """A head far above the chain costs one refusal, not the chain."""
    chain = SimChain()
    chain.grow(20)
    believer = settled(chain)
    told = chain.answer(believer.follower.want(believer.now))
    latest = told.heads["latest"]
    assert latest is not None
    believer.give(replace(told, heads={"latest": header_lie(latest, number=hex(10**9))}))
    believer.round(chain)

    chain.grow(2)
    believer.settle(chain)

    assert believer.agrees(chain)


def test_follower__bloom_announces_and_no_log_came__asks_once_more() -> None:
    """Dropped logs are noticed by the bloom and a second answer."""
    chain = SimChain(logs_every=1)
    chain.grow(10)
    believer = settled(chain)
    chain.grow(1)
    believer.round(chain)
    want = believer.follower.want(believer.now)
    assert (chain.blocks[-1].header.hash,) == want.confirm

    believer.give(replace(chain.answer(want), logs=()))
    assert ["logs-missing"] == believer.refusals

    believer.settle(chain)
    assert believer.agrees(chain)


def test_follower__bloom_by_chance__costs_one_more_question() -> None:
    """A bloom that announces what is not there is believed after the second answer."""
    chain = SimChain(logs_every=1)
    chain.grow(10)
    for block in chain.blocks:
        block.logs = ()

    believer = settled(chain)

    assert believer.agrees(chain)
    assert believer.refusals == []


def test_follower__both_answers_withhold_a_log__reads_the_block_again() -> None:
    """A log missing from a whole answer is noticed in the next round, and the block read again."""
    chain = SimChain(logs_every=1)
    chain.grow(10)
    believer = settled(chain)
    chain.grow(1)
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    believer.give(replace(told, logs=(), confirmed=dict.fromkeys(told.confirmed, ())))
    assert believer.follower.cursor.height == 11

    believer.round(chain)
    believer.settle(chain)

    assert ["logs-missing"] == believer.refusals
    assert [(10, "")] == [(r.ancestor.height, r.reason) for r in believer.reorgs]
    assert believer.agrees(chain)


def test_follower__second_answer_of_another_block__is_refused() -> None:
    """A second answer has to be of the very block asked for."""
    chain = SimChain(logs_every=1)
    chain.grow(10)
    believer = settled(chain)
    chain.grow(1)
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    lies = [changed(log, block_hash="0x" + "cd" * 32) for log in told.logs]

    believer.give(replace(told, confirmed=dict.fromkeys(told.confirmed, tuple(lies))))
    malformed = [changed(log, block_number="x") for log in told.logs]
    believer.follower.want(believer.now)
    believer.give(replace(told, confirmed=dict.fromkeys(told.confirmed, tuple(malformed))))

    assert ["logs-of-another-block", "log-malformed"] == believer.refusals
    believer.settle(chain)
    assert believer.agrees(chain)


def test_follower__nobody_confirms__is_believed_in_the_end() -> None:
    """A node that cannot answer by block hash is not asked for ever."""
    chain = SimChain(logs_every=1)
    chain.grow(3)
    chain.blocks[3].logs = ()
    believer = Believer(Follower(plan()))

    for _ in range(6):
        told = chain.answer(believer.follower.want(believer.now))
        believer.give(replace(told, confirmed={}))

    assert believer.agrees(chain)
    assert believer.follower.want(believer.now).confirm == ()
