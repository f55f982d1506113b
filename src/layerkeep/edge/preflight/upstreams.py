"""One upstream: is it there, is it the right chain, and how far back can it be asked."""

import asyncio
from dataclasses import dataclass
from typing import Any

from layerkeep.core.errors import RpcError, RpcLimited
from layerkeep.core.keccak import topic0
from layerkeep.core.topology import Chain, Upstream
from layerkeep.core.units import SECOND, ZERO_ADDRESS, Duration, Timestamp, duration_text
from layerkeep.edge.discover.reads import Rpc
from layerkeep.edge.preflight.bounds import bounded, words
from layerkeep.edge.preflight.finding import Notes

HEAD_AGE_MIN = Duration(60 * SECOND)  # no chain is called late for less
HEAD_AGE_BLOCKS = 20  # a chain may miss a few blocks
AHEAD_MAX = Duration(15 * SECOND)  # what OP Stack and Nitro nodes accept from a parent's clock
DEPTHS = (128, 1_024, 8_192, 65_536, 524_288)  # 128 is what nodes keep that keep little
SPANS = (1, 10, 100, 1_000, 10_000, 100_000)
SPAN_MIN = 100  # with less, catching up after a night takes hours
NOBODYS_TOPIC = topic0("layerkeep()")


@dataclass(frozen=True, slots=True)
class Look:
    """One upstream while it is being looked at."""

    chain: Chain
    upstream: Upstream
    rpc: Rpc
    notes: Notes
    now: Timestamp
    patience: Duration


async def check_upstream(look: Look) -> bool:
    """True if the upstream answers for the right chain; what it can do is noted."""
    if not await _answers(look):
        return False
    checks = {
        "client": _client(look),
        "head": _head(look),
        "finality": _finality(look),
        "state": _state(look),
        "logs": _logs(look),
    }
    await asyncio.gather(
        *(bounded(look.notes, subject, check, look.patience) for subject, check in checks.items())
    )
    if look.upstream.ws_url:
        look.notes.ok("websocket", "offered", "new heads are pushed")
    else:
        look.notes.ok("websocket", "polled", "no ws_url: new heads are asked for")
    return True


async def _answers(look: Look) -> bool:
    chain_id = look.chain.chain_id
    try:
        async with asyncio.timeout(look.patience / SECOND):
            claimed = int(str(await look.rpc.call("eth_chainId", [])), 16)
    except TimeoutError:
        look.notes.fail("reach", "unreachable", f"silent for {duration_text(look.patience)}")
        return False
    except (RpcError, ValueError) as error:
        look.notes.fail("reach", "unreachable", words(error))
        return False
    if claimed != chain_id:
        detail = f"answers for chain {claimed}, the topology says {chain_id}"
        look.notes.fail("chain-id", "wrong-chain", detail)
        return False
    look.notes.ok("chain-id", "right-chain", str(chain_id))
    return True


async def _client(look: Look) -> None:
    version = await look.rpc.call("web3_clientVersion", [])
    look.notes.ok("client", "named", str(version))


async def _head(look: Look) -> None:
    """The age of the head: a standing chain, or a clock that is wrong here or there."""
    head = await _block(look.rpc, "latest")
    age = Duration(look.now - int(head["timestamp"], 16) * SECOND)
    limit = max(HEAD_AGE_MIN, HEAD_AGE_BLOCKS * look.chain.block_time)
    detail = f"block {int(head['number'], 16)} is {duration_text(age)} old"
    if age < -AHEAD_MAX:
        look.notes.warn("head", "clock-ahead", detail)
    elif age > limit:
        look.notes.warn("head", "stale-head", detail)
    else:
        look.notes.ok("head", "fresh-head", detail)


async def _finality(look: Look) -> None:
    heights, missing = [], []
    for tag in ("safe", "finalized"):
        try:
            heights.append(f"{tag} {int((await _block(look.rpc, tag))['number'], 16)}")
        except RpcLimited:
            raise
        except (RpcError, LookupError):
            missing.append(tag)
    if missing:
        detail = f"no {' and no '.join(missing)} block; depth is used instead"
        look.notes.warn("finality", "no-finality-tags", detail)
    else:
        look.notes.ok("finality", "finality-tags", ", ".join(heights))


async def _state(look: Look) -> None:
    """How far back balances can be read."""
    head = int((await _block(look.rpc, "latest"))["number"], 16)
    if await _has_state(look.rpc, min(1, head)):
        look.notes.ok("state", "archive", "back to the first block")
        return
    deepest = 0
    for depth in DEPTHS:
        if depth >= head or not await _has_state(look.rpc, head - depth):
            break
        deepest = depth
    detail = f"at least {deepest} blocks back, not to the first"
    if "archive" in look.upstream.roles:
        look.notes.fail("state", "not-an-archive", detail)
    else:
        look.notes.ok("state", "recent-state", detail)


async def _has_state(rpc: Rpc, number: int) -> bool:
    try:
        return isinstance(await rpc.call("eth_getBalance", [ZERO_ADDRESS, hex(number)]), str)
    except RpcLimited:
        raise
    except RpcError:
        return False


async def _logs(look: Look) -> None:
    """How many blocks of logs can be asked for at once, and what is said beyond that."""
    head = int((await _block(look.rpc, "latest"))["number"], 16)
    widest, complaint = 0, ""
    for span in (*(span for span in SPANS if span <= head), head + 1):
        if span > SPANS[-1]:
            break
        first = head - span + 1
        query = {"fromBlock": hex(first), "toBlock": hex(head), "topics": [NOBODYS_TOPIC]}
        try:
            await look.rpc.call("eth_getLogs", [query])
        except RpcError as error:
            complaint = words(error)
            break
        widest = span
    detail = f"{widest} blocks at once" + (f"; beyond: {complaint}" if complaint else "")
    if widest == 0:
        look.notes.fail("logs", "no-logs", complaint)
    elif complaint and widest < SPAN_MIN:
        look.notes.warn("logs", "narrow-log-range", detail)
    else:
        look.notes.ok("logs", "log-range", detail)


async def _block(rpc: Rpc, tag: str) -> dict[str, Any]:
    """A block by tag; KeyError if the node has none."""
    block = await rpc.call("eth_getBlockByNumber", [tag, False])
    if not isinstance(block, dict):
        raise KeyError(tag)
    return block
