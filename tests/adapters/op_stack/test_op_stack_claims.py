"""Claims about the child, what voids them, pauses, settings and upgrades."""

import msgspec
import pytest
from op_stack_world import ALICE, BASE, BOB, GAME, L1, OP, OP_ON_L1, PREDEPLOYS, ROOT, log, says

from layerkeep.core.facts import (
    Ask,
    Claimed,
    ClaimMoved,
    ClaimsVoided,
    Judged,
    Measured,
    Switched,
    Undecoded,
)

FACTORY, ORACLE = OP_ON_L1["dispute_game_factory"], OP_ON_L1["l2_output_oracle"]
ANCHORS, PORTAL = OP_ON_L1["anchor_state_registry"], OP_ON_L1["portal"]
SUPERCHAIN, CONFIG = OP_ON_L1["superchain_config"], OP_ON_L1["system_config"]
CLAIM = f"op/game/{GAME}"
ROOT_BYTES = bytes.fromhex(ROOT[2:])


def test_game__created__is_a_claim_with_questions():
    """How far it reaches and how it stands is not in the log."""
    event = "DisputeGameCreated(address,uint32,bytes32)"
    (said,) = says(L1, log(FACTORY, event, (GAME, 0, ROOT_BYTES)))
    assert isinstance(said, Claimed)
    assert (CLAIM, "op/claims", None, ROOT) == (said.claim, said.lane, said.covers, said.root)
    assert "game type 0" == said.detail
    asked = [(ask.probe, ask.chain, ask.child, ask.subject, bool(ask.every)) for ask in said.asks]
    assert [
        ("game-block", L1, OP, f"{CLAIM} {ROOT} 0", False),
        ("game-moves", L1, OP, CLAIM, True),
        ("game-status", L1, OP, CLAIM, True),
        ("game-respected", L1, OP, CLAIM, True),
    ] == asked
    assert all(isinstance(ask, Ask) for ask in said.asks)


@pytest.mark.parametrize("kind", [4, 5, 7, 9])
def test_game__of_a_super_type__claims_no_block(kind):
    """It claims a time for a set of chains, which is not followed: nobody here can judge it."""
    event = "DisputeGameCreated(address,uint32,bytes32)"
    unknown = Judged("claim", OP, CLAIM, "unknown", ROOT, detail=f"game type {kind}")
    assert [unknown] == says(L1, log(FACTORY, event, (GAME, kind, ROOT_BYTES)))


def test_game__of_a_strange_type__is_a_claim_that_nobody_can_judge():
    """Only the reach is asked for, without the root that nobody could recompute."""
    event = "DisputeGameCreated(address,uint32,bytes32)"
    said, judged = says(L1, log(FACTORY, event, (GAME, 77, ROOT_BYTES)))
    assert CLAIM == said.asks[0].subject
    told = "game type 77, which is not known: what it claims and who is ahead cannot be told"
    assert Judged("claim", OP, CLAIM, "unknown", ROOT, detail=told) == judged


def test_output__proposed__covers_its_block():
    """The oracle's log says it all."""
    event = "OutputProposed(bytes32,uint256,uint256; uint256)"
    found = log(ORACLE, event, (ROOT_BYTES, 12, 5000), (1,))
    ask = Ask("claim-root", OP, OP, f"op/output/12 5000 {ROOT}", witnesses=2)
    assert [Claimed("op/output/12", "op/claims", 5000, ROOT, asks=(ask,))] == says(L1, found)
    (said,) = says(L1, log(ORACLE, event, (ROOT_BYTES, 12, 2**63), (1,)))
    assert isinstance(said, Undecoded)


def test_outputs__deleted__are_voided_one_by_one():
    """From the new next index up to the old one, without it."""
    event = "OutputsDeleted(uint256,uint256)"
    found = says(L1, log(ORACLE, event, (14, 12)))
    voided = [ClaimMoved(f"op/output/{index}", "voided", "deleted") for index in (12, 13)]
    assert voided == found
    assert [] == says(L1, log(ORACLE, event, (12, 12)))
    (said,) = says(L1, log(ORACLE, event, (100_000, 12)))
    assert isinstance(said, Undecoded)


@pytest.mark.parametrize("place", [ANCHORS, PORTAL])
def test_game__blacklisted__is_voided(place):
    """Both the registry and older portals keep the list."""
    found = log(place, "DisputeGameBlacklisted(address)", (GAME,))
    assert [ClaimMoved(CLAIM, "voided", "blacklisted")] == says(L1, found)


def test_games__retired__are_voided_up_to_that_second():
    """A game has to be younger than the retirement."""
    found = log(ANCHORS, "RetirementTimestampSet(; uint256)", (), (1000,))
    assert [ClaimsVoided("op/claims", 1_000_000, "retired")] == says(L1, found)


