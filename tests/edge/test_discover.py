"""Discovery against three layers in memory: it finds what is there and proves it."""

import asyncio
import tomllib
from dataclasses import fields
from typing import cast

import pytest
import test_discover_world as fake
from test_discover_world import ADAPTERS, Node, world

from layerkeep.core.adapter import Call, Genesis
from layerkeep.core.errors import RpcLimited, RpcRefused, SettingsError, TopologyError
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import Duration, Timestamp
from layerkeep.edge.discover import Discovery, Endpoint, Hints, discover
from layerkeep.edge.discover.client_rpc import ClientRpc
from layerkeep.edge.rpc.client import RpcClient


def found(
    nodes: dict[str, Node], hints: Hints | None = None, url: str = "http://localhost"
) -> Discovery:
    """What discovery makes of these nodes."""
    endpoints = [Endpoint(name, f"{url}/{name}") for name in nodes]
    return asyncio.run(discover(endpoints, lambda one: nodes[one.name], ADAPTERS, hints))


def test_discover__three_layers__finds_every_contract() -> None:
    """Stacks, parents, contracts and actors, from nothing but the three nodes."""
    topology = found(world()).topology
    l1, l2, l3 = topology.chains.values()
    assert [chain.stack for chain in (l1, l2, l3)] == ["ethereum", "op_stack", "nitro"]
    assert (l1.settles_on, l2.settles_on, l3.settles_on) == (None, "l1", "l2")
    assert l2.contracts["l1"] == {
        "portal": fake.PORTAL,
        "l1_messenger": fake.L1_MESSENGER,
        "l1_standard_bridge": fake.L1_BRIDGE,
        "system_config": fake.CONFIG,
        "dispute_game_factory": fake.FACTORY,
        "anchor_state_registry": fake.REGISTRY,
        "superchain_config": fake.SUPER,
        "batch_inbox": fake.INBOX_EOA,
    }
    assert l2.actors == {
        "batcher": fake.BATCHER,
        "unsafe_block_signer": fake.SIGNER,
        "guardian": fake.GUARDIAN,
        "proposer": fake.PROPOSER,
        "challenger": fake.CHALLENGER,
    }
    assert l3.contracts["l2"] == {
        "rollup": fake.ROLLUP,
        "bridge": fake.BRIDGE,
        "inbox": fake.INBOX,
        "sequencer_inbox": fake.SEQUENCER_INBOX,
        "outbox": fake.OUTBOX,
    }
    assert l3.actors == {"batch_poster": fake.POSTER, "validator": fake.VALIDATOR}


def test_discover__block_times__are_measured() -> None:
    """Whole seconds from few blocks, parts of a second from many."""
    chains = found(world()).topology.chains.values()
    assert [chain.block_time for chain in chains] == [12_000, 2_000, 250]


@pytest.mark.parametrize("height", [0, 1, 3])
def test_discover__a_chain_that_has_just_begun__has_no_measured_pace(height: int) -> None:
    """A pace that cannot be measured is said to be none."""
    assert "not measured" in found({"l1": Node(900, 250, height=height)}).toml


@pytest.mark.parametrize("pace", [100, 250, 500])
def test_discover__young_fast_chain__is_measured_between_turns(pace: int) -> None:
    """Few blocks are enough where the second turns more than once."""
    chain = found({"l1": Node(900, pace, height=45)}).topology.chains["l1"]
    assert chain.block_time == pace


@pytest.mark.parametrize(("pace", "told"), [(60_000, 250), (700, 250), (250, 250), (100, 100)])
def test_discover__nitro_chain__has_the_pace_of_its_busiest_stretch(pace: int, told: int) -> None:
    """A chain that makes blocks on demand and has nothing to do is not slow."""
    nodes = world()
    nodes["l3"].block_ms = pace
    assert found(nodes).topology.chains["l3"].block_time == told


def test_discover__many_delayed_messages_at_once__are_no_pace() -> None:
    """Blocks made of delayed messages do not wait for one another."""
    nodes = world()
    nodes["l3"].delayed = 40
    assert found(nodes).topology.chains["l3"].block_time == 250


