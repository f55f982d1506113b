"""A small bridge between chains `l1` and `l2` (and `l3`), and short ways to say its facts."""

from layerkeep.core.engine import Engine
from layerkeep.core.facts import (
    AFTER_LOGS,
    Anchor,
    Ask,
    Claimed,
    ClaimMoved,
    Fact,
    HeadSeen,
    Reached,
    Says,
    Sent,
)
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.units import HOUR, MINUTE, SECOND, ChainName, Duration, Key, Timestamp

L1, L2, L3 = ChainName("l1"), ChainName("l2"), ChainName("l3")
BLOCK = 12 * SECOND
NOW = Timestamp(0)

DOWN = Lifecycle(
    "down",
    "parent-to-child",
    (
        Stage("initiated", "sequencer", Duration(HOUR), "a rule", usual=Duration(MINUTE)),
        Stage("failed", "user", None, "anyone may retry", failed=True),
        Stage("executed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("initiated", "executed"),
)
UP = Lifecycle(
    "up",
    "child-to-parent",
    (
        Stage("initiated", "proposer", Duration(6 * HOUR), "a rule", usual=Duration(HOUR)),
        Stage("claimed", "user", None, "any time", claim="proposed", clock="period_blocks"),
        Stage("confirmed", "user", None, "whenever they like", claim="confirmed"),
        Stage("proven", "clock", Duration(24 * HOUR), "a rule", clock="delay_s"),
        Stage("finalized", "nobody", None, "done", final=True),
    ),
    happy=("initiated", "claimed", "proven", "finalized"),
    lane="claims",
)
COVERED = Lifecycle(
    "covered",
    "parent-to-child",
    (
        Stage("initiated", "sequencer", None, "a batch comes", usual=Duration(MINUTE)),
        Stage("sequenced", "nobody", None, "done", claim="proposed", final=True),
    ),
    happy=("initiated", "sequenced"),
    lane="batches",
)
LIFECYCLES = (DOWN, UP, COVERED)


def engine(*chains: ChainName) -> Engine:
    """An engine that knows the lifecycles above."""
    return Engine(LIFECYCLES, chains)


def at(
    chain: ChainName, height: int, tx: str = "", log: int = AFTER_LOGS, index: int = 0
) -> Anchor:
    """A place on a chain; blocks are twelve seconds apart."""
    return Anchor(chain, height, f"0x{height:x}", height * BLOCK, tx, index, log)


def said(chain: ChainName, height: int, says: Says, tx: str = "", log: int = AFTER_LOGS) -> Fact:
    """A fact on a chain."""
    return Fact(at(chain, height, tx or f"{chain}-{height}", log), says)


def sent_down(name: str, *asks: Ask, child: ChainName = L2, parent: ChainName = L1) -> Sent:
    """A message to a child, known by one key."""
    key = Key(f"{child}/msg/{name}")
    return Sent("down", name, (key,), parent, child, "0xa", "0xb", asks=asks)


def sent_up(name: str, position: int, child: ChainName = L2, parent: ChainName = L1) -> Sent:
    """A message to a parent, known by one key."""
    key = Key(f"{child}/msg/{name}")
    return Sent("up", name, (key,), child, parent, "0xa", "0xb", position=position)


def reached(
    name: str, stage: str, claim: str = "", child: ChainName = L2, **more: object
) -> Reached:
    """A message reached a stage."""
    return Reached(Key(f"{child}/msg/{name}"), stage, claim, **more)  # type: ignore[arg-type]


def executed(name: str, first: int = -1, last: int = -1, child: ChainName = L2) -> Reached:
    """A message took effect."""
    return reached(name, "executed", child=child, executes=True, first_log=first, last_log=last)


def claimed(name: str, covers: int | None = None, *asks: Ask, lane: str = "l2/claims") -> Claimed:
    """A claim."""
    return Claimed(name, lane, covers, asks=asks)


def moved(name: str, status: str) -> ClaimMoved:
    """A claim changed."""
    return ClaimMoved(name, status)


def head(chain: ChainName, height: int, finalized: int | None = None) -> Fact:
    """How far a chain is."""
    return Fact(at(chain, height), HeadSeen(height, None, finalized))


def observe(target: Engine, *facts: Fact) -> list[object]:
    """Believe facts; all effects together."""
    return [effect for fact in facts for effect in target.observe(fact, NOW)]


def stage(target: Engine, name: str) -> str:
    """The stage a message is in."""
    return target.view.messages[name].stage
