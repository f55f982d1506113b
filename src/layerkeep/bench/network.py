"""The network that is measured: an OP Stack chain on an L1, a Nitro chain on that."""

from layerkeep.adapters.op_stack.contracts import PREDEPLOYS
from layerkeep.core.dispatch import Dispatch, build_dispatch
from layerkeep.core.engine import Engine
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import SECOND, Address, ChainName, Duration, Timestamp
from layerkeep.edge.plugins import load_adapters

CHAINS = (L1, L2, L3) = (ChainName("l1"), ChainName("l2"), ChainName("l3"))


def address(number: int) -> Address:
    """A contract's address."""
    return Address(f"0x{number:040x}")


PORTAL, L1_MESSENGER, GAMES, L1_BRIDGE = (address(0xA0 + n) for n in range(4))
BRIDGE, INBOX, SEQUENCER_INBOX, OUTBOX, ROLLUP = (address(0xB0 + n) for n in range(5))
ARB_SYS, ARB_RETRYABLE = address(0x64), address(0x6E)
L2_MESSENGER, L2_BRIDGE, PASSER = (
    PREDEPLOYS[role] for role in ("l2_messenger", "l2_standard_bridge", "message_passer")
)

ADAPTERS = load_adapters()
LIFECYCLES = [each for adapter in ADAPTERS.values() for each in adapter.lifecycles]


def topology() -> Topology:
    """The three chains."""
    block = Duration(2 * SECOND)
    op_stack = {
        L1: {
            "portal": PORTAL,
            "l1_messenger": L1_MESSENGER,
            "dispute_game_factory": GAMES,
            "l1_standard_bridge": L1_BRIDGE,
        },
        L2: dict(PREDEPLOYS),
    }
    nitro = {
        L2: {
            "bridge": BRIDGE,
            "inbox": INBOX,
            "sequencer_inbox": SEQUENCER_INBOX,
            "outbox": OUTBOX,
            "rollup": ROLLUP,
        },
        L3: {"arb_sys": ARB_SYS, "arb_retryable_tx": ARB_RETRYABLE},
    }
    chains = (
        Chain(L1, 1, "ethereum", Duration(12 * SECOND)),
        Chain(L2, 10, "op_stack", block, L1, contracts=op_stack),
        Chain(L3, 42_161, "nitro", block, L2, contracts=nitro),
    )
    return Topology("bench", {chain.name: chain for chain in chains})


def dispatch() -> Dispatch:
    """The decoders of the network."""
    return build_dispatch(topology(), ADAPTERS)


def engine() -> Engine:
    """An engine that believes nothing yet and follows messages only, as it does to catch up."""
    return Engine(LIFECYCLES, CHAINS)


def watching() -> Engine:
    """An engine that believes nothing yet and has every rule watch what it learns."""
    watcher = Engine(LIFECYCLES, CHAINS, layers_of(topology(), ADAPTERS))
    watcher.start(Timestamp(0))
    return watcher
