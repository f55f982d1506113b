"""Two chains of the stack on one parent, and logs made with an independent encoder."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi import encode

from layerkeep.adapters.ethereum import ADAPTER as ETHEREUM
from layerkeep.adapters.op_stack import ADAPTER as OP_STACK
from layerkeep.adapters.op_stack.contracts import PREDEPLOYS
from layerkeep.core.chain_data import Log
from layerkeep.core.dispatch import Dispatch, build_dispatch
from layerkeep.core.facts import Fact, Says
from layerkeep.core.keccak import selector, topic0
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import Address, ChainName, Duration

L1, OP, BASE = ChainName("l1"), ChainName("op"), ChainName("base")

OP_ON_L1 = {
    "portal": "0xbeb5fc579115071764c7423a4f12edde41f106ed",
    "l1_messenger": "0x25ace71c97b33cc4729cf772ae268934f7ab5fa1",
    "l1_standard_bridge": "0x99c9fc46f92e8a1c0dec1b1747d010903e884be1",
    "l1_erc721_bridge": "0x5a7749f83b81b301cab5f48eb8516b986daef23d",
    "system_config": "0x229047fed2591dbec1ef1118d64f7af3db9eb290",
    "dispute_game_factory": "0xe5965ab5962edc7477c8520243a95517cd252fa9",
    "l2_output_oracle": "0xdfe97868233d1aa22e815a266982f2cf17685a27",
    "anchor_state_registry": "0x23b2c62946350f4246f9f9d027e071f0264fd113",
    "superchain_config": "0x95703e0982140d16f8eba6d158fccede42f04a4c",
    "eth_lockbox": "0x322b47ff1fa8d5611f761e3e275c45b71b294d43",
}
BASE_ON_L1 = {
    "portal": "0x49048044d57e1c92a77f79988d21fa8faf74e97e",
    "l1_messenger": "0x866e82a600a1414e583f7f13623f1ac5d58b0afa",
    "l1_standard_bridge": "0x3154cf16ccdb4c6d922629664174b904d80f2c35",
    "superchain_config": "0x95703e0982140d16f8eba6d158fccede42f04a4c",
}
ALIASED = "0x36bde71c97b33cc4729cf772ae268934f7ab70b2"
ALICE, BOB, CAROL = ("0x" + digit * 40 for digit in "abc")
TOKEN, REMOTE, GAME = ("0x" + digit * 40 for digit in "123")
ROOT = "0x" + "77" * 32
HASH = "0x" + "5a" * 32


class Times(dict[int, int]):
    """Any block's time."""

    def __missing__(self, height: int) -> int:
        return height * 1000


def addresses(named: Mapping[str, str]) -> dict[str, Address]:
    """Addresses by role."""
    return {role: Address(address) for role, address in named.items()}


def chain(name: ChainName, chain_id: int, on_parent: Mapping[str, str]) -> Chain:
    """One chain of the stack on the parent."""
    contracts = {L1: addresses(on_parent), name: dict(PREDEPLOYS)}
    return Chain(name, chain_id, "op_stack", Duration(2000), settles_on=L1, contracts=contracts)


TOPOLOGY = Topology(
    "test",
    {
        L1: Chain(L1, 1, "ethereum", Duration(12000)),
        OP: chain(OP, 10, OP_ON_L1),
        BASE: chain(BASE, 8453, BASE_ON_L1),
    },
)
ON_PARENT = TOPOLOGY.scope(OP, L1)
ON_CHILD = TOPOLOGY.scope(OP, OP)


def dispatch() -> Dispatch:
    """The decoders of this world."""
    return build_dispatch(TOPOLOGY, {"ethereum": ETHEREUM, "op_stack": OP_STACK})


def log(
    address: str,
    event: str,
    indexed: Sequence[Any] = (),
    values: Sequence[Any] = (),
    index: int = 0,
) -> Log:
    """A log of an event given as `Name(indexed types; data types)`."""
    name, _, arguments = event[:-1].partition("(")
    first, _, rest = arguments.partition(";")
    types = [part for part in first.split(",") if part]
    others = [part.strip() for part in rest.split(",") if part.strip()]
    topics = ["0x" + encode([t], [v]).hex() for t, v in zip(types, indexed, strict=True)]
    return Log(
        address=address,
        topics=(topic0(f"{name}({','.join(types + others)})"), *topics),
        data="0x" + encode(others, list(values)).hex(),
        block_number="0x64",
        block_hash="0x" + "bb" * 32,
        transaction_hash="0x" + "cc" * 32,
        transaction_index="0x3",
        log_index=hex(index),
    )


def call(signature: str, *values: Any) -> bytes:
    """Calldata."""
    types = signature[signature.index("(") + 1 : -1].split(",")
    return bytes.fromhex(selector(signature)[2:]) + encode(types, list(values))


def relay(sender: str, target: str, message: bytes, value: int = 0, counter: int = 7) -> bytes:
    """The calldata of a messenger's relayMessage, version 1."""
    signature = "relayMessage(uint256,address,address,uint256,uint256,bytes)"
    return call(signature, (1 << 240) + counter, sender, target, value, 200_000, message)


def facts_of(here: ChainName, *logs: Log) -> list[Fact]:
    """What logs of one transaction say."""
    return dispatch().facts(here, logs, Times())


def says(here: ChainName, *logs: Log) -> list[Says]:
    """The statements in logs of one transaction."""
    return [fact.says for fact in facts_of(here, *logs)]
