"""Where the L3's contracts stand on the L2, and on the L3 itself."""

from dataclasses import asdict, dataclass

ARB_SYS = "0x0000000000000000000000000000000000000064"
ARB_RETRYABLE_TX = "0x000000000000000000000000000000000000006e"
NODE_INTERFACE = "0x00000000000000000000000000000000000000c8"
ARB_OS = "0x00000000000000000000000000000000000a4b05"
WETH = "0x4200000000000000000000000000000000000006"


@dataclass(frozen=True, slots=True, kw_only=True)
class L3Contracts:
    """Addresses on the L2, as RollupCreated names them, and the block that created them."""

    rollup: str
    bridge: str
    inbox: str
    sequencer_inbox: str
    rollup_event_inbox: str
    outbox: str
    challenge_manager: str
    upgrade_executor: str
    proxy_admin: str
    validator_wallet_creator: str
    rollup_creator: str
    created_at: int

    def addresses(self) -> dict[str, str]:
        """Address by name, without the block number."""
        return {name: value for name, value in asdict(self).items() if name != "created_at"}
