"""Reading `[rules.NAME]`: what is accepted, what is wrong, and what is asked of nodes for it."""

from typing import Any

import pytest

from layerkeep.adapters.ethereum import ADAPTER as ETHEREUM
from layerkeep.adapters.op_stack import ADAPTER as OP_STACK
from layerkeep.core.chain_data import Log
from layerkeep.core.dispatch import PARAMETER, build_dispatch
from layerkeep.core.errors import TopologyError
from layerkeep.core.facts import Anchor, Measured
from layerkeep.core.keccak import selector, topic0
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.network.sightings import HISTORY
from layerkeep.core.topology import Topology
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.rule_tables import Known
from layerkeep.core.topology.user_rule import COUNTED_MAX, UserRule
from layerkeep.core.units import Duration

ADAPTERS = {"ethereum": ETHEREUM, "op_stack": OP_STACK}
SAFE = "0x" + "5a" * 20
TOKEN = "0x" + "7b" * 20
ROLES = ("portal", "l1_messenger")


def document(**rules: Any) -> dict[str, Any]:
    """Two chains and these rules."""
    contracts = {role: f"0x{place:040x}" for place, role in enumerate(ROLES, 1)}
    return {
        "network": {"name": "test"},
        "chains": {
            "l1": {
                "chain_id": 1,
                "stack": "ethereum",
                "block_time_ms": 12000,
                "upstreams": [{"name": "l1-a", "url": "http://127.0.0.1:1"}],
            },
            "l2": {
                "chain_id": 2,
                "stack": "op_stack",
                "settles_on": "l1",
                "block_time_ms": 2000,
                "contracts": {"l1": contracts},
            },
        },
        "rules": {name.replace("_", "-"): rule for name, rule in rules.items()},
    }


def read(**rules: Any) -> Topology:
    """The topology with these rules."""
    return read_topology({"a.toml": document(**rules)}, ADAPTERS)


def faults(**rules: Any) -> list[str]:
    """Everything wrong with these rules, each without its file."""
    with pytest.raises(TopologyError) as raised:
        read(**rules)
    return [str(fault).removeprefix("a.toml: ") for fault in raised.value.faults]


def balance(**more: Any) -> dict[str, Any]:
    """A rule about a balance, changed so."""
    return {"balance": SAFE, "chain": "l1", "compare": "<", "threshold": 1} | more


def test_rule__with_everything__is_read():
    """Amounts in wei, durations in milliseconds, addresses in lower case."""
    (rule,) = read(
        low=balance(
            threshold="2.5 ether",
            severity="critical",
            component="bridge:l2",
            owner="treasury",
            runbook="refill it",
            **{"for": "1h30m"},
        )
    ).rules.values()

    assert rule == UserRule(
        name="low",
        what="balance",
        subject=SAFE,
        compare="<",
        threshold=25 * 10**17,
        component="bridge:l2",
        chain="l1",
        hold=Duration(5_400_000),
        severity="critical",
        owner="treasury",
        runbook="refill it",
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"parameter": "gas_limit", "chain": "l2", "compare": "!=", "threshold": 5}, "chain:l2"),
        (
            {
                "messages": "value",
                "route": "l2->l1",
                "stage": "proven",
                "compare": ">",
                "threshold": "9 ether",
            },
            "route:l2->l1",
        ),
        ({"head-lag": "safe", "chain": "l2", "compare": ">=", "threshold": "20m"}, "chain:l2"),
        (
            {
                "event": "Paused(address account)",
                "contract": TOKEN,
                "chain": "l1",
                "within": "1h",
                "compare": ">=",
                "threshold": 1,
            },
            "chain:l1",
        ),
        (
            {
                "call": "totalSupply()",
                "contract": TOKEN,
                "chain": "l2",
                "compare": ">",
                "threshold": 0,
            },
            "chain:l2",
        ),
    ],
)
def test_rule__of_each_kind__is_a_problem_of_its_chain_or_route(table, expected):
    """Where no component is named."""
    assert expected == read(x=table).rules["x"].component


