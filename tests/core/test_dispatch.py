"""From logs, answers and receipts to facts."""

from collections.abc import Iterable, Sequence

import msgspec
import pytest

from layerkeep.core.adapter import Adapter, Call, Event, Parameter, Probe, Scope
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.dispatch import Dispatch, Filter, build_dispatch, decode_logs
from layerkeep.core.facts import AFTER_LOGS, Anchor, Ask, Fact, Measured, Says, Switched, Undecoded
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import Address, ChainName, Duration

L1, L2, L3 = ChainName("l1"), ChainName("l2"), ChainName("l3")
PORTAL, SHARED = Address("0x" + "aa" * 20), Address("0x" + "bb" * 20)
MALFORMED = "0xbad"


def paused(log: Log, scope: Scope, logs: Sequence[Log]) -> Iterable[Says]:
    """Says two things, the second only if the log is whole."""
    yield Switched(scope.child, "paused", True, f"{len(logs)} logs")
    if log.data == MALFORMED:
        raise ValueError("cut short")


def outcome(receipt: Receipt, scope: Scope) -> Iterable[Says]:
    """Says whether the transaction succeeded."""
    yield Switched(scope.child, "ran", receipt.succeeded)
    if receipt.status is None:
        raise ValueError("no status")


def answered(ask: Ask, scope: Scope, result: object) -> Iterable[Says]:
    """Says what the result was, nothing while there is none."""
    return () if result is None else (Measured(scope.child, ask.subject, str(result)),)


PAUSED = Event("parent", "config", "Paused(address indexed by)", paused)
SENT = Event("child", "passer", "Sent()", lambda *_: ())
PROBE = Probe("size", lambda ask, _scope, block: Call("size", (ask.subject, block)), answered)
STANDING = Probe("paused", lambda *_: Call("paused", ()), answered, standing="parent")
HERE = Probe("size-here", lambda *_: Call("size", ()), answered, standing="child")
NOWHERE = Event("parent", "nowhere", "Gone()", paused)
PARAMETERS = tuple(
    Parameter(name, side, role, f"{name}()", kind)
    for name, side, role, kind in (
        ("delay", "parent", "config", "uint"),
        ("owner", "child", "passer", "address"),
        ("version", "child", "passer", "string"),
        ("root", "child", "passer", "bytes32"),
        ("absent", "parent", "nowhere", "uint"),
    )
)
EVENTS = (PAUSED, SENT, NOWHERE)
PROBES = (PROBE, STANDING, HERE)
STACK = Adapter("stack", "stack", (), EVENTS, (), PROBES, PARAMETERS, outcome)
BARE = Adapter("bare", "stack", (), (), ())


def chain(name: ChainName, stack: str, parent: ChainName | None = None) -> Chain:
    """A chain whose bridge shares its config with its siblings'."""
    contracts = {parent: {"config": SHARED}, name: {"passer": PORTAL}} if parent else {}
    return Chain(name, int(name[1:]), stack, Duration(1), parent, contracts=contracts)


@pytest.fixture
def dispatch() -> Dispatch:
    """Two children of one parent, and a chain without a bridge's decoders."""
    chains = (chain(L1, "bare"), chain(L2, "stack", L1), chain(L3, "stack", L1))
    topology = Topology("net", {each.name: each for each in chains})
    return build_dispatch(topology, {"stack": STACK, "bare": BARE})


def log(topics: tuple[str, ...], tx: str = "0x1", data: str = "0x", address: str = SHARED) -> Log:
    """A log in block 16."""
    return Log(address.upper().replace("X", "x"), topics, data, "0x10", "0xb", tx, "0x2", "0x3")


def facts(dispatch: Dispatch, *logs: Log) -> list[Fact]:
    """The facts in logs of the parent."""
    return dispatch.facts(L1, logs, {16: 5_000}, "node")


def test_filter__watched_chain__asks_for_its_contracts(dispatch: Dispatch) -> None:
    """Each chain is asked for what is watched there, and nothing else."""
    assert Filter((SHARED,), (PAUSED.topic0,)) == dispatch.filter(L1)
    assert Filter((PORTAL,), (SENT.topic0,)) == dispatch.filter(L2)
    assert Filter((), ()) == dispatch.filter("unknown")
    assert [] == dispatch.facts(ChainName("unknown"), [log((PAUSED.topic0, "0x"))], {})


def test_facts__shared_contract__speaks_for_each_child(dispatch: Dispatch) -> None:
    """One log gives a fact for each child it concerns, told apart by their ordinals."""
    first, second = facts(dispatch, log((PAUSED.topic0, "0x")))
    assert Anchor(L1, 16, "0xb", 5_000, "0x1", 2, 3) == first.anchor == second.anchor
    assert (0, 1, "node") == (first.ordinal, second.ordinal, first.via)
    assert Switched(L2, "paused", True, "1 logs") == first.says
    assert Switched(L3, "paused", True, "1 logs") == second.says


def test_facts__logs_of_one_transaction__are_read_together(dispatch: Dispatch) -> None:
    """A decoder sees the watched logs of its own transaction and of no other."""
    found = facts(dispatch, *(log((PAUSED.topic0, "0x"), tx) for tx in ("0x1", "0x1", "0x2")))
    details = [fact.says.detail for fact in found if isinstance(fact.says, Switched)]
    assert ["2 logs"] * 4 + ["1 logs"] * 2 == details


