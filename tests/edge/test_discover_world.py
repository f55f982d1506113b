"""An L1, an OP Stack L2 and a Nitro L3 in memory, as far as discovery and preflight ask them.

Each node answers from a table of contracts: address, then call data, then the returned words. It
leaves out what is not asked here: transactions' effects, state, real hashes, reverts with reasons,
limits of providers (a test may set the error a method raises), and logs of any other event.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.adapter import CHILD, PARENT, Adapter, Event, Parameter, Role
from layerkeep.core.errors import RpcError
from layerkeep.core.keccak import keccak_hex, selector
from layerkeep.edge.discover.nitro import ASSERTION_CREATED, BATCH_DELIVERED

NOW_S = 1_800_000_000


def at(number: int) -> str:
    """An address that is easy to tell from others."""
    return f"0x{number:040x}"


PORTAL, L1_MESSENGER, L1_BRIDGE, CONFIG, FACTORY, REGISTRY, SUPER, GAME = map(
    at, range(0x101, 0x109)
)
INBOX_EOA, BATCHER, SIGNER, GUARDIAN, PROPOSER, CHALLENGER = map(at, range(0x201, 0x207))
ROLLUP, BRIDGE, INBOX, SEQUENCER_INBOX, OUTBOX = map(at, range(0x301, 0x306))
POSTER, VALIDATOR = at(0x401), at(0x402)
L2_MESSENGER, L2_BRIDGE, L1_BLOCK, PASSER, L2_ERC721 = (
    f"0x42000000000000000000000000000000000000{last}" for last in ("07", "10", "15", "16", "14")
)
ARB_SYS, ARB_RETRYABLE = at(0x64), at(0x6E)


def _nothing(*_: object) -> tuple[()]:
    return ()


def _adapter(
    name: str, roles: Mapping[str, tuple[str, ...]], parameters: Sequence[Parameter]
) -> Adapter:
    """Roles by side, each as `name`, `name?` (optional) or `name=fingerprint()`."""
    made = []
    for side, named in roles.items():
        for text in named:
            role, _, fingerprint = text.partition("=")
            required = not role.endswith("?")
            version = "version()" if fingerprint and name == "op_stack" else ""
            made.append(Role(side, role.rstrip("?"), required, fingerprint, version))
    events = tuple(Event(r.side, r.name, f"On{n}()", _nothing) for n, r in enumerate(made))
    return Adapter(name, "stack", tuple(made), events, (), parameters=tuple(parameters))


ADAPTERS = {
    "ethereum": Adapter("ethereum", "stack", (), (), ()),
    "op_stack": _adapter(
        "op_stack",
        {
            PARENT: (
                "portal=l2Sender()",
                "l1_messenger=OTHER_MESSENGER()",
                "l1_standard_bridge?=OTHER_BRIDGE()",
                "system_config?=batcherHash()",
                "dispute_game_factory?=gameCount()",
                "l2_output_oracle?=nextOutputIndex()",
                "anchor_state_registry?=disputeGameFactory()",
                "superchain_config?=guardian()",
                "batch_inbox?",
            ),
            CHILD: ("message_passer=messageNonce()", "l2_messenger=OTHER_MESSENGER()"),
        },
        [
            Parameter("proof_delay_s", PARENT, "portal", "proofMaturityDelaySeconds()", unit="s"),
            Parameter("guardian", PARENT, "superchain_config", "guardian()", "address"),
            Parameter("portal_version", PARENT, "portal", "version()", "string"),
            Parameter("absent", PARENT, "portal", "absent()"),
            Parameter("period_s", PARENT, "l2_output_oracle", "finalizationPeriodSeconds()"),
        ],
    ),
    "nitro": _adapter(
        "nitro",
        {
            PARENT: (
                "rollup=chainId()",
                "bridge=rollup()",
                "inbox=bridge()",
                "sequencer_inbox=batchCount()",
                "outbox=rollup()",
                "upgrade_executor?",
                "gateway_router?",
                "erc20_gateway?",
            ),
            CHILD: (
                "arb_sys=arbOSVersion()",
                "arb_retryable_tx",
                "gateway_router?",
                "erc20_gateway?",
            ),
        },
        [],
    ),
}


@dataclass
class Node:
    """One chain's node; `contracts` maps address and call data to what is returned."""

    chain_id: int
    block_ms: int
    height: int = 1_000
    delayed: int = 0  # newest blocks, made all at once of one delayed message each
    contracts: dict[str, dict[str, str]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    senders: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    widest_logs: int = 10_000
    oldest_state: int = 0
    asked: int = 0

    async def call(self, method: str, params: Sequence[Any]) -> Any:
        """The answer of a node of this chain."""
        self.asked += 1
        if method in self.errors:
            raise self.errors[method]
        answer = getattr(self, re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", method))
        return answer(*params)

    def eth_chain_id(self) -> str:
        return hex(self.chain_id)

    def eth_block_number(self) -> str:
        return hex(self.height)

    def web3_client_version(self) -> str:
        return "fake/v1"

    def eth_get_code(self, address: str, _: str) -> str:
        return "0xfe" if address in self.contracts else "0x"

    def eth_call(self, call: dict[str, str], _: str) -> str:
        contract = self.contracts.get(call["to"])
        if contract is None:
            return "0x"
        if call["data"] not in contract:
            raise RpcError("execution reverted")
        return contract[call["data"]]

    def eth_get_block_by_number(self, tag: str, _: bool) -> dict[str, str] | None:
        number = {"latest": self.height, "safe": self.height - 5, "finalized": self.height - 9}.get(
            tag
        )
        number = int(tag, 16) if number is None else number
        if number > self.height:
            return None
        paced = self.height - self.delayed
        time_s = NOW_S - max(0, paced - number) * self.block_ms // 1000
        return {
            "number": hex(number),
            "timestamp": hex(time_s),
            "hash": block_hash(self.chain_id, number),
            "nonce": f"0x{max(0, number - paced):016x}",
        }

    def eth_get_balance(self, _: str, tag: str) -> str:
        if int(tag, 16) < self.oldest_state:
            raise RpcError("missing trie node")
        return "0x0"

    def eth_get_logs(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first + 1 > self.widest_logs:
            raise RpcError("query returns more than the allowed range")
        return [
            log
            for log in self.logs
            if log["topics"][0] == query["topics"][0]
            and log["address"] == query.get("address", log["address"])
            and first <= log["block"] <= last
        ]

    def eth_get_transaction_by_hash(self, tx_hash: str) -> dict[str, str]:
        return {"from": self.senders[tx_hash]}

    def contract(self, address: str, **answers: object) -> None:
        """A contract that answers these functions; `name` is without its parentheses."""
        known = self.contracts.setdefault(address, {})
        for name, value in answers.items():
            known[selector(f"{name}()")] = words(value)

    def answer(self, address: str, signature: str, argument: int, value: object) -> None:
        """A contract that answers one function for one argument."""
        data = selector(signature) + f"{argument:064x}"
        self.contracts.setdefault(address, {})[data] = words(value)

    def log(self, address: str, topic0: str, block: int, sender: str) -> None:
        """A log and who sent its transaction."""
        tx_hash = f"0x{len(self.logs) + 1:064x}"
        self.senders[tx_hash] = sender
        entry = {"address": address, "topics": [topic0], "block": block}
        self.logs.append(entry | {"transactionHash": tx_hash})


def block_hash(chain_id: int, number: int) -> str:
    """The hash of a block that never existed."""
    return keccak_hex(f"{chain_id}/{number}".encode())


def words(value: object) -> str:
    """A number, an address or a text as the words a call returns."""
    if isinstance(value, int):
        return f"0x{value:064x}"
    text = str(value)
    if text.startswith("0x"):
        return "0x" + text[2:].rjust(64, "0")
    body = text.encode().hex().ljust(64, "0")
    return f"0x{32:064x}{len(text):064x}{body}"


def op_on(l1: Node, l2: Node) -> None:
    """The contracts of an OP Stack chain of the generation before anchorStateRegistry()."""
    l1.contract(PORTAL, systemConfig=CONFIG, disputeGameFactory=FACTORY, superchainConfig=SUPER)
    l1.contract(PORTAL, l2Sender=0xDEAD, version="3.10.0", proofMaturityDelaySeconds=7)
    l1.contract(L1_MESSENGER, PORTAL=PORTAL, OTHER_MESSENGER=L2_MESSENGER, version="2.4.0")
    l1.contract(L1_BRIDGE, MESSENGER=L1_MESSENGER, OTHER_BRIDGE=L2_BRIDGE, version="2.2.0")
    l1.contract(CONFIG, optimismPortal=PORTAL, batchInbox=INBOX_EOA, batcherHash=BATCHER)
    l1.contract(CONFIG, unsafeBlockSigner=SIGNER, version="2.3.0")
    l1.contract(SUPER, guardian=GUARDIAN, version="1.1.0")
    l1.contract(FACTORY, gameCount=3, version="1.0.0")
    l1.answer(FACTORY, "gameImpls(uint32)", 1, GAME)
    l1.contract(GAME, anchorStateRegistry=REGISTRY, proposer=PROPOSER, challenger=CHALLENGER)
    l1.contract(GAME, l2ChainId=l2.chain_id)
    l1.contract(REGISTRY, disputeGameFactory=FACTORY, version="1.0.0")
    l2.contract(L2_MESSENGER, OTHER_MESSENGER=L1_MESSENGER, version="2.1.0")
    l2.contract(L2_BRIDGE, OTHER_BRIDGE=L1_BRIDGE)
    l2.contract(PASSER, messageNonce=1, version="1.1.0")
    l2.contract(L2_ERC721)
    l2.contract(L1_BLOCK, number=990, hash=block_hash(l1.chain_id, 990))


def nitro_on(l2: Node, l3: Node) -> None:
    """The contracts of a Nitro chain, a batch and an assertion."""
    l2.contract(ROLLUP, bridge=BRIDGE, inbox=INBOX, sequencerInbox=SEQUENCER_INBOX, outbox=OUTBOX)
    l2.contract(ROLLUP, chainId=l3.chain_id)
    l2.contract(BRIDGE, rollup=ROLLUP, sequencerInbox=SEQUENCER_INBOX)
    l2.contract(INBOX, bridge=BRIDGE, sequencerInbox=SEQUENCER_INBOX)
    l2.contract(SEQUENCER_INBOX, bridge=BRIDGE, batchCount=3)
    l2.contract(OUTBOX, bridge=BRIDGE, rollup=ROLLUP)
    l2.answer(SEQUENCER_INBOX, "isBatchPoster(address)", int(POSTER, 16), 1)
    l2.answer(SEQUENCER_INBOX, "isBatchPoster(address)", int(CHALLENGER, 16), 0)
    l2.answer(ROLLUP, "isValidator(address)", int(VALIDATOR, 16), 1)
    l2.log(SEQUENCER_INBOX, BATCH_DELIVERED, 980, POSTER)
    l2.log(SEQUENCER_INBOX, BATCH_DELIVERED, 990, CHALLENGER)
    l2.log(ROLLUP, ASSERTION_CREATED, 985, VALIDATOR)
    l3.contract(ARB_SYS, arbOSVersion=87, arbChainID=l3.chain_id)
    l3.contract(ARB_RETRYABLE)


def world() -> dict[str, Node]:
    """Three layers, each settling on the one below."""
    nodes = {"l1": Node(900, 12_000), "l2": Node(901, 2_000), "l3": Node(902, 250)}
    op_on(nodes["l1"], nodes["l2"])
    nitro_on(nodes["l2"], nodes["l3"])
    return nodes


def test_world__every_layer__answers_for_its_chain() -> None:
    """The nodes in memory speak for three chains."""
    nodes = world().values()
    assert [asyncio.run(node.call("eth_chainId", [])) for node in nodes] == [
        "0x384",
        "0x385",
        "0x386",
    ]
