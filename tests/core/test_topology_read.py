"""Reading a topology: what is accepted, and every way in which it can be wrong."""

from copy import deepcopy
from typing import Any

import pytest

from layerkeep.core.adapter import CHILD, PARENT, Adapter, Event, Genesis, Role, Terms
from layerkeep.core.errors import Fault, TopologyError
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.topology import Topology, Upstream
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.schema import topology_schema
from layerkeep.core.topology.spot import checksummed
from layerkeep.core.topology.urls import holds_secret
from layerkeep.core.units import Address, Duration, Timestamp

PORTAL = "0xbEb5Fc579115071764c7423A4f12eDde41f106Ed"
MESSENGER = "0x25ace71c97B33Cc4729CF772ae268934F7ab5fA1"
WITHDRAWAL = Lifecycle(
    "op_stack.withdrawal",
    "child-to-parent",
    (
        Stage("initiated", "proposer", None, "a test"),
        Stage("finalized", "nobody", None, "a test", final=True),
    ),
    ("initiated", "finalized"),
)
OP_STACK = Adapter(
    name="op_stack",
    kind="stack",
    roles=(
        Role(PARENT, "portal"),
        Role(PARENT, "l1_messenger"),
        Role(PARENT, "system_config", required=False),
        Role(CHILD, "l2_messenger"),
        Role(CHILD, "message_passer"),
    ),
    events=(Event(PARENT, "portal", "Seen()", lambda log, scope, others: ()),),
    lifecycles=(WITHDRAWAL,),
)
ADAPTERS = {
    "ethereum": Adapter("ethereum", "stack", (), (), ()),
    "op_stack": OP_STACK,
    "bare": Adapter("bare", "stack", (Role(PARENT, "hub"), Role(CHILD, "spoke")), (), ()),
}


def document() -> dict[str, Any]:
    """Two chains with something in every table."""
    return {
        "network": {"name": "test"},
        "chains": {
            "l2": {
                "chain_id": 901,
                "stack": "op_stack",
                "settles_on": "l1",
                "block_time_ms": 1000,
                "upstreams": [
                    {"name": "l2-a", "url": "http://127.0.0.1:8546", "roles": ["replica"]}
                ],
                "contracts": {"l1": {"portal": PORTAL, "l1_messenger": MESSENGER}},
                "actors": {"batcher": PORTAL},
                "budgets": {"op_stack.withdrawal.initiated": "1h30m"},
                "hardforks": {"ecotone": 1710374401},
            },
            "l1": {
                "chain_id": 900,
                "stack": "ethereum",
                "block_time_ms": 12000,
                "upstreams": [{"name": "l1-a", "url": "env:L1_RPC", "ws_url": "ws://localhost:1"}],
            },
        },
    }


def read(*documents: dict[str, Any]) -> Topology:
    """The topology of these documents."""
    return read_topology({f"{n}.toml": one for n, one in enumerate(documents)}, ADAPTERS)