def test_discover__token_gateways__are_found_from_one_of_them() -> None:
    """A gateway names its router, its twin and, on the other chain, the twin's router."""
    nodes = world()
    router, gateway, l3_router, l3_gateway = map(fake.at, range(0x501, 0x505))
    nodes["l2"].contract(gateway, router=router, counterpartGateway=l3_gateway)
    nodes["l2"].contract(router, defaultGateway=gateway, counterpartGateway=l3_router)
    nodes["l3"].contract(l3_gateway, router=l3_router, counterpartGateway=gateway)
    hints = Hints(contracts={"l3": {"rollup": fake.ROLLUP, "erc20_gateway": gateway}})
    l3 = found(nodes, hints).topology.chains["l3"]
    assert l3.contracts["l2"]["gateway_router"] == router
    assert l3.contracts["l3"]["erc20_gateway"] == l3_gateway
    assert l3.contracts["l3"]["gateway_router"] == l3_router


def test_discover__owner_of_the_rollup__counts_if_it_executes() -> None:
    """An account that owns the rollup is no upgrade executor."""
    nodes = world()
    nodes["l2"].contract(fake.ROLLUP, owner=fake.at(0x601))
    assert "upgrade_executor" not in found(nodes).topology.chains["l3"].contracts["l2"]
    nodes["l2"].contract(fake.at(0x601), EXECUTOR_ROLE=1)
    l3 = found(nodes).topology.chains["l3"]
    assert l3.contracts["l2"]["upgrade_executor"] == fake.at(0x601)


def test_discover__what_is_written__reads_as_the_same_topology() -> None:
    """The file is the topology, with its reasons as comments."""
    discovery = found(world(), Hints(network="devnet"))
    assert read_topology({"x": tomllib.loads(discovery.toml)}, ADAPTERS) == discovery.topology
    assert discovery.doubts == ()
    for remark in (
        'settles_on = "l1" # proven: permissioned_game.l2ChainId() is 901',
        'settles_on = "l2" # proven: rollup.chainId() is 902',
        "# proof_delay_s: 7 s, from portal.proofMaturityDelaySeconds()",
        "# portal_version: 3.10.0, from portal.version()",
        "# Not found, so not watched: l2_output_oracle.",
        "# Not found, so not watched: upgrade_executor, gateway_router, erc20_gateway.",
        "# Not found, so not watched: gateway_router, erc20_gateway.",
    ):
        assert remark in discovery.toml


