"""A restart loads what is open and nothing else, and nobody can tell the difference."""

import pytest
from store_world import HOUR, Recorder, World, engine, see_heads

from layerkeep.app.projection import Projection
from layerkeep.app.restart import load_engine
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Sent
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.reading import message_rows


async def restarted(recorder: Recorder) -> Engine:
    """A fresh engine, fed with what the store gives."""
    fresh = engine()
    for fact in (await load(recorder.store)).values():
        fresh.observe(fact, Timestamp(fact.anchor.time))
    return fresh


def messages_of(target: Engine) -> dict:
    """Every message in memory: its stage, its keys and its facts."""
    return {
        message.id: (message.stage, sorted(message.keys), sorted(map(repr, message.all_facts())))
        for message in target.view.messages.values()
    }


def claims_of(target: Engine) -> dict:
    """Every claim in memory."""
    return {
        name: (claim.lane, claim.covers, claim.status, sorted(map(repr, claim.facts())))
        for name, claim in target.view.claims.by_id.items()
    }


def beliefs(target: Engine) -> dict:
    """Everything an engine believes, in a form that compares.

    Finished messages and what they executed may wait for one more final block to be let go.
    """
    view = target.view
    return {
        "messages": {
            name: message
            for name, message in messages_of(target).items()
            if not view.messages[name].finished
        },
        "claims": claims_of(target),
        "orphans": {key: sorted(map(repr, facts)) for key, facts in view.orphans.items()},
        "named": {name: sorted(map(repr, facts)) for name, facts in view.named.items() if facts},
        "early": {name: sorted(map(repr, facts)) for name, facts in view.claims.early.items()},
        "blocks": {
            chain: {height: sorted(map(repr, facts)) for height, facts in blocks.items()}
            for chain, blocks in view.by_block.items()
        },
    }


@pytest.mark.parametrize("seed", range(3))
def test_restart__at_any_point__gives_the_engine_before_the_stop(with_store, seed):
    """What is open, not final, unmatched, claimed or named is the same after a restart."""

    async def body(store):
        recorder = Recorder(World(seed), store)
        for _ in range(3):
            await recorder.run(300)
            fresh = await restarted(recorder)
            see_heads(fresh, recorder)
            see_heads(recorder.engine, recorder)
            old, new = beliefs(recorder.engine), beliefs(fresh)
            for part in old:
                assert new[part] == old[part], part
            held, loaded = messages_of(recorder.engine), messages_of(fresh)
            assert held == {name: loaded[name] for name in held}

    with_store(body)


@pytest.mark.parametrize("seed", range(20, 21))
def test_restart__again_and_again__ends_like_an_engine_that_never_stopped(with_store, seed):
    """Restarts at random points change nothing in the end."""

    async def body(store):
        steady, recorder = engine(), Recorder(World(seed), store)
        for _ in range(6):
            await recorder.run(150)
            recorder.engine = await restarted(recorder)
            recorder.seqs = {
                fact.says.message: seq
                for seq, fact in recorder.logged.items()
                if isinstance(fact.says, Sent)
            }
        for seq in sorted(recorder.logged):
            steady.observe(recorder.logged[seq], Timestamp(0))
        for target in (steady, recorder.engine):
            see_heads(target, recorder)
            see_heads(target, recorder, ahead=2 * HOUR)
            see_heads(target, recorder, ahead=4 * HOUR)
        assert messages_of(recorder.engine) == messages_of(steady)
        assert beliefs(recorder.engine) == beliefs(steady)

    with_store(body)


def test_restart__after_much_traffic__reads_little_of_the_log(with_store):
    """Finished messages stay in the store."""

    async def body(store):
        recorder = Recorder(World(7), store)
        await recorder.run(1200)
        await recorder.write_rows()
        loaded = await load(store)
        rows = await message_rows(store, count=10**6)
        finished = {row.id for row in rows if row.finished}
        held = {fact.says.message for fact in loaded.values() if isinstance(fact.says, Sent)}
        assert len(finished) > 200
        assert len(finished & held) < len(finished) / 3

    with_store(body)


def test_restart__with_finished_messages_in_memory__counts_none_of_them_again(with_store):
    """How long they took was told before the stop: what is usual is learned, nothing counted."""

    async def body(store):
        recorder, fresh = Recorder(World(7), store), engine()
        await recorder.run(300)
        await load_engine(store, fresh, Projection(), Timestamp(0))

        assert recorder.engine.experience.spreads
        assert fresh.experience.times
        assert {} == fresh.experience.spreads

    with_store(body)
