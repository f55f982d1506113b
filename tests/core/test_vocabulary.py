"""Units, lifecycles and the contract with adapters."""

import pytest

from layerkeep.core.adapter import Event, Scope
from layerkeep.core.chain_data import Header, Receipt
from layerkeep.core.errors import Fault, OutsideError, TopologyError
from layerkeep.core.keccak import keccak256, keccak_hex, selector
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.units import DAY, HOUR, Address, ChainName, Duration, duration_text

OPEN = Stage("open", "user", None, "whenever they like")
DONE = Stage("done", "nobody", None, "done", final=True)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_500, "1 s"),
        (DAY + 3 * HOUR + 59_000, "1 d 3 h"),
        (-61_000, "-1 m 1 s"),
    ],
)
def test_duration_text__any__two_largest_units(duration: int, text: str) -> None:
    """Two words are enough for a tired reader."""
    assert text == duration_text(Duration(duration))


def test_lifecycle__stage_by_name__has_its_rank() -> None:
    """Stages stand in order of rank; there are no others."""
    lifecycle = Lifecycle("x", "down", (OPEN, DONE), ("open", "done"))
    assert (DONE, 1) == (lifecycle.stage("done"), lifecycle.rank("done"))
    for look in (lifecycle.stage, lifecycle.rank):
        with pytest.raises(KeyError, match="x has no stage 'lost'"):
            look("lost")


@pytest.mark.parametrize(
    ("stages", "happy"),
    [
        ((OPEN, OPEN), ("open",)),
        ((OPEN, DONE), ("lost",)),
        ((Stage("open", "cat", None, ""), DONE), ("done",)),
        ((OPEN, DONE), ("open",)),
    ],
)
def test_lifecycle__table_wrong__is_refused(
    stages: tuple[Stage, ...], happy: tuple[str, ...]
) -> None:
    """A table that contradicts itself stops the process at once."""
    with pytest.raises(AssertionError):
        Lifecycle("x", "down", stages, happy)


@pytest.mark.parametrize(
    ("declaration", "signature", "topics"),
    [
        ("RelayedMessage(bytes32 indexed msgHash)", "RelayedMessage(bytes32)", 2),
        ("Paused()", "Paused()", 1),
        (
            "F(address indexed a, (uint64 x,(bytes32 y,uint8) z)[] indexed t, uint256[2] n)",
            "F(address,(uint64,(bytes32,uint8))[],uint256[2])",
            3,
        ),
    ],
)
def test_event__declaration__gives_signature_and_topics(
    declaration: str, signature: str, topics: int
) -> None:
    """The signature is canonical, and the number of topics follows from what is indexed."""
    event = Event("parent", "portal", declaration, lambda *_: ())
    assert (signature, topics) == (event.signature, event.topics)
    assert selector(signature) == event.topic0[:10]


def test_scope__contract__is_found_by_side_and_role() -> None:
    """A role that the topology does not name has no address."""
    l1, l2, portal = ChainName("l1"), ChainName("l2"), Address("0xp")
    scope = Scope(l2, l1, 10, 1, l1, {"parent": {"portal": portal}})
    assert portal == scope.contract("parent", "portal")
    assert scope.contract("child", "portal") is None


def test_chain_data__hex__is_read_on_demand() -> None:
    """Heights, times and outcomes are derived from the hex as received."""
    header = Header("0xh", "0xp", "0x10", "0x2")
    assert (16, 2_000) == (header.height, header.time)
    for status, succeeded in (("0x1", True), ("0x0", False), (None, False)):
        receipt = Receipt("0xt", "0x0", "0xb", "0x1", (), status=status)
        assert succeeded == receipt.succeeded


def test_errors__say_what_the_reader_needs() -> None:
    """A topology's faults are told together, each with its place and a close match."""
    faults = [
        Fault("l2.toml", "stack", "'opstack'", "a stack", "op_stack"),
        Fault("a", "b", "c", "d"),
    ]
    told = str(TopologyError(faults))
    assert (
        "l2.toml: stack: found 'opstack', expected a stack; did you mean 'op_stack'?\na: b" in told
    )
    assert 5 == OutsideError("busy", Duration(5)).retry_after


def test_keccak__empty_bytes__is_the_hash_every_client_knows() -> None:
    """The hash of nothing, as in every account without code."""
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert empty == keccak256(b"").hex()
    assert "0x" + empty == keccak_hex(b"")