def test_lag__with_a_duration__is_in_milliseconds():
    """20 minutes."""
    table = {"head-lag": "safe", "chain": "l2", "compare": ">", "threshold": "20m"}

    assert 1_200_000 == read(x=table).rules["x"].threshold


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (5, "rules.x: found 5, expected a table"),
        (balance(chain="l3"), "rules.x.chain: found 'l3', expected one of l1, l2"),
        (balance(balance="0x12"), "rules.x.balance: found '0x12' (2 hex digits)"),
        (balance(compare="=>"), "rules.x.compare: found '=>', expected one of <, <="),
        ({"balance": SAFE, "chain": "l1", "threshold": 1}, "rules.x.compare: found nothing"),
        (balance(threshold=True), "rules.x.threshold: found true, expected a whole number"),
        (balance(threshold="5 eth"), "rules.x.threshold: found '5 eth', expected a whole number"),
        (balance(threshold="0.5 wei"), "rules.x.threshold: found '0.5 wei'"),
        (balance(severity="high"), "rules.x.severity: found 'high', expected one of info"),
        (balance(component="bridge:l1"), "rules.x.component: found 'bridge:l1', expected one of"),
        (balance(within="1h"), "rules.x.within: found a key of other rules, expected nothing"),
        (balance(treshold=1), "rules.x.treshold: found an unknown key"),
        (balance(call="x()"), "rules.x: found balance and call, expected one of parameter"),
        (balance(**{"for": "long"}), "rules.x.for: found 'long', expected a duration"),
        ({"chain": "l1", "compare": "<", "threshold": 1}, "rules.x: found nothing to look at"),
        (
            {"parameter": "gas_limits", "chain": "l2", "compare": ">", "threshold": 1},
            "rules.x.parameter: found 'gas_limits'",
        ),
        (
            {"call": "f(uint x)", "contract": TOKEN, "chain": "l1", "compare": ">", "threshold": 1},
            "rules.x.call: found 'f(uint x)', expected a function with its arguments",
        ),
        (
            {"call": "f()", "chain": "l1", "compare": ">", "threshold": 1},
            "rules.x.contract: found nothing, expected the contract's address",
        ),
        (
            {"head-lag": "safe", "chain": "l2", "compare": "<", "threshold": "1m"},
            "rules.x.compare: found '<', expected one of >, >=",
        ),
        (
            {"head-lag": "safe", "chain": "l2", "compare": ">", "threshold": 60},
            "rules.x.threshold: found 60, expected a duration",
        ),
        (
            {
                "messages": "count",
                "route": "l1->l2",
                "stage": "proven",
                "compare": ">",
                "threshold": 1,
            },
            "rules.x.stage: found 'proven', expected one of failed, initiated",
        ),
        (
            {
                "messages": "count",
                "route": "l2->l3",
                "stage": "proven",
                "compare": ">",
                "threshold": 1,
            },
            "rules.x.route: found 'l2->l3', expected one of l1->l2, l2->l1",
        ),
        (
            {
                "event": "Moved(uint amount)",
                "contract": TOKEN,
                "chain": "l1",
                "within": "1h",
                "compare": ">",
                "threshold": 1,
            },
            "rules.x.event: found 'Moved(uint amount)', expected an event as declared",
        ),
        (
            {
                "event": "Moved()",
                "contract": TOKEN,
                "chain": "l1",
                "within": "1h",
                "for": "1h",
                "compare": ">",
                "threshold": 1,
            },
            "rules.x.for: found a key of other rules",
        ),
        (
            {
                "event": "Moved()",
                "contract": TOKEN,
                "chain": "l1",
                "within": "1h",
                "compare": ">",
                "threshold": 63,
            },
            "rules.x.threshold: found 63, expected from 1 up to 62 events",
        ),
    ],
)
def test_rule__that_cannot_be__is_a_fault_with_its_key(table, fault):
    """File, key, found, expected, close match."""
    assert [fault] == [each[: len(fault)] for each in faults(x=table)]