def test_discover__genesis__is_block_0_where_the_chain_shows_it() -> None:
    """By its pace, or by its send root; a chain that was another before has to be told."""
    nodes = world()
    discovery = found(nodes)
    began = (fake.NOW_S - 1_000 * nodes["l2"].block_ms // 1000) * 1000
    assert Genesis(0, Timestamp(began)) == discovery.topology.chains["l2"].genesis
    assert discovery.topology.chains["l3"].genesis is None
    assert "# The rollup did not begin with block 0. [chains.l3.genesis]" in discovery.toml

    class Migrated(Node):
        def eth_get_block_by_number(self, tag: str, whole: bool) -> dict[str, str] | None:
            block = super().eth_get_block_by_number(tag, whole)
            changes = {"sendRoot": "0x01"} if self.chain_id == 902 else {"timestamp": "0x5"}
            return block | changes if block is not None and tag == "0x0" else block

    for name in ("l2", "l3"):
        known = {each.name: getattr(nodes[name], each.name) for each in fields(Node)}
        nodes[name] = Migrated(**known)
    chains = found(nodes).topology.chains
    assert (None, Genesis(0)) == (chains["l2"].genesis, chains["l3"].genesis)


@pytest.mark.parametrize("role", ["rollup", "inbox"])
def test_discover__hint__is_followed_without_logs(role: str) -> None:
    """A hint saves the search, and what it leads to is proven all the same."""
    nodes = world()
    nodes["l2"].logs.clear()
    where = {"rollup": fake.ROLLUP, "inbox": fake.INBOX}[role]
    l3 = found(nodes, Hints(contracts={"l3": {role: where}})).topology.chains["l3"]
    assert l3.contracts["l2"]["outbox"] == fake.OUTBOX
    assert l3.actors == {}


def test_discover__rollup_of_another_chain__is_not_taken() -> None:
    """Who delivers batches on the parent may do so for somebody else."""
    nodes = world()
    nodes["l2"].contract(fake.ROLLUP, chainId=4242)
    discovery = found(nodes)
    assert discovery.topology.chains["l3"].settles_on is None
    assert "name its rollup or its inbox" in discovery.doubts[0]
    assert f"# IN DOUBT: {discovery.doubts[0]}." in discovery.toml
    with pytest.raises(TopologyError, match="settles_on"):
        read_topology({"x": tomllib.loads(discovery.toml)}, ADAPTERS)


def test_discover__no_chain_id_in_the_contracts__the_origin_proves_it() -> None:
    """Where no contract knows the child, the child knows a block of its parent."""
    nodes = world()
    del nodes["l1"].contracts[fake.GAME]
    assert "is block 990 of l1" in found(nodes).toml


@pytest.mark.parametrize(
    ("chain", "contract", "answers"),
    [
        ("l1", fake.GAME, {"l2ChainId": 5}),
        ("l2", fake.L2_MESSENGER, {"OTHER_MESSENGER": fake.at(0x999)}),
    ],
)
def test_discover__contracts_of_another_child__prove_nothing(
    chain: str, contract: str, answers: dict[str, object]
) -> None:
    """A bridge that leads elsewhere is not this chain's."""
    nodes = world()
    nodes[chain].contract(contract, **answers)
    assert found(nodes).topology.chains["l2"].settles_on is None


def test_discover__origin_that_the_parent_never_had__proves_nothing() -> None:
    """A fork of the parent is not the parent."""
    nodes = world()
    del nodes["l1"].contracts[fake.GAME]
    nodes["l2"].contract(fake.L1_BLOCK, hash=fake.block_hash(900, 5))
    assert found(nodes).topology.chains["l2"].settles_on is None


def test_discover__contracts_that_disagree__are_in_doubt() -> None:
    """Both names are told; the first one found is written."""
    nodes = world()
    nodes["l1"].contract(fake.CONFIG, optimismPortal=fake.at(0x999))
    (doubt,) = found(nodes).doubts
    assert "system_config names 0x" in doubt
    assert doubt.endswith("is known as that")


def test_discover__url_with_a_secret__is_not_written() -> None:
    """The file names a variable to put it into."""
    discovery = found(world(), url="https://user:hunter2@example.org")
    assert "hunter2" not in discovery.toml
    assert discovery.topology.chains["l2"].upstreams[0].url == "env:LAYERKEEP_L2_RPC"


def test_discover__what_cannot_be_meant__is_refused() -> None:
    """One chain twice, one name twice, a hint for nobody."""
    node = Node(900, 1_000)
    with pytest.raises(SettingsError, match="a and b are the same chain, with the id 900"):
        found({"a": node, "b": node})
    with pytest.raises(SettingsError, match="none of the chains given"):
        found({"a": node}, Hints(contracts={"b": {}}))
    twice = [Endpoint("a", "x"), Endpoint("a", "y")]
    with pytest.raises(SettingsError, match="named 'a'"):
        asyncio.run(discover(twice, lambda one: node, ADAPTERS))


def test_discover__node_that_is_down__is_not_taken_for_an_empty_chain() -> None:
    """A contract without an answer and a node without one are different things."""
    nodes = world()
    nodes["l1"].errors["eth_call"] = RpcRefused("connection refused")
    with pytest.raises(RpcRefused):
        found(nodes)


def test_discover__a_stack_without_an_adapter__is_written_as_found() -> None:
    """Every contract that was found is told when no adapter says which ones matter."""
    nodes = world()
    endpoints = [Endpoint(name, "http://localhost") for name in nodes]
    discovery = asyncio.run(discover(endpoints, lambda one: nodes[one.name], {}))
    assert discovery.topology.chains["l2"].contracts["l1"]["permissioned_game"] == fake.GAME


class Limited:
    """A client that asks to be left alone a few times before it answers."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    async def call(self, call: Call) -> bytes:
        """The answer in the end."""
        if self.refusals:
            self.refusals -= 1
            raise RpcLimited("slow down", retry_after=Duration(1))
        return f'["{call.method}", {call.params[0]}]'.encode()


def test_client__that_is_limited__is_asked_again() -> None:
    """A few refusals are waited out; more are told."""
    patient = ClientRpc(cast(RpcClient, Limited(2)))
    assert asyncio.run(patient.call("eth_x", [1])) == ["eth_x", 1]
    with pytest.raises(RpcLimited):
        asyncio.run(ClientRpc(cast(RpcClient, Limited(9))).call("eth_x", [1]))