def faults(*documents: dict[str, Any]) -> tuple[Fault, ...]:
    """What is wrong with these documents."""
    with pytest.raises(TopologyError) as raised:
        read(*documents)
    return raised.value.faults


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with one value set, or taken out where the value is None."""
    whole = document()
    table: Any = whole
    *tables, last = path.split("/")
    for key in tables:
        table = table[int(key)] if isinstance(table, list) else table.setdefault(key, {})
    if value is None:
        del table[last]
    else:
        table[int(last) if isinstance(table, list) else last] = value
    return whole


def test_topology__well_formed__is_read_with_parents_first() -> None:
    """Every value arrives in its place, addresses in lower case, durations in milliseconds."""
    topology = read(document())
    assert list(topology.chains) == ["l1", "l2"]
    l2 = topology.chains["l2"]
    assert l2.contracts["l1"] == {"portal": PORTAL.lower(), "l1_messenger": MESSENGER.lower()}
    assert l2.budgets == {"op_stack.withdrawal.initiated": 5_400_000}
    assert l2.upstreams == (Upstream("l2-a", "http://127.0.0.1:8546", roles=("replica",)),)
    assert (topology.depth("l2"), topology.network) == (2, "test")
    assert [chain.name for chain in topology.children("l1")] == ["l2"]


def test_topology__standard_contracts_left_out__are_filled_in() -> None:
    """Predeploys need not be named, and a named one wins."""
    assert read(document()).chains["l2"].contracts["l2"] == {
        "l2_messenger": "0x4200000000000000000000000000000000000007",
        "message_passer": "0x4200000000000000000000000000000000000016",
    }
    moved = read(changed("chains/l2/contracts/l2", {"l2_messenger": PORTAL})).chains["l2"]
    assert moved.contracts["l2"]["l2_messenger"] == PORTAL.lower()


def test_topology__scope__holds_both_sides() -> None:
    """The scope of a bridge has the parent's and the child's contracts by side."""
    scope = read(document()).scope("l2", "l1")
    assert (scope.parent_id, scope.child_id, scope.here) == (900, 901, "l1")
    assert scope.contract(PARENT, "portal") == PORTAL.lower()
    assert scope.contract(CHILD, "message_passer") is not None


def test_topology__two_files_on_one_chain__are_joined() -> None:
    """Another file may add keys and upstreams to a chain."""
    extra = {"l2": {"owner": "us", "upstreams": [{"name": "l2-b", "url": "file:/run/rpc"}]}}
    l2 = read(document(), {"chains": extra}).chains["l2"]
    assert [one.name for one in l2.upstreams] == ["l2-a", "l2-b"]
    assert l2.owner == "us"


def test_topology__budgets_without_quotes__mean_the_same() -> None:
    """TOML reads `op_stack.withdrawal.initiated` without quotes as nested tables."""
    nested = {"op_stack": {"withdrawal": {"initiated": "2h"}}}
    budgets = read(changed("chains/l2/budgets", nested)).chains["l2"].budgets
    assert budgets == {"op_stack.withdrawal.initiated": 7_200_000}


@pytest.mark.parametrize(
    ("path", "value", "key", "found", "close"),
    [
        ("chains/l2/chian_id", 1, "chains.l2.chian_id", "unknown key", "chain_id"),
        ("chans", {}, "chans", "unknown key", "chains"),
        ("chains/l2/chain_id", "901", "chains.l2.chain_id", "'901'", ""),
        ("chains/l2/chain_id", True, "chains.l2.chain_id", "true", ""),
        ("chains/l2/chain_id", 0, "chains.l2.chain_id", "0", ""),
        ("chains/l2/chain_id", None, "chains.l2.chain_id", "nothing", ""),
        ("chains/l2/chain_id", 900, "chains.l1.chain_id", "900", ""),
        ("chains/l2/stack", None, "chains.l2.stack", "nothing", ""),
        ("chains/l2/stack", "op_stak", "chains.l2.stack", "'op_stak'", "op_stack"),
        ("chains/l2/settles_on", "l11", "chains.l2.settles_on", "'l11'", "l1"),
        ("chains/l2/settles_on", None, "chains.l2.settles_on", "nothing", ""),
        ("chains/l2/settles_on", "l2", "chains.l2.settles_on", "l2 -> l2", ""),
        ("chains/l1/settles_on", "l2", "chains.l2.settles_on", "l2 -> l1 -> l2", ""),
        ("chains/l2", 5, "chains.l2", "5", ""),
        ("chains/L2", {}, "chains.L2", "'L2'", ""),
        ("network", None, "network.name", "nothing", ""),
        ("network/name", None, "network.name", "nothing", ""),
        ("network/name", " ", "network.name", "' '", ""),
        ("network", 5, "network", "5", ""),
        ("chains", {}, "chains", "nothing", ""),
        ("chains", None, "chains", "nothing", ""),
        ("chains/l2/upstreams", {}, "chains.l2.upstreams", "a table", ""),
        ("chains/l2/upstreams/0", "x", "chains.l2.upstreams[0]", "'x'", ""),
        ("chains/l2/upstreams/0/name", "", "chains.l2.upstreams[0].name", "''", ""),
        ("chains/l2/upstreams/0/name", "l1-a", "chains.l1.upstreams", "'l1-a'", ""),
        ("chains/l2/upstreams/0/url", None, "chains.l2.upstreams[0].url", "nothing", ""),
        (
            "chains/l2/upstreams/0/roles",
            ["relica"],
            "chains.l2.upstreams[0].roles[0]",
            "",
            "replica",
        ),
        ("chains/l2/upstreams/0/roles", [5], "chains.l2.upstreams[0].roles[0]", "5", ""),
        ("chains/l2/upstreams/0/concurrency", 0, "chains.l2.upstreams[0].concurrency", "0", ""),
        ("chains/l2/contracts/l1/portal", None, "chains.l2.contracts.l1.portal", "nothing", ""),
        ("chains/l2/contracts/l1", "x", "chains.l2.contracts.l1", "'x'", ""),
        ("chains/l2/contracts/l3", {}, "chains.l2.contracts.l3", "another chain", ""),
        ("chains/l2/contracts/l1/portl", PORTAL, "chains.l2.contracts.l1.portl", "", "portal"),
        (
            "chains/l2/contracts/l1/l2_messenger",
            PORTAL,
            "chains.l2.contracts.l1.l2_messenger",
            "a role of the other chain",
            "",
        ),
        (
            "chains/l1/contracts/l1/portal",
            PORTAL,
            "chains.l1.contracts.l1.portal",
            "unknown role",
            "",
        ),
        ("chains/l2/actors/batchr", PORTAL, "chains.l2.actors.batchr", "unknown job", "batcher"),
        ("chains/l2/actors/batcher", 5, "chains.l2.actors.batcher", "5", ""),
        (
            "chains/l2/budgets",
            {"op_stack.withdrawl.initiated": "2h"},
            "chains.l2.budgets.op_stack.withdrawl.initiated",
            "no lifecycle",
            "op_stack.withdrawal.initiated",
        ),
        ("chains/l2/hardforks/ecotone", "x", "chains.l2.hardforks.ecotone", "'x'", ""),
        ("chains/l2/genesis", {"time_s": 5}, "chains.l2.genesis.block", "nothing", ""),
        ("chains/l2/genesis", {"blok": 5}, "chains.l2.genesis.blok", "unknown", "block"),
    ],
)
def test_topology__one_thing_wrong__is_the_fault(
    path: str, value: Any, key: str, found: str, close: str
) -> None:
    """Each fault names its file, its key, what was found and the nearest match."""
    told = faults(changed(path, value))
    match = [fault for fault in told if fault.key == key]
    assert match, told
    assert found in match[0].found
    assert (match[0].file, match[0].close_match) == ("0.toml", close)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PORTAL[:-1], "40 hex digits"),
        (PORTAL[:-1] + "g", "40 hex digits"),
        (PORTAL[:-1] + "D", "checksum " + PORTAL),
        (12, "in quotes"),
        ("0x" + "00" * 20, "leave the key out"),
        (MESSENGER, "a contract of its own"),
    ],
)
def test_topology__bad_address__is_a_fault(value: Any, expected: str) -> None:
    """Length, digits, checksum, zero and twins are all looked at."""
    bad = document()
    bad["chains"]["l2"]["contracts"]["l1"] = {"l1_messenger": MESSENGER, "portal": value}
    (fault,) = faults(bad)
    assert fault.key == "chains.l2.contracts.l1.portal"
    assert expected in fault.expected


@pytest.mark.parametrize("value", ["2", "2 h", "h", "-2h", "0s", "1.5h", 7200, ""])
def test_topology__bad_duration__is_a_fault(value: Any) -> None:
    """A duration is whole numbers with units, longer than nothing."""
    (fault,) = faults(changed("chains/l2/budgets", {"op_stack.withdrawal.initiated": value}))
    assert "a duration" in fault.expected


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@rpc.example.org",
        "https://mainnet.infura.io/v3/0123456789abcdef0123456789abcdef",
        "https://opt.g.alchemy.com/v2/aB3dE5gH7jK9mN1pQ3sT5vX7zB9dF1hJ",
        "https://rpc.example.org/?apikey=x",
        "https://lb.example.org/ogrpc?network=op&id=AbC0dEfGhIjKlMnOpQrStUvWxYz",
    ],
)
def test_topology__secret_in_a_url__is_a_fault_that_does_not_show_it(url: str) -> None:
    """What looks like a password or an access key belongs elsewhere."""
    (fault,) = faults(changed("chains/l2/upstreams/0/url", url))
    assert "env:NAME" in fault.expected
    assert url.rsplit("/", 1)[-1] not in str(fault)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8545",
        "http://127.0.0.1:8545/l2-a",
        "http://127.0.0.1:8545/0123456789abcdef0123456789abcdef",
        "https://mainnet.optimism.io",
        "https://arbitrum-one-archive-node-1.example.org/rpc/arbitrum-one-archive-node",
        "env:OP_RPC",
        "file:/run/secrets/op",
    ],
)
def test_topology__url_without_a_secret__is_accepted(url: str) -> None:
    """Plain URLs and references are as good as each other."""
    assert read(changed("chains/l2/upstreams/0/url", url)).chains["l2"].upstreams[0].url == url


@pytest.mark.parametrize("url", ["", "localhost:8545", "ws://localhost:1", "env:", "env:A B"])
def test_topology__no_url__is_a_fault(url: str) -> None:
    """The scheme must be one that can be used there."""
    (fault,) = faults(changed("chains/l2/upstreams/0/url", url))
    assert "http or https" in fault.expected


def test_topology__two_files_disagree__each_repetition_is_a_fault() -> None:
    """A key stands in one file; a second network is one too many."""
    told = faults(document(), {"network": {"name": "b"}, "chains": {"l2": {"chain_id": 5}}})
    assert [(fault.file, fault.key) for fault in told] == [
        ("1.toml", "network"),
        ("1.toml", "chains.l2.chain_id"),
    ]


def test_topology__many_faults__are_reported_together() -> None:
    """One run tells everything: a typo, a duplicate, a cycle, a missing role, a bad address."""
    bad = document()
    l2 = bad["chains"]["l2"]
    l2["tittle"] = "x"
    l2["contracts"]["l1"] = {"portal": "0x12"}
    l3 = deepcopy(l2) | {"settles_on": "l4", "contracts": {}, "chain_id": 901}
    bad["chains"]["l3"] = l3
    bad["chains"]["l4"] = deepcopy(l3) | {"settles_on": "l3", "chain_id": 903, "stack": "nope"}
    keys = {fault.key for fault in faults(bad)}
    assert {
        "chains.l2.tittle",
        "chains.l2.contracts.l1.portal",
        "chains.l2.contracts.l1.l1_messenger",
        "chains.l3.contracts.l4.portal",
        "chains.l3.chain_id",
        "chains.l3.upstreams",
        "chains.l3.settles_on",
        "chains.l4.stack",
    } <= keys


def test_topology__no_documents__is_a_fault() -> None:
    """Nothing at all is not a topology."""
    assert {fault.key for fault in faults()} == {"network.name", "chains"}


def test_topology__stack_without_standard_contracts__asks_for_all() -> None:
    """Roles on the child's own side are needed as well."""
    bare = changed("chains/l2", {"chain_id": 1, "stack": "bare", "settles_on": "l1"})
    bare["chains"]["l2"]["block_time_ms"] = 1
    assert {fault.key for fault in faults(bare)} == {
        "chains.l2.contracts.l1.hub",
        "chains.l2.contracts.l2.spoke",
    }


