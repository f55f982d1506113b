"""Messages between the three chains of a scene, and short ways to say what becomes of them."""

from grounds import L1, L2, L3, Scene

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.core.facts import Claimed, ClaimMoved, Fact, Reached, Sent
from layerkeep.core.units import ChainName, Key

LIFECYCLES = (*OP_STACK, *NITRO)
ETHER = 10**18


def key(name: str, child: ChainName = L2) -> Key:
    """The one key of a message."""
    return Key(f"{child}/msg/{name}")


def see_all(scene: Scene) -> None:
    """Every chain is read up to now, and its nodes answer from now on."""
    for chain in scene.layers:
        scene.head(chain, 100, safe=90, finalized=80)
        scene.all_answer(chain, 100)


def deposit(scene: Scene, name: str, value: int = 0, **place: object) -> Fact:
    """A deposit leaves l1 for l2."""
    says = Sent("op_stack.deposit", name, (key(name),), L1, L2, "0xa", "0xb", value)
    return scene.tell(L1, says, **{"height": 1, "tx": f"send-{name}", **place})


def withdraw(scene: Scene, name: str, value: int = 0, position: int = 5) -> Fact:
    """A withdrawal leaves l2 for l1."""
    says = Sent(
        "op_stack.withdrawal", name, (key(name),), L2, L1, "0xa", "0xb", value, None, position
    )
    return scene.tell(L2, says, height=5, tx=f"send-{name}")


def ticket(scene: Scene, name: str, value: int = 0) -> Fact:
    """A retryable leaves l2 for l3."""
    says = Sent("nitro.retryable", name, (key(name, L3),), L2, L3, "0xa", "0xb", value)
    return scene.tell(L2, says, height=7, tx=f"send-{name}")


def reach(scene: Scene, chain: ChainName, name: str, stage: str, **more: object) -> Fact:
    """A message reached a stage on a chain, in a transaction of its own."""
    child = L3 if L3 in (chain, more.pop("child", chain)) else L2
    height = int(str(more.pop("height", 10)))
    says = Reached(key(name, child), stage, **more)  # type: ignore[arg-type]
    return scene.tell(chain, says, height=height, tx=f"{stage}-{name}-{height}")


def claim(scene: Scene, name: str, covers: int = 10, child: ChainName = L2) -> Fact:
    """Somebody claims a state that covers positions up to this one."""
    return scene.tell(L1, Claimed(name, f"{child}/claims", covers), height=20, tx=f"claim-{name}")


def move(scene: Scene, name: str, status: str, height: int = 30, reason: str = "") -> Fact:
    """A claim changed."""
    says = ClaimMoved(name, status, reason)
    return scene.tell(L1, says, height=height, tx=f"{status}-{name}")
