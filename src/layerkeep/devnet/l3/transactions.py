"""The L3's system transactions and the ids Arbitrum gives them.

The node knows no Arbitrum transaction types. Each becomes a deposit transaction (type 0x7e) whose
source hash is the Arbitrum transaction's hash; TxIds remembers which node hash stands for it.
"""

from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak256, keccak_hex
from layerkeep.devnet.artifacts import own
from layerkeep.devnet.l3.contracts import ARB_OS, ARB_RETRYABLE_TX, ARB_SYS
from layerkeep.devnet.l3.messages import DelayedMessage, Retryable

TYPE_DEPOSIT = 0x64
TYPE_RETRY = 0x68
TYPE_SUBMIT = 0x69
TYPE_INTERNAL = 0x6A
SYSTEM_GAS = 1_000_000
STORED_BYTE_GAS = 1_000
TX_GAS = 21_000
BASE_FEE_WEI = 40  # below the node's fee denominator of 50, so that no block ever changes it
ZERO = "0x" + "00" * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemTx:
    """A transaction only the sequencer can make, with the id Arbitrum would give it."""

    id: bytes
    type: int
    sender: str
    to: str
    data: bytes = b""
    mint_wei: int = 0
    value_wei: int = 0
    gas: int = SYSTEM_GAS

    @property
    def raw(self) -> str:
        """The deposit transaction that stands for it on the node."""
        to = b"" if self.to == ZERO else address_bytes(self.to)
        fields: list[rlp.Item] = [
            self.id,
            address_bytes(self.sender),
            to,
            rlp.integer(self.mint_wei),
            rlp.integer(self.value_wei),
            rlp.integer(self.gas),
            b"",
            self.data,
        ]
        return "0x7e" + rlp.encode(fields).hex()

    @property
    def node_hash(self) -> str:
        """The hash the node knows it by."""
        return keccak_hex(bytes.fromhex(self.raw[2:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a retryable ticket will call."""

    id: bytes
    sender: str
    to: str
    value_wei: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One scheduled redeem of a ticket."""

    ticket: Ticket
    sequence: int
    fee_wei: int
    gas: int
    refund_to: str
    refund_wei_max: int
    submission_refund_wei: int

    def tx(self, chain_id: int) -> SystemTx:
        """The retry transaction, whose id is the hash RedeemScheduled announces."""
        ticket = self.ticket
        fields = [
            rlp.integer(chain_id),
            rlp.integer(self.sequence),
            address_bytes(ticket.sender),
            rlp.integer(self.fee_wei),
            rlp.integer(self.gas),
            target_bytes(ticket.to),
            rlp.integer(ticket.value_wei),
            ticket.data,
            ticket.id,
            address_bytes(self.refund_to),
            rlp.integer(self.refund_wei_max),
            rlp.integer(self.submission_refund_wei),
        ]
        return SystemTx(
            id=typed_hash(TYPE_RETRY, fields),
            type=TYPE_RETRY,
            sender=ticket.sender,
            to=ticket.to,
            data=ticket.data,
            value_wei=ticket.value_wei,
            gas=self.gas,
        )


@dataclass(slots=True)
class TxIds:
    """Arbitrum ids and the node's hashes, both ways."""

    arb: dict[str, str] = field(default_factory=dict)  # by the node's hash
    node: dict[str, str] = field(default_factory=dict)  # by the Arbitrum id
    types: dict[str, int] = field(default_factory=dict)  # by the Arbitrum id

    def add(self, tx: SystemTx) -> None:
        """The transaction is shown under its Arbitrum id from now on."""
        shown, hidden = "0x" + tx.id.hex(), tx.node_hash
        self.arb[hidden] = shown
        self.node[shown] = hidden
        self.types[shown] = tx.type


def typed_hash(kind: int, fields: list[bytes]) -> bytes:
    """The hash of an Arbitrum transaction of this type."""
    return keccak256(bytes((kind,)) + rlp.encode(fields))


def start_tx(chain_id: int, *, base_fee_wei: int, parent_number: int, number: int) -> SystemTx:
    """The internal transaction that opens every block."""
    data = own("ArbSysEmu").encode("startBlock", base_fee_wei, parent_number, number, 0)
    body = bytes.fromhex(data[2:])
    tx_id = typed_hash(TYPE_INTERNAL, [rlp.integer(chain_id), body])
    return SystemTx(id=tx_id, type=TYPE_INTERNAL, sender=ARB_OS, to=ARB_SYS, data=body)


def deposit_tx(chain_id: int, message: DelayedMessage, to: str, wei: int) -> SystemTx:
    """The transaction of an ETH deposit."""
    fields = [
        rlp.integer(chain_id),
        message.index.to_bytes(32, "big"),
        address_bytes(message.sender),
        address_bytes(to),
        rlp.integer(wei),
    ]
    return SystemTx(
        id=typed_hash(TYPE_DEPOSIT, fields),
        type=TYPE_DEPOSIT,
        sender=message.sender,
        to=to,
        mint_wei=wei,
        value_wei=wei,
    )


def submit_tx(chain_id: int, message: DelayedMessage, asked: Retryable) -> SystemTx:
    """The transaction that creates a ticket; its id is the ticket's."""
    fields = [
        rlp.integer(chain_id),
        message.index.to_bytes(32, "big"),
        address_bytes(message.sender),
        rlp.integer(message.base_fee_wei),
        rlp.integer(asked.deposit_wei),
        rlp.integer(asked.fee_wei_max),
        rlp.integer(asked.gas),
        target_bytes(asked.to),
        rlp.integer(asked.call_value_wei),
        address_bytes(asked.beneficiary),
        rlp.integer(asked.submission_wei_max),
        address_bytes(asked.fee_refund),
        asked.data,
    ]
    data = own("ArbRetryableTxEmu").encode(
        "submitRetryable",
        message.index.to_bytes(32, "big"),
        message.base_fee_wei,
        asked.deposit_wei,
        asked.call_value_wei,
        asked.fee_wei_max,
        asked.gas,
        asked.submission_wei_max,
        asked.fee_refund,
        asked.beneficiary,
        asked.to,
        asked.data,
    )
    return SystemTx(
        id=typed_hash(TYPE_SUBMIT, fields),
        type=TYPE_SUBMIT,
        sender=message.sender,
        to=ARB_RETRYABLE_TX,
        data=bytes.fromhex(data[2:]),
        mint_wei=asked.deposit_wei,
        value_wei=asked.deposit_wei,
        gas=SYSTEM_GAS + STORED_BYTE_GAS * len(asked.data),
    )


def ticket_of(chain_id: int, message: DelayedMessage, asked: Retryable) -> Ticket:
    """The ticket that the message creates."""
    return Ticket(
        id=submit_tx(chain_id, message, asked).id,
        sender=message.sender,
        to=asked.to,
        value_wei=asked.call_value_wei,
        data=asked.data,
    )


def auto_redeem(ticket: Ticket, message: DelayedMessage, asked: Retryable) -> Attempt | None:
    """The attempt that comes with a ticket's creation, if gas for it was paid well enough."""
    fee_wei = message.base_fee_wei * (1400 + 6 * len(asked.data))
    left_wei = asked.deposit_wei - asked.call_value_wei - asked.submission_wei_max
    gas_wei_max = asked.gas * asked.fee_wei_max
    created = fee_wei <= asked.submission_wei_max and left_wei >= 0
    paid = left_wei >= gas_wei_max and asked.gas >= TX_GAS and asked.fee_wei_max >= BASE_FEE_WEI
    if not (created and paid):
        return None
    price_refund_wei = gas_wei_max - asked.gas * BASE_FEE_WEI
    return Attempt(
        ticket=ticket,
        sequence=0,
        fee_wei=BASE_FEE_WEI,
        gas=asked.gas,
        refund_to=asked.fee_refund,
        refund_wei_max=left_wei + fee_wei - price_refund_wei,
        submission_refund_wei=fee_wei,
    )


def settle_tx(chain_id: int, attempt: Attempt, receipt: dict[str, Any], number: int) -> SystemTx:
    """The internal transaction of block `number` that tells how an attempt ended."""
    success = int(receipt["status"], 16) == 1
    ticket = attempt.ticket
    gas_used = int(receipt["gasUsed"], 16)
    data = own("ArbRetryableTxEmu").encode("settle", ticket.id, success, gas_used)
    value_wei = 0 if success else ticket.value_wei
    return _internal(chain_id, number, ticket.sender, bytes.fromhex(data[2:]), value_wei)


def expire_tx(chain_id: int, ticket_id: bytes, number: int) -> SystemTx:
    """The internal transaction of block `number` that drops a ticket past its lifetime."""
    data = own("ArbRetryableTxEmu").encode("expire", ticket_id)
    return _internal(chain_id, number, ARB_OS, bytes.fromhex(data[2:]), 0)


def _internal(chain_id: int, number: int, sender: str, data: bytes, value_wei: int) -> SystemTx:
    body = [rlp.integer(chain_id), number.to_bytes(8, "big") + data]
    return SystemTx(
        id=typed_hash(TYPE_INTERNAL, body),
        type=TYPE_INTERNAL,
        sender=sender,
        to=ARB_RETRYABLE_TX,
        data=data,
        value_wei=value_wei,
    )


def address_bytes(address: str) -> bytes:
    """The 20 bytes of an address."""
    return bytes.fromhex(address[2:])


def target_bytes(address: str) -> bytes:
    """The 20 bytes of a receiver, or none where the zero address means a new contract."""
    return b"" if address == ZERO else address_bytes(address)