def test_holds_secret__what_is_no_url__holds_none() -> None:
    """A reference is not looked into."""
    assert not holds_secret("env:OP_RPC")


def test_checksummed__known_addresses__match() -> None:
    """EIP-55, against its own examples."""
    for text in (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    ):
        assert text == checksummed(Address(text.lower()))


def test_schema__of_two_stacks__names_their_roles_and_budgets() -> None:
    """The schema follows the fields that the reader follows."""
    schema = topology_schema(ADAPTERS)
    (chain,) = schema["properties"]["chains"]["patternProperties"].values()
    assert chain["properties"]["stack"]["enum"] == ["bare", "ethereum", "op_stack"]
    op_stack = chain["allOf"][2]["then"]["properties"]
    roles = op_stack["contracts"]["additionalProperties"]["propertyNames"]["enum"]
    assert {"portal", "message_passer"} <= set(roles)
    assert "op_stack.withdrawal.initiated" in op_stack["budgets"]["properties"]
    nested = op_stack["budgets"]["properties"]["op_stack"]["properties"]["withdrawal"]
    assert list(nested["properties"]) == ["initiated", "finalized"]


def test_genesis__with_or_without_its_time__is_read() -> None:
    """Forks and genesis are what reading a chain's posts takes."""
    for table, expected in (
        ({"block": 9, "time_s": 5}, Genesis(9, Timestamp(5000))),
        ({"block": 9}, Genesis(9)),
    ):
        terms = read(changed("chains/l2/genesis", table)).chains["l2"].terms
        assert (expected, {"ecotone": 1710374401000}) == (terms.genesis, terms.hardforks)
    assert read(document()).chains["l2"].terms.genesis is None


def test_fork__at_a_time__is_active_planned_or_unknown() -> None:
    """Where forks are named, one that is not is not planned."""
    terms = Terms(Duration(1), None, {"fjord": Timestamp(5)})
    found = [terms.has("fjord", Timestamp(time)) for time in (4, 5)]
    assert [False, True, False] == [*found, terms.has("holocene", Timestamp(9))]
    assert Terms(Duration(1)).has("fjord", Timestamp(9)) is None
