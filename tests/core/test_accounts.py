"""What operators pay with, and what a bridge holds: asked of the parent, often enough."""

import pytest

from layerkeep.core.adapter import PARENT, Adapter, Call, Role
from layerkeep.core.chain_data import header_in, is_pruned, logs_in, number_in, several, text_in
from layerkeep.core.dispatch import build_dispatch
from layerkeep.core.facts import Measured
from layerkeep.core.network.accounts import accounts_every
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import Address, ChainName, Duration

L1, L2 = ChainName("l1"), ChainName("l2")
BATCHER, PORTAL, LOCKBOX = (Address("0x" + digit * 40) for digit in "abc")
ROLES = (Role(PARENT, "portal"), Role(PARENT, "lockbox", required=False))
STACK = Adapter(
    "stack",
    "stack",
    ROLES,
    (),
    (),
    jobs={"batcher": "poster", "proposer": "validator"},
    treasuries=("portal", "lockbox"),
)


def asked(**contracts):
    """The standing questions about a child whose poster is known, and how they are dispatched."""
    child = Chain(
        L2, 2, "stack", Duration(2000), L1, contracts={L1: contracts}, actors={"poster": BATCHER}
    )
    chains = {L1: Chain(L1, 1, "ethereum", Duration(12_000)), L2: child}
    dispatch = build_dispatch(Topology("test", chains), {"stack": STACK, "ethereum": STACK})
    return dispatch, {ask.probe: ask for ask in dispatch.parameters}


def test_account__of_a_known_job__is_asked_for_on_the_parent():
    """By the stack's own word for the job; nobody is asked for one that is not known."""
    dispatch, asks = asked()
    assert {"account.batcher"} == asks.keys()
    ask = asks["account.batcher"]
    assert (L1, L2, BATCHER, 60_000) == (ask.chain, ask.child, ask.subject, ask.every)
    assert (
        Call("eth_getBalance", (BATCHER, "0x9")),
        Call("eth_getTransactionCount", (BATCHER, "0x9")),
        Call("eth_getTransactionCount", (BATCHER, "pending")),
    ) == dispatch.call(ask, "0x9")


def test_account__answered__is_measured():
    """A node that keeps no pool tells all but the pending nonce."""
    dispatch, asks = asked()
    probe, scope = dispatch.probes[L2, "account.batcher"]
    told = [Measured(L2, "batcher.balance_wei", 16), Measured(L2, "batcher.nonce", 2)]
    pending = Measured(L2, "batcher.nonce_pending", 3)
    assert [*told, pending] == list(
        probe.read(asks["account.batcher"], scope, ("0x10", "0x2", "0x3"))
    )
    refused = {"error": {"code": -32601, "message": "no pool"}}
    assert told == list(probe.read(asks["account.batcher"], scope, ("0x10", "0x2", refused)))
    for wrong in ((refused, "0x2", "0x3"), ("0x10", "0x2"), "0x10", ("0x10", None, "0x3")):
        with pytest.raises(ValueError, match=r"."):
            list(probe.read(asks["account.batcher"], scope, wrong))


def test_treasury__in_two_places__is_their_sum():
    """A portal that shares a lockbox holds nothing itself."""
    dispatch, asks = asked(portal=PORTAL, lockbox=LOCKBOX)
    probe, scope = dispatch.probes[L2, "treasury"]
    calls = dispatch.call(asks["treasury"], "0x9")
    assert [(PORTAL, "0x9"), (LOCKBOX, "0x9")] == [call.params for call in calls]
    said = list(probe.read(asks["treasury"], scope, ("0x1", "0x20")))
    assert [Measured(L2, "bridge_balance_wei", 33)] == said


@pytest.mark.parametrize(
    ("block_time", "every"), [(250, 1_250), (100, 1_000), (2_000, 10_000), (12_000, 60_000)]
)
def test_accounts__on_any_parent__are_looked_at_every_few_blocks(block_time, every):
    """Between a second and a minute."""
    assert every == accounts_every(Duration(block_time))


@pytest.mark.parametrize(
    "complaint",
    [
        "missing trie node 5a (path )",
        "required historical state unavailable (reexec=128)",
        "BlockOutOfRangeError: block height is 900 but requested was 2",
        "state at block #5 is pruned",
        "distance to target block exceeds maximum proof window",
    ],
)
def test_refusal__for_want_of_state__is_told_from_others(complaint):
    """Only that will never be answered by this node."""
    assert is_pruned({"error": {"code": -32000, "message": complaint}})
    assert not is_pruned({"error": {"code": -32000, "message": "header not found"}})
    assert not is_pruned({"error": 3})
    assert not is_pruned({"message": complaint})


def test_results__of_the_wrong_shape__are_refused():
    """Whatever a node answers, it is an answer or a ValueError."""
    assert ("0x1", 2) == several(("0x1", 2), 2)
    assert 31 == number_in("0x1f")
    assert header_in(None) is None
    header = {"hash": "0x" + "ab" * 32, "parentHash": "0x", "number": "0x1", "timestamp": "0x1"}
    for wrong in ({**header, "stateRoot": "0xz"}, {**header, "number": "1z"}, {}, "0x"):
        with pytest.raises(ValueError, match="no header"):
            header_in(wrong)
    for read, wrong in ((logs_in, {}), (text_in, "12"), (text_in, 7), (number_in, "0x")):
        with pytest.raises(ValueError, match=r"."):
            read(wrong)
