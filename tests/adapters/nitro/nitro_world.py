"""An L2 on Ethereum and an L3 on that L2, and logs made with an independent encoder."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi import encode
from eth_abi.packed import encode_packed

from layerkeep.adapters.ethereum import ADAPTER as ETHEREUM
from layerkeep.adapters.nitro import ADAPTER as NITRO
from layerkeep.adapters.nitro.contracts import PREDEPLOYS
from layerkeep.core.adapter import PARENT, Event
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.dispatch import Dispatch, build_dispatch
from layerkeep.core.facts import Fact, Says
from layerkeep.core.keccak import keccak256
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import Address, ChainName, Duration

L1, ARB, L3 = ChainName("l1"), ChainName("arb"), ChainName("l3")

ARB_ON_L1 = {
    "bridge": "0x8315177ab297ba92a06054ce80a67ed4dbd7ed3a",
    "inbox": "0x4dbd4fc535ac27206064b68ffcf827b0a60bab3f",
    "sequencer_inbox": "0x1c479675ad559dc151f6ec7ed3fbf8cee79582b6",
    "outbox": "0x0b9857ae2d4a3dbe74ffe1d7df045bb7f96e4840",
    "rollup": "0x4dceb440657f21083db8add07665f8ddbe1dcfc0",
    "challenge_manager": "0xa556f4eaa26bef4a54efebd7c4b8ae2a16c4da2a",
    "upgrade_executor": "0x3fffbadaf827559da092217e474760e2b2c3cedd",
    "gateway_router": "0x72ce9c846789fdb6fc1f34ac4ad25dd9ef7031ef",
    "erc20_gateway": "0xa3a7b6f88361f48403514059f1f16c8e78d60eec",
    "custom_gateway": "0xcee284f754e854890e311e3280b767f80797180d",
    "weth_gateway": "0xd92023e9d9911199a6711321d1277285e6d4e2db",
    "dai_gateway": "0xd3b5b60020504bc3489d6949d545893982ba3011",
    "grt_gateway": "0x01cdc91b0a9ba741903aa3699bf4ce31d6c5cc06",
    "lpt_gateway": "0x6142f1c8bbf02e6a6bd074e8d564c9a5420a0676",
    "classic_bridge": "0x011b6e24ffb0b5f5fcc564cf4183c5bbbc96d515",
    "classic_outbox": "0x760723cd2e632826c38fef8cd438a4cc7e7e1a40",
    "classic_outbox_early": "0x667e23abd27e623c11d4cc00ca3ec4d0bd63337a",
}
ARB_ON_ARB = {
    **PREDEPLOYS,
    "gateway_router": "0x5288c571fd7ad117bea99bf60fe0846c4e84f933",
    "erc20_gateway": "0x09e9222e96e7b4ae2a407b98d48e330053351eee",
    "custom_gateway": "0x096760f208390250649e3e8763348e783aef5562",
    "weth_gateway": "0x6c411ad3e74de3e7bd422b94a27770f5b86c623b",
    "dai_gateway": "0x467194771dae2967aef3ecbedd3bf9a310c76c65",
    "lpt_gateway": "0x6d2457a4ad276000a615295f7a80f79e48ccd318",
}
L3_ON_ARB = {
    role: "0x" + f"{number:02x}" * 20
    for number, role in enumerate(("bridge", "inbox", "sequencer_inbox", "outbox", "rollup"), 0xE1)
}
ALICE, BOB, TOKEN, STRANGER = ("0x" + digit * 40 for digit in "abc9")
TICKET, RETRY, BLOCK, ROOT, OTHER = ("0x" + digit * 64 for digit in "12345")
GETS = bytes.fromhex("2e567b36")


class Times(dict[int, int]):
    """Any block's time."""

    def __missing__(self, height: int) -> int:
        return height * 1000


def addresses(named: Mapping[str, str]) -> dict[str, Address]:
    """Addresses by role."""
    return {role: Address(address) for role, address in named.items()}


def chain(name: ChainName, chain_id: int, on: ChainName, *sides: Mapping[str, str]) -> Chain:
    """One Nitro chain and its contracts on its parent and on itself."""
    contracts = {on: addresses(sides[0]), name: addresses(sides[1])}
    return Chain(name, chain_id, "nitro", Duration(250), settles_on=on, contracts=contracts)


