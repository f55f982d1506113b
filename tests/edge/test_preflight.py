"""Preflight against three layers in memory: what is right, what is wrong, what will not be seen."""

import asyncio
from dataclasses import replace

import test_discover_world as fake
from test_discover_world import ADAPTERS, NOW_S, Node, world

from layerkeep.core.adapter import Adapter, Role
from layerkeep.core.errors import RpcError, RpcLimited, RpcRefused, SettingsError
from layerkeep.core.topology import Chain, Topology, Upstream
from layerkeep.core.units import Duration, Timestamp
from layerkeep.edge.discover import Endpoint, Rpc, discover
from layerkeep.edge.preflight import Finding, preflight

PATIENCE = Duration(300)


def topology_of(nodes: dict[str, Node]) -> Topology:
    """What discovery finds, which preflight should find nothing wrong with."""
    endpoints = [Endpoint(name, f"http://localhost/{name}") for name in nodes]
    return asyncio.run(discover(endpoints, lambda one: nodes[one.name], ADAPTERS)).topology


def check(nodes: dict[str, Node], topology: Topology, now_s: int = NOW_S) -> list[Finding]:
    """The findings of one run."""

    def connect(upstream: Upstream) -> Rpc:
        if upstream.url.startswith("env:"):
            raise SettingsError(f"{upstream.url}: is not set")
        return nodes[upstream.name]

    now = Timestamp(now_s * 1000)
    return asyncio.run(preflight(topology, ADAPTERS, connect, now=now, patience=PATIENCE))


def bad(findings: list[Finding]) -> set[tuple[str, str, str]]:
    """What is wrong: chain, subject and reason."""
    return {
        (one.chain, one.subject, one.reason) for one in findings if one.verdict in ("warn", "fail")
    }


def with_chain(topology: Topology, chain: Chain) -> Topology:
    """The topology with one chain replaced."""
    return Topology(topology.network, dict(topology.chains) | {chain.name: chain})


def test_preflight__what_discovery_wrote__passes() -> None:
    """Nothing is wrong with a topology that comes from the chains themselves."""
    nodes = world()
    findings = check(nodes, topology_of(nodes))
    assert bad(findings) == set()
    told = {(one.chain, one.subject): one for one in findings}
    assert told["l1", "client"].detail == "fake/v1"
    assert told["l2", "portal"].detail == "version 3.10.0"
    assert told["l2", "batch_inbox"].reason == "account"
    assert told["l2", "references"].reason == "agreement"
    assert told["l3", "settles-on"].detail == "rollup.chainId() is 902"
    assert told["l1", "finality"].detail == "safe 995, finalized 991"
    assert told["l1", "state"].reason == "archive"
    assert told["l1", "websocket"].reason == "polled"
    assert told["l2", "l2_output_oracle"].verdict == "unwatched"
    assert "not seen: On" in told["l2", "l2_output_oracle"].detail


def test_preflight__order__is_that_of_the_topology() -> None:
    """Two runs say the same in the same order."""
    nodes = world()
    topology = topology_of(nodes)
    findings = check(nodes, topology)
    assert findings == check(nodes, topology)
    assert [*dict.fromkeys(one.chain for one in findings)] == ["l1", "l2", "l3"]


def test_preflight__upstreams_that_cannot_be_used__fail() -> None:
    """Down, another chain, silent, and a URL that cannot be resolved."""
    nodes = world()
    topology = topology_of(nodes)
    nodes["l1"].errors["eth_chainId"] = RpcRefused("connection refused")
    nodes["l2"].chain_id = 5
    l3 = topology.chains["l3"]
    topology = with_chain(topology, replace(l3, upstreams=(Upstream("l3", "env:L3_RPC"),)))
    findings = check(nodes, topology)
    assert bad(findings) == {
        ("l1", "reach", "unreachable"),
        ("l2", "chain-id", "wrong-chain"),
        ("l3", "reach", "unresolved-url"),
    }
    assert ("l2", "contracts", "nobody-to-ask") in {
        (one.chain, one.subject, one.reason) for one in findings
    }


def test_preflight__second_upstream__speaks_for_the_first() -> None:
    """One upstream of a chain that answers is enough to look at contracts."""
    nodes = world()
    topology = topology_of(nodes)
    nodes["spare"] = nodes["l1"]
    nodes["l1"] = Node(900, 12_000, errors={"eth_chainId": RpcRefused("down")})
    both = (Upstream("l1", "http://a"), Upstream("spare", "http://b"))
    topology = with_chain(topology, replace(topology.chains["l1"], upstreams=both))
    assert bad(check(nodes, topology)) == {("l1", "reach", "unreachable")}


def test_preflight__no_upstream_or_a_beacon_only__is_unwatched() -> None:
    """Nobody is asked, and it is said."""
    nodes = world()
    topology = topology_of(nodes)
    l1, l2 = topology.chains["l1"], topology.chains["l2"]
    topology = with_chain(topology, replace(l1, upstreams=()))
    beacon = Upstream("b", "http://b", ws_url="", roles=("beacon",))
    findings = check(nodes, with_chain(topology, replace(l2, upstreams=(beacon,))))
    reasons = {(one.chain, one.reason) for one in findings if one.verdict == "unwatched"}
    assert {("l1", "no-upstream"), ("l2", "beacon"), ("l2", "nobody-to-ask")} <= reasons