def test_facts__log_of_another_event__says_nothing(dispatch: Dispatch) -> None:
    """Unknown events, and logs without topics, are none of ours."""
    assert [] == facts(dispatch, log(()), log(("0xother",)), log((PAUSED.topic0,), address=PORTAL))


def test_facts__another_number_of_topics__is_undecoded(dispatch: Dispatch) -> None:
    """The same event with other indexed arguments has not the shape we know."""
    (fact,) = facts(dispatch, log((PAUSED.topic0, "0x", "0x")))
    assert isinstance(fact.says, Undecoded)
    assert "2 indexed arguments" == fact.says.reason


def test_facts__decoder_fails_half_way__nothing_half_said(dispatch: Dispatch) -> None:
    """A malformed log is undecoded; what its decoder had said before it failed does not stand."""
    found = facts(dispatch, log((PAUSED.topic0, "0x"), data=MALFORMED))
    assert ["cut short"] * 2 == [f.says.reason for f in found if isinstance(f.says, Undecoded)]
    assert 2 == len(found)


def test_answer__probe__builds_and_reads(dispatch: Dispatch) -> None:
    """A question becomes a call, and its answer facts that name the question."""
    ask, anchor = Ask("size", L1, L2, "g1"), Anchor(L1, 7, "0xc", 9)
    assert Call("size", ("g1", "0x7")) == dispatch.call(ask, "0x7")
    assert [] == dispatch.answer(ask, None, anchor)
    assert [Fact(anchor, Measured(L2, "g1", "5"), 0, ask.id, "n")] == dispatch.answer(
        ask, 5, anchor, "n"
    )


def test_receipt__chain_with_outcomes__is_read(dispatch: Dispatch) -> None:
    """A receipt speaks behind all its logs; chains without such a decoder say nothing."""
    receipt = Receipt("0x1", "0x2", "0xb", "0x10", (), status="0x1")
    (fact,) = dispatch.receipt(L2, receipt, 5_000, "node")
    assert Switched(L2, "ran", True) == fact.says
    assert (AFTER_LOGS, 2) == (fact.anchor.log_index, fact.anchor.tx_index)
    assert [] == dispatch.receipt(L1, receipt, 5_000)


def test_receipt__malformed__is_undecoded(dispatch: Dispatch) -> None:
    """A receipt that an adapter cannot read says so, and nothing half."""
    (fact,) = dispatch.receipt(L2, Receipt("0x1", "0x2", "0xb", "0x10", (), to="0xt"), 5_000)
    assert Undecoded("0xt", "", "no status") == fact.says


def test_standing_probes__of_either_side__are_asked_again_and_again(dispatch: Dispatch) -> None:
    """A probe that stands is asked of its side's chain without anybody having asked."""
    standing = {(ask.probe, ask.chain): ask.every for ask in dispatch.parameters if ask.child == L2}
    assert standing["paused", L1] > 0
    assert standing["size-here", L2] > 0


@pytest.mark.parametrize(
    ("name", "result", "value"),
    [
        ("delay", "0x" + "00" * 31 + "07", 7),
        ("owner", "0x" + "00" * 12 + "aa" * 20, PORTAL),
        ("version", "0x" + f"{32:064x}{3:064x}" + b"1.2".hex().ljust(64, "0"), "1.2"),
        ("root", "0x" + "cc" * 32, "0x" + "cc" * 32),
    ],
)
def test_parameters__of_each_kind__are_measured(
    dispatch: Dispatch, name: str, result: str, value: int | str
) -> None:
    """A parameter is asked for again and again; an empty answer says nothing."""
    (ask,) = [a for a in dispatch.parameters if (a.child, a.probe) == (L2, f"parameter.{name}")]
    assert ask.every > 0
    assert ask.subject == dispatch.call(ask, "latest").params[0]["to"]
    (fact,) = dispatch.answer(ask, result, Anchor(L1, 7, "0xc", 9))
    assert Measured(L2, name, value) == fact.says
    assert [] == dispatch.answer(ask, "0x", Anchor(L1, 7, "0xc", 9))


def test_parameters__contract_not_named__are_not_asked(dispatch: Dispatch) -> None:
    """What the topology does not name is not asked for."""
    assert not any(ask.probe == "parameter.absent" for ask in dispatch.parameters)


def test_build_dispatch__two_decoders_for_one_event__is_refused() -> None:
    """Two decoders for the same log would make their order matter."""
    twice = Adapter("stack", "stack", (), (PAUSED, PAUSED), ())
    topology = Topology("net", {L1: chain(L1, "bare"), L2: chain(L2, "stack", L1)})
    with pytest.raises(AssertionError, match="two decoders"):
        build_dispatch(topology, {"stack": twice, "bare": BARE})


def test_build_dispatch__stack_without_receipts__reads_none() -> None:
    """A child whose stack says nothing by receipts alone is not asked for any."""
    topology = Topology("net", {L1: chain(L1, "bare"), L2: chain(L2, "bare", L1)})
    assert {} == build_dispatch(topology, {"bare": BARE}).receipts


def test_decode_logs__json__gives_logs() -> None:
    """What a node answers is read into logs; anything else is an error of the decoder's."""
    told = log((PAUSED.topic0,))
    assert [told] == decode_logs(msgspec.json.encode([told]))
    with pytest.raises(msgspec.DecodeError):
        decode_logs(b'[{"address": 5}]')