TOPOLOGY = Topology(
    "test",
    {
        L1: Chain(L1, 1, "ethereum", Duration(12000)),
        ARB: chain(ARB, 42161, L1, ARB_ON_L1, ARB_ON_ARB),
        L3: chain(L3, 902, ARB, L3_ON_ARB, PREDEPLOYS),
    },
)
ON_PARENT = TOPOLOGY.scope(ARB, L1)
ON_CHILD = TOPOLOGY.scope(ARB, ARB)


def dispatch() -> Dispatch:
    """The decoders of this world."""
    return build_dispatch(TOPOLOGY, {"ethereum": ETHEREUM, "nitro": NITRO})


def event_named(name: str, side: str = PARENT, role: str = "", topics: int = 0) -> Event:
    """The one event that is called so."""
    found = [
        event
        for event in NITRO.events
        if event.signature.startswith(name + "(")
        and event.side == side
        and role in ("", event.role)
        and topics in (0, event.topics)
    ]
    return found[0]


def log(event: Event, indexed: Sequence[Any], values: Sequence[Any], index: int = 0) -> Log:
    """A log of an event; indexed values are numbers, addresses or 32-byte hex."""
    types = _types(event)
    data = [each for each, is_indexed in types if not is_indexed]
    contracts = ON_PARENT.contracts if event.role in ARB_ON_L1 else ON_CHILD.contracts
    return Log(
        address=contracts[event.side][event.role],
        topics=(event.topic0, *map(topic, indexed)),
        data="0x" + encode(data, list(values)).hex(),
        block_number="0x64",
        block_hash="0x" + "bb" * 32,
        transaction_hash="0x" + "cc" * 32,
        transaction_index="0x3",
        log_index=hex(index),
    )


def topic(value: int | str) -> str:
    """A value as a topic."""
    return "0x" + (f"{value:x}" if isinstance(value, int) else value[2:]).rjust(64, "0")


def _types(event: Event) -> list[tuple[str, bool]]:
    """The argument types in order, and whether each is indexed."""
    inner = event.signature[event.signature.index("(") + 1 : -1]
    names = event.declaration[event.declaration.index("(") + 1 : -1]
    return list(zip(_split(inner), [" indexed " in part for part in _split(names)], strict=True))


def _split(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [*parts, current] if current else parts


def delivered(kind: int, payload: bytes, number: int = 7, sender: str = ALICE) -> list[Log]:
    """What bridge and inbox log of a delayed message; `sender` is the aliased one."""
    inbox = ARB_ON_L1["inbox"]
    told = [inbox, kind, sender, keccak256(payload), 10**9, 1_700_000_000]
    return [
        log(event_named("MessageDelivered", role="bridge"), [number, OTHER], told, 1),
        log(event_named("InboxMessageDelivered"), [number], [payload], 2),
    ]


def retryable_payload(data: bytes, to: str = BOB, value: int = 5) -> bytes:
    """What the inbox packs for a ticket."""
    types = ["uint256"] * 9 + ["bytes"]
    numbers = [int(to, 16), value, 10**18, 10**15, int(ALICE, 16), int(ALICE, 16), 10**6, 10**8]
    return encode_packed(types, [*numbers, len(data), data])


def finalize_call(amount: int = 77) -> bytes:
    """What a gateway tells its counterpart."""
    types = ["address", "address", "address", "uint256", "bytes"]
    return GETS + encode(types, [TOKEN, ALICE, BOB, amount, b""])


def receipt(kind: str, status: str, tx: str = TICKET, logs: Sequence[Log] = ()) -> Receipt:
    """A receipt of a transaction type."""
    return Receipt(
        transaction_hash=tx,
        transaction_index="0x1",
        block_hash="0x" + "bb" * 32,
        block_number="0x64",
        logs=tuple(logs),
        status=status,
        type=kind,
    )


def facts_of(here: ChainName, *logs: Log) -> list[Fact]:
    """What logs of one transaction say."""
    return dispatch().facts(here, logs, Times())


def says(here: ChainName, *logs: Log) -> list[Says]:
    """The statements in logs of one transaction."""
    return [fact.says for fact in facts_of(here, *logs)]
