"""One function per event of a Nitro chain's contracts: its words in, ours out.

The parent logs a delayed message twice in one transaction: the bridge with its place and sender
(`MessageDelivered`), the inbox with its payload (`InboxMessageDelivered`). They are joined by the
message number. A ticket's whole story on the child is told by ArbRetryableTx and by the receipts of
three transaction types of ArbOS.
"""

from collections.abc import Iterable, Iterator, Sequence

from layerkeep.adapters.nitro import checks
from layerkeep.adapters.nitro import lifecycles as kinds
from layerkeep.core import facts
from layerkeep.core.adapter import PARENT, Decode, Scope
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.encoding import abi
from layerkeep.core.facts import Ask, Reached, Says, Token
from layerkeep.core.keccak import topic0
from layerkeep.core.units import SECOND, ZERO_HASH, Key

SEND = topic0("L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)")
CLASSIC_SEND = topic0(
    "L2ToL1Transaction(address,address,uint256,uint256,uint256,"
    "uint256,uint256,uint256,uint256,bytes)"
)
TICKET_CREATED = topic0("TicketCreated(bytes32)")
REDEEM_SCHEDULED = topic0("RedeemScheduled(bytes32,bytes32,uint64,uint64,address,uint256,uint256)")

KIND_L2_MESSAGE = 3
KIND_FUNDED_BY_PARENT = 7
KIND_RETRYABLE = 9
KIND_ETH_DEPOSIT = 12

DEPOSIT_TX = 0x64
RETRY_TX = 0x68
SUBMIT_RETRYABLE_TX = 0x69

LOCATIONS = ("calldata", "separate-event", "none", "blobs")
STRANGE_GATEWAY = "a transfer by a contract that the topology does not name as a gateway"