def test_rules__with_many_faults__tell_all_of_them():
    """Together, as for the rest of the topology."""
    found = faults(
        one=balance(compare="=>", chain="l3", severity="high", contract=5),
        two={"compare": "<"},
        Three={},
    )

    assert {
        "rules.one.chain",
        "rules.one.compare",
        "rules.one.contract",
        "rules.one.severity",
        "rules.two",
        "rules.two.threshold",
        "rules.Three",
    } == {each.split(": ")[0] for each in found}


def test_rule__in_two_files__is_a_fault():
    """Which of them would count?"""
    other = {"rules": {"low": balance()}}
    with pytest.raises(TopologyError, match=r"b\.toml: rules\.low: found a second one"):
        read_topology({"a.toml": document(low=balance()), "b.toml": other}, ADAPTERS)


def test_components__that_rules_may_name__are_those_of_the_graph():
    """Not one more, not one less."""
    topology = read()

    graph = Graph(layers_of(topology, ADAPTERS))
    assert sorted(graph) == sorted(Known(topology.chains, ADAPTERS).components())


def test_events__that_are_counted__are_all_remembered():
    """A rule may not wait for more events than anybody keeps."""
    assert COUNTED_MAX < HISTORY


# ---- what is asked for them


def ask_of(topology: Topology, name: str) -> Any:
    """The question put for one rule, and its dispatch."""
    dispatch = build_dispatch(topology, ADAPTERS)
    (ask,) = [a for a in dispatch.parameters if a.probe == f"{PARAMETER}rule.{name}"]
    return ask, dispatch


def test_balance__of_an_account__is_asked_each_minute_and_measured():
    """`eth_getBalance`, of a chain that settles on nothing too."""
    ask, dispatch = ask_of(read(low=balance()), "low")
    call = dispatch.call(ask, "0x10")
    (fact,) = dispatch.answer(ask, "0x1bc16d674ec80000", Anchor("l1", 1, "0x1", 0))

    assert ("l1", 60_000) == (ask.chain, ask.every)
    assert ("eth_getBalance", (SAFE, "0x10")) == (call.method, call.params)
    assert Measured("l1", "rule.low", 2 * 10**18) == fact.says
    assert [] == dispatch.answer(ask, {"error": {}}, Anchor("l1", 1, "0x1", 0))


def test_call__with_arguments__is_encoded():
    """A token's balance of an account."""
    table = {
        "call": f"balanceOf(address {SAFE})",
        "contract": TOKEN,
        "chain": "l2",
        "compare": "<",
        "threshold": 5,
    }
    ask, dispatch = ask_of(read(tokens=table), "tokens")
    call = dispatch.call(ask, "0x10")
    words = "0x" + f"{7:064x}" + f"{9:064x}"
    (fact,) = dispatch.answer(ask, words, Anchor("l2", 1, "0x1", 0))

    data = selector("balanceOf(address)") + SAFE[2:].rjust(64, "0")
    assert ("eth_call", ({"to": TOKEN, "data": data}, "0x10")) == (call.method, call.params)
    assert Measured("l2", "rule.tokens", 7) == fact.says


def test_event__of_a_contract__is_listened_to_and_counted():
    """One for each log of its address and shape."""
    table = {
        "event": "Moved(address indexed by, uint256 amount)",
        "contract": TOKEN,
        "chain": "l1",
        "within": "1h",
        "compare": ">",
        "threshold": 2,
    }
    dispatch = build_dispatch(read(moves=table), ADAPTERS)
    first = topic0("Moved(address,uint256)")
    topics = (first, "0x" + "00" * 32)
    log = Log(TOKEN, topics, "0x", "0x5", "0x55", "0xaa", "0x0", "0x0")

    facts = dispatch.facts("l1", [log], {5: 1000})

    assert TOKEN in dispatch.filter("l1").addresses
    assert [Measured("l1", "rule.moves", 1)] == [fact.says for fact in facts]
