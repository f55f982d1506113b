"""How much of the L3 is safe and finalized, as the L2 below it says."""

from collections.abc import Callable, Mapping

from layerkeep.devnet.l3.ledger import Ledger

Heads = Callable[[], Mapping[str, int]]


def l3_heads(ledger: Ledger, parent: Heads) -> Heads:
    """An L3 block is as safe as the L2 block that its batch is in."""

    def heads() -> dict[str, int]:
        return {tag: ledger.reached(number) for tag, number in parent().items()}

    return heads