def message_delivered(log: Log, _scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """The bridge's half of a delayed message; the inbox's half tells the story."""
    if checks.content(log, 6)[66:128].strip("0"):
        raise ValueError("a message kind is one byte")
    return ()


def classic_message_delivered(log: Log, _scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """The classic bridge's half: its tickets expired years ago, so they are not followed."""
    checks.number(log, 1)
    return ()


def inbox_message(log: Log, scope: Scope, logs: Sequence[Log]) -> Iterable[Says]:
    """A delayed message with its payload: a ticket, a deposit, a raw message or none of ours."""
    told = checks.delivery_beside(log, scope, logs)
    if told is None:
        return ()
    payload = checks.payload_of(log, told)
    if told.kind == KIND_RETRYABLE:
        return (_retryable(told, payload, scope),)
    if told.kind == KIND_ETH_DEPOSIT:
        return (_eth_deposit(told, payload, scope),)
    if told.kind in (KIND_L2_MESSAGE, KIND_FUNDED_BY_PARENT):
        return (_delayed(told, payload, scope),)
    return ()


def inbox_message_from_origin(log: Log, scope: Scope, logs: Sequence[Log]) -> Iterable[Says]:
    """A delayed message whose payload is the calldata of the transaction, which logs lack."""
    told = checks.delivery_beside(log, scope, logs)
    if told is None:
        return ()
    if told.kind != KIND_L2_MESSAGE:
        raise ValueError(f"kind {told.kind} is never delivered from origin")
    return (_delayed(told, b"", scope),)


def _retryable(told: checks.Delivery, payload: bytes, scope: Scope) -> Says:
    fields = checks.ticket_of(told, payload)
    ticket = checks.ticket_id(scope.child_id, fields)
    key, sender = kinds.ticket_key(scope.child, ticket), checks.unaliased(told.sender)
    moved = checks.moved_token(fields.data)
    known = moved is None or sender in scope.contracts.get(PARENT, {}).values()
    return facts.Sent(
        kinds.RETRYABLE.name,
        ticket,
        (key, kinds.delayed_key(scope.child, told.number)),
        scope.parent,
        scope.child,
        sender,
        recipient="0x" + fields.to.hex(),
        value=int.from_bytes(fields.value),
        token=Token(*moved) if moved else None,
        awaits=ticket,
        asks=(kinds.receipt_ask(scope, ticket, key),),
        detail="" if known else STRANGE_GATEWAY,
    )


def _eth_deposit(told: checks.Delivery, payload: bytes, scope: Scope) -> Says:
    if len(payload) != 52:
        raise ValueError(f"an ETH deposit has 52 bytes, not {len(payload)}")
    to, value = "0x" + payload[:20].hex(), int.from_bytes(payload[20:], "big")
    tx = checks.deposit_hash(scope.child_id, told.number, sender=told.sender, to=to, value=value)
    key = kinds.tx_key(scope.child, tx)
    return facts.Sent(
        kinds.ETH_DEPOSIT.name,
        tx,
        (key, kinds.delayed_key(scope.child, told.number)),
        scope.parent,
        scope.child,
        checks.unaliased(told.sender),
        recipient=to,
        value=value,
        awaits=tx,
        asks=(kinds.receipt_ask(scope, tx, key),),
    )


def _delayed(told: checks.Delivery, payload: bytes, scope: Scope) -> Says:
    recipient, value = checks.unsigned_call(payload)
    return facts.Sent(
        kinds.DELAYED_MESSAGE.name,
        checks.delayed_id(scope.child_id, told.number),
        (kinds.delayed_key(scope.child, told.number),),
        scope.parent,
        scope.child,
        checks.unaliased(told.sender),
        recipient=recipient,
        value=value if told.kind == KIND_FUNDED_BY_PARENT else 0,
        position=told.number,
    )


def deposit_initiated(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A gateway says whose tokens the message of this number carries."""
    data, key = checks.content(log, 2), kinds.delayed_key(scope.child, checks.number(log, 3))
    token = Token(abi.address(data, 0), abi.uint(data, 1))
    sender, recipient = checks.topic_address(log, 1), checks.topic_address(log, 2)
    yield facts.Described(key, token, sender, recipient)


def ticket_created(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A ticket exists; until when is known here only if the node tells the block's time."""
    ticket, now_s = checks.topic(log, 1), _seconds(log)
    timeout_s = now_s + kinds.RETRYABLE_LIFETIME_S if now_s else 0
    asks = (kinds.timeout_ask(scope, ticket, timeout_s=timeout_s, now_s=now_s),)
    key = kinds.ticket_key(scope.child, ticket)
    return (Reached(key, "created", deadline=timeout_s * SECOND, asks=asks),)


def redeem_scheduled(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """An attempt to redeem a ticket runs in this block; its receipt tells how it ended."""
    checks.content(log, 4)
    key, retry = kinds.ticket_key(scope.child, checks.topic(log, 1)), checks.topic(log, 2)
    retry_key = kinds.tx_key(scope.child, retry)
    asks, attempt = (kinds.receipt_ask(scope, retry, retry_key),), checks.number(log, 3) + 1
    return (
        facts.Described(key, keys=(retry_key,)),
        Reached(key, "redeem-scheduled", awaits=retry, asks=asks, detail=f"attempt {attempt}"),
    )


def lifetime_extended(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """Somebody paid to keep a ticket: so it is open, and waits for a redeem."""
    ticket, timeout_s = checks.topic(log, 1), abi.uint(checks.content(log, 1), 0)
    yield ticket_waits(scope, ticket, timeout_s=timeout_s, now_s=_seconds(log))


def ticket_waits(scope: Scope, ticket: str, *, timeout_s: int, now_s: int) -> Reached:
    """A ticket is open until this time, and nothing will redeem it by itself."""
    asks = (kinds.timeout_ask(scope, ticket, timeout_s=timeout_s, now_s=now_s),)
    key = kinds.ticket_key(scope.child, ticket)
    return Reached(key, "waiting", deadline=timeout_s * SECOND, asks=asks)


def ticket_canceled(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """The beneficiary gave the ticket up."""
    yield Reached(kinds.ticket_key(scope.child, checks.topic(log, 1)), "cancelled")


def decode_receipt(receipt: Receipt, scope: Scope) -> Iterable[Says]:
    """What became of a deposit, of a ticket's creation, or of an attempt to redeem a ticket."""
    kind, tx, done = int(receipt.type, 16), receipt.transaction_hash.lower(), receipt.succeeded
    if kind == DEPOSIT_TX:
        stage = "executed" if done else "failed"
        yield Reached(kinds.tx_key(scope.child, tx), stage, executes=done)
    elif kind == RETRY_TX:
        stage = "redeemed" if done else "redeem-failed"
        yield Reached(kinds.tx_key(scope.child, tx), stage, executes=done)
    elif kind == SUBMIT_RETRYABLE_TX and not done:
        yield Reached(kinds.ticket_key(scope.child, tx), "creation-failed")
    elif kind == SUBMIT_RETRYABLE_TX:
        for log in receipt.logs:
            if log.topics[:1] == (TICKET_CREATED,):
                yield from ticket_created(log, scope, receipt.logs)
            elif log.topics[:1] == (REDEEM_SCHEDULED,):
                yield from redeem_scheduled(log, scope, receipt.logs)


def _seconds(log: Log) -> int:
    """The block's time if the node adds it to its logs, else 0."""
    time = log.block_timestamp
    return int(time, 16) if isinstance(time, str) else time or 0


def send(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A message to the parent."""
    position = checks.number(log, 3)
    message, key = checks.send_id(scope.child_id, position), kinds.send_key(scope.child, position)
    return (_sent_up(scope, checks.item_of(log), message=message, key=key, position=position),)


def classic_send(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A message to the parent from before Nitro, found again in an outbox by batch and index."""
    data, to = checks.content(log, 8), checks.topic_address(log, 1)
    numbers = (abi.uint(data, 2), abi.uint(data, 3), abi.uint(data, 4), abi.uint(data, 5))
    item = checks.Item(abi.address(data, 0), to, *numbers, abi.dynamic_bytes(data, 6))
    message = checks.classic_id(scope.child_id, checks.number(log, 3), abi.uint(data, 1))
    key = kinds.classic_key(scope.child, message)
    yield _sent_up(scope, item, message=message, key=key, position=None)


def _sent_up(
    scope: Scope, item: checks.Item, *, message: str, key: Key, position: int | None
) -> Says:
    moved = checks.moved_token(item.data)
    return facts.Sent(
        (kinds.CLASSIC_SEND if position is None else kinds.SEND).name,
        message,
        (key,),
        scope.child,
        scope.parent,
        item.sender,
        recipient=item.to,
        value=item.value,
        token=Token("", moved[1], remote=moved[0]) if moved else None,
        position=position,
    )


def withdrawal_initiated(log: Log, scope: Scope, logs: Sequence[Log]) -> Iterable[Says]:
    """A child gateway says whose tokens a send of the same transaction carries."""
    data, key = checks.content(log, 3), next(_sends(scope, logs, checks.topic(log, 3)), None)
    if key is None:
        raise ValueError("no send of this number in the transaction")
    token = Token("", abi.uint(data, 2), remote=abi.address(data, 0))
    sender, recipient = checks.topic_address(log, 1), checks.topic_address(log, 2)
    yield facts.Described(key, token, sender, recipient)


def _sends(scope: Scope, logs: Sequence[Log], number: str) -> Iterator[Key]:
    """The keys of the sends of this number: a position, or a unique id in the classic era."""
    for log in logs:
        if log.topics[:1] == (SEND,) and checks.topic(log, 3) == number:
            yield kinds.send_key(scope.child, int(number, 16))
        elif log.topics[:1] == (CLASSIC_SEND,) and checks.topic(log, 2) == number:
            batch, index = checks.number(log, 3), abi.uint(checks.content(log, 2), 1)
            yield kinds.classic_key(scope.child, checks.classic_id(scope.child_id, batch, index))


def outbox_executed(log: Log, scope: Scope, logs: Sequence[Log]) -> Iterable[Says]:
    """A send took effect on the parent."""
    if checks.number(log, 3):
        raise ValueError("a Nitro outbox has no batches")
    key = kinds.send_key(scope.child, abi.uint(checks.content(log, 1), 0))
    to, sender = checks.topic_address(log, 1), checks.topic_address(log, 2)
    ask = kinds.send_ask(scope, f"{key} {sender} {to}", _seconds(log))
    return (_executed(key, log, logs, (ask,)),)


def classic_outbox_executed(log: Log, scope: Scope, logs: Sequence[Log]) -> Iterable[Says]:
    """A send of the classic era took effect on the parent."""
    batch, index = checks.number(log, 3), abi.uint(checks.content(log, 1), 0)
    message = checks.classic_id(scope.child_id, batch, index)
    yield _executed(kinds.classic_key(scope.child, message), log, logs)


def _executed(key: Key, log: Log, logs: Sequence[Log], asks: tuple[Ask, ...] = ()) -> Says:
    first, last = checks.logs_of_execution(log, logs)
    return Reached(key, "executed", executes=True, first_log=first, last_log=last, asks=asks)


def bridge_call(log: Log, _scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """The bridge made an outbox's call: watched because it ends that execution's logs."""
    checks.topic_address(log, 1)
    return ()


def batch_delivered(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A batch was posted, and the delayed inbox was read up to some number."""
    data, number = checks.content(log, 7), checks.number(log, 1)
    read, where = abi.uint(data, 1), abi.uint(data, 6)
    location = LOCATIONS[where] if where < len(LOCATIONS) else f"location {where}"
    yield facts.Posted(scope.child, str(number), location=location)
    if read:
        lane = f"{scope.child}/{kinds.DELAYED}"
        yield facts.Claimed(kinds.batch_claim(scope.child, number), lane, covers=read - 1)


def assertion_created(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A validator asserts the child's state."""
    checks.content(log, 25)
    yield _claim(log, scope, checks.topic(log, 1), before=7, after=13)


def node_created(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A validator asserts the child's state, before BoLD."""
    checks.content(log, 15)
    claim = kinds.node_claim(scope.child, checks.number(log, 1))
    yield _claim(log, scope, claim, before=1, after=6)


def _claim(log: Log, scope: Scope, claim: str, *, before: int, after: int) -> Says:
    """The claim whose states stand from these words; a new chain's first has no block yet."""
    data, follows = log.data, checks.topic(log, 2)
    block, root = abi.bytes32(data, after), abi.bytes32(data, after + 1)
    empty = block == ZERO_HASH
    ask = kinds.claim_ask(
        scope, f"{claim} {block} {root} {abi.bytes32(data, before)}", _seconds(log)
    )
    return facts.Claimed(
        claim,
        f"{scope.child}/{kinds.ASSERTIONS}",
        covers=-1 if empty else None,
        root=root,
        asks=() if empty else (ask,),
        detail=f"after {follows}",
    )


def assertion_moved(status: str, reason: str = "") -> Decode:
    """A decoder for an event that says that the assertion of its first topic changed."""

    def moved(log: Log, _scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
        yield facts.ClaimMoved(checks.topic(log, 1), status, reason)

    return moved


def node_moved(status: str, *, data_word: int | None = None) -> Decode:
    """A decoder for an event about a legacy node, named by the first topic or a data word."""

    def moved(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
        if data_word is None:
            node = checks.number(log, 1)
        else:
            node = abi.uint(checks.content(log, data_word + 1), data_word)
        yield facts.ClaimMoved(kinds.node_claim(scope.child, node), status)

    return moved


def edge_added(log: Log, _scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A challenge's move: its first edge names an assertion, which must then have a rival."""
    data = checks.content(log, 5)
    if abi.uint(data, 2) == 0 and abi.uint(data, 4):
        yield facts.ClaimMoved(abi.bytes32(data, 0).lower(), "disputed", "challenged")


def switched(switch: str, *, on: bool) -> Decode:
    """A decoder for an event that turns a switch on or off; `detail` names the account."""

    def turned(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
        by = abi.address(checks.content(log, 1), 0)
        yield facts.Switched(scope.child, switch, on, detail=by)

    return turned


def measured(*parameters: tuple[str, int]) -> Decode:
    """A decoder for an event that states parameters: their names, and the words they stand in."""

    def stated(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
        for name, word in parameters:
            data = checks.content(log, word + 1)
            is_hash = name.endswith("_root")
            value = abi.bytes32(data, word) if is_hash else abi.uint(data, word)
            yield facts.Measured(scope.child, name, value)

    return stated


def upgraded(log: Log, scope: Scope, _logs: Sequence[Log]) -> Iterable[Says]:
    """A contract of the bridge was upgraded."""
    now, place = checks.topic_address(log, 1), log.address.lower()
    for role, known in scope.contracts.get(PARENT, {}).items():
        if known == place:
            yield facts.Measured(scope.child, f"{role}_implementation", now)
