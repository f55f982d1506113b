"""The OP Stack's contracts on L1, by role."""

from dataclasses import dataclass

BATCH_INBOX = "0xff00000000000000000000000000000000000901"
GAME_CANNON = 0
GAME_PERMISSIONED = 1
GAME_ALPHABET = 255
INIT_BOND_WEI = 8 * 10**16
ANCHOR_ROOT = bytes.fromhex("a0" * 32)  # any root that is not zero; block 0 is never claimed
BASEFEE_SCALAR = 1368
BLOBBASEFEE_SCALAR = 810_949
L2_GAS_LIMIT = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class L1Contracts:
    """Addresses of the proxies users and operators talk to, and of what stands behind games."""

    proxy_admin: str
    address_manager: str
    superchain_config: str
    system_config: str
    portal: str
    dispute_game_factory: str
    anchor_state_registry: str
    delayed_weth: str
    l1_messenger: str
    l1_standard_bridge: str
    l1_erc721_bridge: str
    l1_mintable_factory: str
    preimage_oracle: str
    mips: str
    batch_inbox: str = BATCH_INBOX