def test_preflight__contracts_that_are_not_what_they_should_be__fail() -> None:
    """No code, another contract, no version, a reference that leads elsewhere."""
    nodes = world()
    topology = topology_of(nodes)
    l2 = topology.chains["l2"]
    named = dict(l2.contracts["l1"]) | {
        "portal": fake.L1_BRIDGE,
        "dispute_game_factory": fake.at(0x999),
        "l1_standard_bridge": fake.ROLLUP,
    }
    nodes["l1"].contract(fake.SUPER, version=0)
    contracts = dict(l2.contracts) | {"l1": named}
    actors = dict(l2.actors) | {"batcher": fake.GUARDIAN}
    changed = replace(l2, contracts=contracts, actors=actors)
    told = bad(check(nodes, with_chain(topology, changed)))
    assert {
        ("l2", "portal", "wrong-contract"),
        ("l2", "portal", "disagreement"),
        ("l2", "dispute_game_factory", "no-code"),
        ("l2", "l1_standard_bridge", "no-code"),
        ("l2", "superchain_config", "no-version"),
        ("l2", "batcher", "actor-differs"),
    } <= told


def test_preflight__contracts_of_another_chain__fail() -> None:
    """A rollup that settles somebody else is told from ours."""
    nodes = world()
    topology = topology_of(nodes)
    nodes["l2"].contract(fake.ROLLUP, chainId=4242)
    assert ("l3", "settles-on", "wrong-child") in bad(check(nodes, topology))


def test_preflight__contract_left_out__is_told() -> None:
    """What the contracts name and the topology does not is named."""
    nodes = world()
    topology = topology_of(nodes)
    l2 = topology.chains["l2"]
    fewer = {role: at for role, at in l2.contracts["l1"].items() if role != "superchain_config"}
    topology = with_chain(topology, replace(l2, contracts=dict(l2.contracts) | {"l1": fewer}))
    (told,) = [one for one in check(nodes, topology) if one.reason == "left-out"]
    assert (told.subject, told.verdict) == ("superchain_config", "unwatched")
    assert fake.SUPER in told.detail


def test_preflight__heads__are_compared_with_the_clock() -> None:
    """A chain that stands and a clock that runs ahead are told apart."""
    nodes = world()
    topology = topology_of(nodes)
    assert ("l2", "head", "stale-head") in bad(check(nodes, topology, NOW_S + 3_600))
    assert ("l2", "head", "clock-ahead") in bad(check(nodes, topology, NOW_S - 60))


def test_preflight__poor_upstream__is_told_its_limits() -> None:
    """Little state, narrow log ranges, no tags, no name."""
    nodes = world()
    topology = topology_of(nodes)
    node = nodes["l1"]
    node.oldest_state, node.widest_logs = 800, 10
    node.errors["web3_clientVersion"] = RpcError("the method does not exist")
    told = {one.subject: one for one in check(nodes, topology) if one.chain == "l1"}
    assert told["state"].detail == "at least 128 blocks back, not to the first"
    assert told["logs"].reason == "narrow-log-range"
    assert "10 blocks at once; beyond: query returns more" in told["logs"].detail
    assert told["client"].reason == "no-answer"
    archive = (Upstream("l1", "http://a", ws_url="ws://a", roles=("archive",)),)
    topology = with_chain(topology, replace(topology.chains["l1"], upstreams=archive))
    node.widest_logs = 0
    findings = check(nodes, topology)
    assert {("l1", "state", "not-an-archive"), ("l1", "logs", "no-logs")} <= bad(findings)
    assert "offered" in {one.reason for one in findings}


def test_preflight__node_without_tags__is_told() -> None:
    """Blocks by tag that are absent or refused."""

    class Tagless(Node):
        def eth_get_block_by_number(self, tag: str, full: bool) -> dict[str, str] | None:
            if tag == "safe":
                raise RpcError("unknown tag")
            return None if tag == "finalized" else super().eth_get_block_by_number(tag, full)

    nodes = {"l1": Tagless(900, 1_000)}
    (told,) = bad(check(nodes, topology_of(nodes)))
    assert told == ("l1", "finality", "no-finality-tags")


def test_preflight__slow_limited_and_strange_nodes__are_bounded() -> None:
    """A check ends in time, and says how it ended."""

    class Slow(Node):
        async def call(self, method: str, params: object) -> object:
            if method == "web3_clientVersion":
                await asyncio.sleep(60)
            return await super().call(method, params)  # type: ignore[arg-type]

    nodes = {"l1": Slow(900, 1_000)}
    topology = topology_of(nodes)
    nodes["l1"].errors["eth_getBalance"] = RpcLimited("slow down")
    nodes["l1"].widest_logs = -1
    findings = check(nodes, topology)
    assert {
        ("l1", "client", "too-slow"),
        ("l1", "state", "no-answer"),
        ("l1", "logs", "no-logs"),
    } == bad(findings)


def test_preflight__silent_node__is_unreachable_in_time() -> None:
    """A node that never answers takes no longer than patience lasts."""

    class Silent(Node):
        async def call(self, method: str, params: object) -> object:
            await asyncio.sleep(60)
            return method, params

    nodes = {"l1": Node(900, 1_000)}
    topology = topology_of(nodes)
    (finding,) = check({"l1": Silent(900, 1_000)}, topology)
    assert (finding.reason, finding.detail) == ("unreachable", "silent for 300 ms")


def test_preflight__adapter_that_reads_no_events__is_told() -> None:
    """Roles without events mean that nothing will be seen."""
    nodes = world()
    topology = topology_of(nodes)
    silent = Adapter("op_stack", "stack", (Role("parent", "portal"),), (), ())
    adapters = ADAPTERS | {"op_stack": silent}
    now = Timestamp(NOW_S * 1000)
    run = preflight(topology, adapters, lambda one: nodes[one.name], now=now)
    reasons = {(one.chain, one.reason) for one in asyncio.run(run)}
    assert ("l2", "adapter-without-events") in reasons