def test_respected_type__of_each_version__is_measured():
    """Older portals also void what is older than the change."""
    new = log(ANCHORS, "RespectedGameTypeSet(; uint32)", (), (8,))
    assert [Measured(OP, "respected_game_type", 8)] == says(L1, new)
    old = log(PORTAL, "RespectedGameTypeSet(uint32,uint64)", (1, 1000))
    assert [
        Measured(OP, "respected_game_type", 1),
        ClaimsVoided("op/claims", 999_999, "retired"),
    ] == says(L1, old)


def test_anchor__updated__confirms_the_game():
    """Only a game that won and outlived its delay becomes the anchor."""
    found = log(ANCHORS, "AnchorUpdated(address)", (GAME,))
    assert [ClaimMoved(CLAIM, "confirmed", "anchor")] == says(L1, found)


ZERO = "0x" + "00" * 20
LOCKBOX = OP_ON_L1["eth_lockbox"]


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (ZERO, [(OP, ""), (BASE, "")]),
        (PORTAL, [(OP, PORTAL)]),
        (LOCKBOX, [(OP, LOCKBOX)]),
        (ALICE, []),
    ],
)
def test_pause__of_a_shared_config__concerns_whom_it_names(identifier, expected):
    """The zero address is every chain; else a portal or lockbox names the one."""
    for name, on in (("Paused", True), ("Unpaused", False)):
        found = says(L1, log(SUPERCHAIN, f"{name}(; address)", (), (identifier,)))
        assert [Switched(child, "paused", on, detail) for child, detail in expected] == found


def test_pause__of_the_first_form__concerns_every_chain():
    """Its name is free text, and resuming has none."""
    paused = says(L1, log(SUPERCHAIN, "Paused(; string)", (), ("why not",)))
    assert [Switched(OP, "paused", True), Switched(BASE, "paused", True)] == paused
    resumed = says(L1, log(SUPERCHAIN, "Unpaused()"))
    assert [Switched(OP, "paused", False), Switched(BASE, "paused", False)] == resumed


def test_pause__of_a_portal_itself__names_who_did_it():
    """The first portals had a pause of their own."""
    for name, on in (("Paused", True), ("Unpaused", False)):
        found = says(L1, log(PORTAL, f"{name}(; address)", (), (ALICE,)))
        assert [Switched(OP, "paused", on, f"by {ALICE}")] == found


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (0, ALICE[2:].rjust(64, "0"), ("batcher", ALICE)),
        (2, "3c".rjust(64, "0"), ("gas_limit", 60)),
        (3, BOB[2:].rjust(64, "0"), ("unsafe_block_signer", BOB)),
    ],
)
def test_config__updated__measures_what_changed(kind, payload, expected):
    """Under the names of the parameters."""
    event = "ConfigUpdate(uint256,uint8; bytes)"
    found = log(CONFIG, event, (0, kind), (bytes.fromhex(payload),))
    assert [Measured(OP, *expected)] == says(L1, found)


def test_config__updated_in_other_ways__says_nothing():
    """Fees are not followed."""
    assert [] == says(L1, log(CONFIG, "ConfigUpdate(uint256,uint8; bytes)", (0, 1), (b"\0" * 64,)))


def test_feature__set__is_a_switch():
    """Features are named in a word of text."""
    name = b"ETH_LOCKBOX".ljust(32, b"\0")
    found = log(CONFIG, "FeatureSet(bytes32,bool)", (name, True))
    assert [Switched(OP, "eth-lockbox", True)] == says(L1, found)
    (said,) = says(L1, log(CONFIG, "FeatureSet(bytes32,bool)", (b"\xff" * 32, True)))
    assert isinstance(said, Undecoded)


def test_implementation__of_games__is_measured():
    """One name for each type."""
    found = log(FACTORY, "ImplementationSet(address,uint32)", (GAME, 8))
    assert [Measured(OP, "game_8_implementation", GAME)] == says(L1, found)


def test_upgrade__on_each_side__names_the_role():
    """A shared contract is upgraded for every chain that has it."""
    upgraded = "Upgraded(address)"
    assert [Measured(OP, "portal_implementation", GAME)] == says(L1, log(PORTAL, upgraded, (GAME,)))
    both = says(L1, log(SUPERCHAIN, upgraded, (GAME,)))
    assert [
        (OP, "superchain_config_implementation"),
        (BASE, "superchain_config_implementation"),
    ] == [(each.child, each.name) for each in both]
    (passer,) = says(OP, log(PREDEPLOYS["message_passer"], upgraded, (GAME,)))
    assert "message_passer_implementation" == passer.name


def test_known_event__of_another_shape__is_undecoded():
    """The same first topic with another number of topics is another event."""
    found = log(PORTAL, "WithdrawalFinalized(bytes32; bool)", (ROOT_BYTES,), (True,))
    stripped = msgspec.structs.replace(found, topics=found.topics[:1])
    (said,) = says(L1, stripped)
    assert isinstance(said, Undecoded)
