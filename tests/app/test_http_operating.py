"""Words that come through the API reach the engine as those of the command do, and are noted."""

import asyncio

import aiohttp
import pytest
from one_chain import START, topology, with_daemon

from layerkeep.api.shapes.audit import AuditShown
from layerkeep.api.shapes.incidents import Operation
from layerkeep.api.source import NotKnown
from layerkeep.app.answers.operating import StoredAudit, operate
from layerkeep.app.serving import Serving
from layerkeep.edge.store.observations import words_after


def word(action, target, until=0):
    """What somebody says."""
    return Operation(action=action, target=target, by="me", until=until, reason="because")


def test_word__about_an_incident__is_heeded(tmp_path):
    """In capitals and with spaces around, the incident is meant all the same."""

    async def body(daemon):
        await daemon.pass_time(3)
        await daemon.pass_time(12, head=3)
        (incident,) = daemon.engine.incidents.open.values()
        await operate(daemon, word("acknowledge", f" {incident.id.upper()} "))
        await daemon.heed()
        return incident.owner

    assert "me" == with_daemon(tmp_path / "net.sqlite", body)


def test_word__about_nothing_there_is__is_refused_and_not_kept(tmp_path):
    """The nearest name is told."""

    async def body(daemon):
        with pytest.raises(NotKnown) as component:
            await operate(daemon, word("maintain", "chain:l11", START + 1))
        with pytest.raises(NotKnown):
            await operate(daemon, word("resolve", "nothing"))
        await operate(daemon, word("maintain", "chain:l1", START + 60_000))
        kept = [each.fact.says for each in await words_after(daemon.store, 0)]
        return component.value.near, [(says.action, says.target) for says in kept]

    expected = ("chain:l1", [("maintain", "chain:l1")])
    assert expected == with_daemon(tmp_path / "net.sqlite", body)


def test_audit__of_many_writes__is_read_page_by_page(tmp_path):
    """Newest first, ids of the store's own, every field as it was noted."""

    def entry(number):
        return AuditShown(
            time=number, who="me", role="admin", action="resolve", target="x", outcome="done"
        )

    async def body(daemon):
        audit = StoredAudit(daemon.store)
        for number in range(5):
            await audit.note(entry(number))
        first = await audit.entries(None, 2)
        return first, await audit.entries(first[-1].id, 10)

    first, rest = with_daemon(tmp_path / "net.sqlite", body)
    assert [4, 3] == [each.time for each in first]
    assert [2, 1, 0] == [each.time for each in rest]
    assert ("me", "admin", "resolve", "x", "done") == (
        *(first[0].who, first[0].role, first[0].action, first[0].target),
        first[0].outcome,
    )


def test_daemon__served__answers_with_its_own_network(tmp_path):
    """The whole way: a server, the answers, the metrics; and all ends."""

    async def body(daemon):
        serving = Serving(daemon, "127.0.0.1:0")
        await serving.start()
        try:
            async with aiohttp.ClientSession(serving.address) as session:
                async with session.get("/api/v1/overview") as answer:
                    overview = await answer.json()
                async with session.get("/metrics") as answer:
                    metrics = await answer.text()
        finally:
            async with asyncio.timeout(20):
                await serving.stop()
        return overview["network"], "layerkeep" in metrics

    assert (topology().network, True) == with_daemon(tmp_path / "net.sqlite", body)
