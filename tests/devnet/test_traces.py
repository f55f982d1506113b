"""A real two-hop transfer on a devnet reaches a collector as one trace."""

import asyncio
from pathlib import Path

import pytest
from following import Watch, devnet

from otlp_collector import Collector, Received, collecting, until

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

TWO_HOPS = "journey l1 → l2 → l3"
WITHIN_S = 90.0


def whole(collector: Collector) -> list[Received]:
    """The spans of the first journey over two hops, empty while there is none."""
    for spans in collector.traces().values():
        if any(each.name == TWO_HOPS for each in spans):
            return spans
    return []


def test_transfer__over_two_hops__is_one_trace(tmp_path: Path) -> None:
    """One root, a deposit to l2 and a ticket to l3 linked to its execution, in blocks' times."""

    async def scenario() -> tuple[list[Received], dict[bytes, list[Received]]]:
        async with collecting() as collector, devnet(tmp_path):
            path = tmp_path / "devnet.toml"
            text = f'[traces]\nendpoint = "{collector.url}"\n{path.read_text()}'
            path.write_text(text)
            for _ in range(2):  # the second goes on where the first was stopped
                seen = len(whole(collector))
                async with Watch(path, tmp_path / "s.sqlite"):
                    await until(lambda: whole(collector), WITHIN_S)
                    await asyncio.sleep(5.0)
                assert seen in (0, len(whole(collector)))
            return whole(collector), collector.traces()

    spans, traces = asyncio.run(scenario())
    by_id = {bytes(each.span.span_id): each for each in spans}
    (root,) = [each for each in spans if not each.parent]
    hops = [each for each in spans if each.parent == root.span.span_id]
    deposit, ticket = sorted(hops, key=lambda each: each.span.start_time_unix_nano)
    (link,) = ticket.span.links
    cause = by_id[bytes(link.span_id)]
    stages = [each for each in spans if each not in (root, *hops)]

    assert len(by_id) == len(spans)
    assert {each.parent for each in stages} == {bytes(hop.span.span_id) for hop in hops}
    assert ("l1->l2", "l2->l3") == tuple(h.attributes["layerkeep.route"] for h in (deposit, ticket))
    assert deposit.span.span_id == cause.parent
    assert "l2" == cause.service
    sending = next(s for s in stages if s.parent == ticket.span.span_id)
    assert cause.attributes["layerkeep.tx.hash"] == sending.attributes["layerkeep.tx.hash"]
    depths = {each.service: each.attributes["layerkeep.layer"] for each in stages}
    assert {"l1": 1, "l2": 2, "l3": 3} == depths
    message = bytes.fromhex(root.attributes["layerkeep.journey"][2:])
    assert message[:16] == root.span.trace_id
    ends = [each.span.end_time_unix_nano for each in spans]
    assert max(ends) == root.span.end_time_unix_nano
    assert all(each.span.start_time_unix_nano % 10**9 == 0 for each in stages)
    names = [bytes(s.span.span_id) for told in traces.values() for s in told]
    assert len(set(names)) == len(names)
