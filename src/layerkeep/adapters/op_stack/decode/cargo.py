"""What the messengers' messages carry: the call inside, and the token inside that."""

from typing import NamedTuple

from layerkeep.adapters.op_stack import contracts
from layerkeep.adapters.op_stack.checks import Relay
from layerkeep.adapters.op_stack.decode.names import child_contract
from layerkeep.core.adapter import PARENT, Scope
from layerkeep.core.chain_data import Log
from layerkeep.core.encoding.abi import WORD, address, dynamic_bytes, topic_address, word
from layerkeep.core.facts import Token

ARGUMENTS = 4
"""Where the arguments of a call begin, behind its selector."""

RELAY_HEAD = ARGUMENTS + 6 * 32
ETHER_SIZE = ARGUMENTS + 3 * 32
TOKEN_SIZE = ARGUMENTS + 5 * 32
"""What the arguments read here take at least."""


class Cargo(NamedTuple):
    """Who sends what to whom in the end; `value` is ether that was still a token then."""

    sender: str
    recipient: str
    token: Token | None = None
    value: int = 0
    detail: str = ""


def relayed_cargo(calldata: bytes, scope: Scope, *, down: bool) -> Cargo:
    """What a relayMessage is about in the end; ValueError if it is cut short."""
    size = int.from_bytes(calldata[RELAY_HEAD : RELAY_HEAD + 32])
    message = calldata[RELAY_HEAD + 32 : RELAY_HEAD + 32 + size]
    if len(calldata) < RELAY_HEAD + 32 or len(message) != size:
        raise ValueError("a relayMessage is cut short")
    sender, target = "0x" + calldata[48:68].hex(), "0x" + calldata[80:100].hex()
    if message[:4] not in contracts.TRANSFERS or not _bridges(sender, target, scope, down=down):
        return Cargo(sender, target)
    return _transfer(message) or Cargo(sender, target)


def legacy_cargo(relay: Relay, scope: Scope, *, down: bool) -> Cargo:
    """What a message of before Bedrock is about in the end."""
    message = relay.message
    known = message[:4] in contracts.TRANSFERS
    if known and _bridges(relay.sender, relay.target, scope, down=down):
        return _transfer(message) or Cargo(relay.sender, relay.target)
    return Cargo(relay.sender, relay.target)


def legacy_message(log: Log) -> Relay | None:
    """The message, if the version in its nonce's upper 16 bits says it is from before Bedrock."""
    _, target = log.topics
    nonce = word(log.data, 2)
    if nonce[:4] != "0000":
        return None
    message = dynamic_bytes(log.data, 1)
    sender, recipient = address(log.data, 0), topic_address(target)
    return Relay(int(nonce, 16), sender, recipient, 0, 0, message)


def _bridges(sender: str, target: str, scope: Scope, *, down: bool) -> bool:
    """True between two bridges of the stack: only their own word about tokens is taken."""
    on_parent, on_child = (sender, target) if down else (target, sender)
    for parent_role, child_role in contracts.BRIDGES:
        if on_child == child_contract(scope, child_role):
            return on_parent == (scope.contract(PARENT, parent_role) or on_parent)
    return False


def _transfer(call: bytes) -> Cargo | None:
    """What one bridge tells the other; None if it is cut short."""
    kind, words = call[:4], call[4:TOKEN_SIZE].hex()
    if kind in contracts.FINALIZE_ETHER:
        if len(call) < ETHER_SIZE:
            return None
        return Cargo(_address(words, 0), _address(words, 1), None, int(words[128:192], 16))
    if len(call) < TOKEN_SIZE:
        return None
    first, second = _address(words, 0), _address(words, 1)
    sender, recipient, amount = _address(words, 2), _address(words, 3), int(words[256:], 16)
    if kind == contracts.FINALIZE_DEPOSIT:
        if second == contracts.LEGACY_ETH:
            return Cargo(sender, recipient, None, amount)
        return Cargo(sender, recipient, Token(first, amount, second))
    if kind == contracts.FINALIZE_ERC721:
        return Cargo(sender, recipient, Token(second, 1, first), 0, f"token id {amount}")
    return Cargo(sender, recipient, Token(second, amount, first))


def _address(words: str, index: int) -> str:
    end = WORD * (index + 1)
    return "0x" + words[end - 40 : end]
