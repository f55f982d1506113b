"""What a devnet's topology says of acting: who may speak, and what runbooks may use there."""

import sys

import msgspec

from layerkeep.devnet.accounts import account
from layerkeep.devnet.gateway.operators import TREASURY
from layerkeep.devnet.gateway.server import Gateway

TOKENS = {"early": "LAYERKEEP_DEVNET_EARLY", "late": "LAYERKEEP_DEVNET_LATE"}
"""Two people, and the environment variables that hold the secrets of their tokens."""

REFILL_WEI, FLOOR_WEI = 5_000 * 10**18, 1_000 * 10**18


def means(gateway: Gateway, root_url: str) -> str:
    """Endpoints, signers, a runner and amounts, as tables of a topology."""
    units = {f"upstream:{chain}-{name}": f"{chain}-{name}" for chain, name in gateway.views}
    prefix = [sys.executable, "-m", "layerkeep.devnet.gateway.unit", f"{root_url}/units"]
    lines = [
        "",
        "[acting]",
        f'amounts = {{ refill = "{REFILL_WEI}", floor = "{FLOOR_WEI}" }}',
        "",
        '[endpoints."sequencer:l2"]',
        f'url = "{root_url}/op-node"',
        'methods = ["admin_startSequencer", "admin_stopSequencer", "admin_sequencerActive"]',
        "",
        '[endpoints."batcher:l2"]',
        f'url = "{root_url}/op-batcher"',
        'methods = ["admin_startBatcher", "admin_stopBatcher"]',
        "",
        "[runners.devnet]",
        'kind = "systemd"',
        f"prefix = {_text(prefix)}",
        "[runners.devnet.units]",
        *(f"{_text(component)} = {_text(unit)}" for component, unit in units.items()),
    ]
    for chain in dict.fromkeys(chain for chain, _ in gateway.views):
        lines += [
            "",
            f"[signers.treasury-{chain}]",
            'kind = "remote"',
            f'chain = "{chain}"',
            f'address = "{account(TREASURY).address}"',
            f'url = "{root_url}/signer"',
            'jobs = ["funder", "relayer"]',
        ]
    return "\n".join(lines) + "\n"


def tokens() -> str:
    """A token for each of the two people; with them, nobody reads without one."""
    parts = (
        f'\n[api.tokens.{name}]\nrole = "admin"\nsecret = "env:{variable}"\n'
        for name, variable in TOKENS.items()
    )
    return "".join(parts)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
