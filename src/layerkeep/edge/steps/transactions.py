"""Steps of kind `transaction`: prepared and simulated here, signed by others, sent at most once.

The order holds through every crash: nonce fixed and written, signed, raw transaction and hash
written, sent. A step whose hash is written is never signed again. It is looked up; if no node knows
it and its nonce is free, the very same bytes may be sent: with one nonce it happens once at most.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from layerkeep.core.acting.runs.model import DONE, FAILED, UNSURE, Action, Outcome, Signer
from layerkeep.core.errors import RpcError, SettingsError
from layerkeep.core.topology import Topology
from layerkeep.core.units import MINUTE, ZERO_ADDRESS, ChainName
from layerkeep.edge.steps.chains import ChainAsker
from layerkeep.edge.steps.contract_types import calldata, decoded_call, signature_of
from layerkeep.edge.steps.logs import Place, resolved
from layerkeep.edge.steps.safe import Payload, batch, executed, safe_hash, safe_nonce
from layerkeep.edge.steps.sent import Sent, SentLog
from layerkeep.edge.steps.signing import Signing, payload_of, priced, signed
from layerkeep.edge.steps.simulation import Simulated, simulate

INCLUDED_WITHIN_S = 120.0
LOOK_EVERY_S = 0.5

UNDER_WAY = 10 * MINUTE
"""So long another step of the same account is given to send what it fixed a nonce for.

After that the nonce is used again: of two transactions with one nonce only one can be executed.
"""

REFUSED = (
    "nonce too low",
    "insufficient funds",
    "underpriced",
    "intrinsic gas",
    "invalid",
    "exceed",
)
"""How a node says that it did not take a transaction."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything about a transaction but its signature."""

    asker: ChainAsker
    payload: Payload
    signer: Signer | None
    simulated: Simulated
    decoded: list[dict[str, Any]]

    @property
    def evidence(self) -> dict[str, Any]:
        """What a person is shown: the call with its arguments, and what it would do."""
        payload = self.payload
        return {
            "chain": self.asker.chain.name,
            "to": payload.to,
            "value": str(payload.value),
            "calldata": payload.data,
            "arguments": self.decoded,
            "simulated": self.simulated.shown,
            "signer": self.signer.name if self.signer is not None else "",
        }


class TransactionPerformer:
    """Prepares transactions, and has them sent where a remote signer is declared.

    `included_s` is how long a sent one is waited for.
    """

    def __init__(
        self,
        topology: Topology,
        session: aiohttp.ClientSession,
        resolve: Callable[[str], str],
        sent: SentLog,
        included_s: float = INCLUDED_WITHIN_S,
    ) -> None:
        self._topology = topology
        self._session = session
        self._resolve = resolve
        self._sent = sent
        self._included_s = included_s
        self._fixing = asyncio.Lock()

    async def rehearse(self, action: Action) -> Outcome:
        """What it would do, by simulation; nothing is signed, sent or written."""
        try:
            prepared = await self._prepared(action)
        except (RpcError, SettingsError, ValueError) as error:
            return Outcome(FAILED, str(error))
        state = DONE if prepared.simulated.works else FAILED
        return Outcome(state, prepared.simulated.detail, prepared.evidence)

    async def perform(self, action: Action) -> Outcome:
        """It was sent once by the signer's hand, or lies ready for those who sign."""
        before = await self._sent.of(action.key)
        if before is not None and before.hash:
            return await self._sent_again(action, before)
        try:
            prepared = await self._prepared(action)
            if not prepared.simulated.works:
                return Outcome(FAILED, prepared.simulated.detail, prepared.evidence)
            if prepared.signer is None:
                text = "no signer is declared for it: a person has to send what is shown"
                return Outcome(DONE, text, prepared.evidence)
            if prepared.signer.kind == "safe":
                return await self._propose(action, prepared, prepared.signer)
            entry, raw = await self._signed(action, prepared, prepared.signer)
        except (RpcError, SettingsError, ValueError) as error:
            return Outcome(FAILED, f"{error}; nothing was sent")
        return await self._broadcast(prepared, entry, raw)

    async def verify(self, action: Action) -> Outcome:
        """What became of what was prepared or sent under this key."""
        entry = await self._sent.of(action.key)
        if entry is None or not entry.hash:
            return Outcome(FAILED, "nothing was sent under this key")
        found, nowhere = await self._looked_up(entry)
        if nowhere:
            return Outcome(FAILED, f"{found.detail}: it may be sent as it is", found.evidence)
        return found

    async def _looked_up(self, entry: Sent) -> tuple[Outcome, bool]:
        """What the chain knows of it; and True if that is nothing, and it may be sent as it is."""
        try:
            asker = self._asker(entry.chain)
            if not entry.raw:
                return await _became_of_safe(asker, entry), False
            found = await _became(asker, entry)
            return found, found.state == UNSURE and await _is_nowhere(asker, entry)
        except (RpcError, SettingsError) as error:
            return Outcome(UNSURE, f"{entry.hash}: {error}", _told(entry)), False

    async def _sent_again(self, action: Action, entry: Sent) -> Outcome:
        """What became of it; the same bytes are sent if they are nowhere and still do as told."""
        found, nowhere = await self._looked_up(entry)
        if not nowhere:
            return found
        try:
            prepared = await self._prepared(action)
            if prepared.payload != payload_of(entry.raw):
                text = "the step says another thing now than what was signed; nothing was sent"
                return Outcome(FAILED, f"{entry.hash}: {text}", prepared.evidence)
            if not prepared.simulated.works:
                return Outcome(FAILED, prepared.simulated.detail, prepared.evidence)
        except (RpcError, SettingsError, ValueError) as error:
            return Outcome(FAILED, f"{error}; nothing was sent")
        return await self._broadcast(prepared, entry, entry.raw)

    async def _prepared(self, action: Action) -> Prepared:
        """The call with its arguments filled in from logs, and its simulation."""
        params = action.params
        asker = self._asker(str(params["chain"]))
        signer = self._signer(str(params.get("signer") or ""), asker)
        data, decoded = "0x", []
        if params.get("signature"):
            place = Place(params.get("logs") or {}, self._asker)
            args = await resolved(list(params.get("args") or ()), place)
            signature = signature_of(str(params["signature"]))
            data = calldata(signature, args)
            decoded = decoded_call(signature, data)
        payload = Payload(_address(params["to"]), int(str(params.get("value") or "0"), 0), data)
        sender = str(params.get("from") or (signer.address if signer else ZERO_ADDRESS))
        found = await simulate(asker, sender, payload, params.get("overrides") or {})
        return Prepared(asker, payload, signer, found, decoded)

    def _asker(self, chain: str) -> ChainAsker:
        found = self._topology.chains.get(ChainName(chain))
        if found is None:
            raise SettingsError(f"there is no chain {chain!r}")
        return ChainAsker(found, self._session, self._resolve)

    def _signer(self, name: str, asker: ChainAsker) -> Signer | None:
        """Who signs, None if nobody is declared; SettingsError if it is one of another chain."""
        if not name:
            return None
        found = self._topology.acting.signers.get(name)
        if found is None:
            raise SettingsError(f"no signer {name} is declared: [signers.{name}]")
        if found.chain != asker.chain.name:
            raise SettingsError(f"signer {name} signs for {found.chain}, not {asker.chain.name}")
        return found

    async def _propose(self, action: Action, prepared: Prepared, signer: Signer) -> Outcome:
        """The Safe transaction with its hash is written and shown; its owners do the rest."""
        asker, payload = prepared.asker, prepared.payload
        height = await asker.number("eth_blockNumber")
        nonce = await safe_nonce(asker, signer.address)
        hash = await safe_hash(asker, signer.address, payload, nonce)  # noqa: A001
        entry = Sent(action.key, asker.chain.name, signer.address, nonce, height, hash, time=_now())
        await self._sent.keep(entry)
        title = f"layerkeep {action.key[:12]}"
        file = batch(asker.chain.chain_id, signer.address, payload, title, entry.time)
        shown = {"safe": signer.address, "nonce": nonce, "safe_tx_hash": hash, "batch": file}
        text = f"ready for the owners of the Safe {signer.address}, nonce {nonce}: sign {hash}"
        return Outcome(DONE, text, {**prepared.evidence, **shown})

    async def _signed(self, action: Action, prepared: Prepared, signer: Signer) -> tuple[Sent, str]:
        """The nonce is written, then it is signed, then hash and raw transaction are written.

        A nonce written before a crash, and not signed, was never used for it: it is fixed anew.
        """
        asker = prepared.asker
        nonce = await asker.number("eth_getTransactionCount", signer.address, "pending")
        height = await asker.number("eth_blockNumber")
        entry = Sent(action.key, asker.chain.name, signer.address, nonce, height, time=_now())
        async with self._fixing:
            other = await self._sent.under_way(entry, entry.time - UNDER_WAY)
            if other:
                raise RpcError(f"{signer.name} is at another transaction, of the step {other}")
            await self._sent.keep(entry)
        wanted = await priced(asker, nonce, prepared.simulated.gas, prepared.payload)
        signing = Signing(signer, self._session, self._resolve)
        raw, hash = await signed(asker, signing, wanted)  # noqa: A001
        entry = replace(entry, hash=hash, raw=raw)
        await self._sent.keep(entry)
        return entry, raw

    async def _broadcast(self, prepared: Prepared, entry: Sent, raw: str) -> Outcome:
        """It is sent, once; then its receipt is waited for."""
        told = {**prepared.evidence, **_told(entry)}
        try:
            answer = await prepared.asker.ask("eth_sendRawTransaction", raw)
        except RpcError as error:
            return Outcome(UNSURE, f"{entry.hash}: {error}", told)
        is_refused = any(word in answer.detail.lower() for word in REFUSED)
        until = time.monotonic() + self._included_s
        found = Outcome(UNSURE, f"{entry.hash}: sent, not looked up yet", told)
        while time.monotonic() < until:
            try:
                found = await _became(prepared.asker, entry)
            except RpcError as error:
                found = Outcome(UNSURE, f"{entry.hash}: {error}", told)
            if found.state != UNSURE:
                break
            if is_refused and found.evidence.get("known") is False:
                return Outcome(FAILED, f"{entry.hash}: not taken: {answer.detail}", told)
            await asyncio.sleep(LOOK_EVERY_S)
        return replace(found, evidence={**told, **found.evidence})


async def _became(asker: ChainAsker, entry: Sent) -> Outcome:
    """What a chain knows of a transaction that may have been sent."""
    told = _told(entry)
    receipt = await asker.receipt(entry.hash)
    if receipt is not None:
        told |= {"block": receipt.get("blockNumber"), "status": receipt.get("status")}
        if receipt.get("status") == "0x1":
            return Outcome(DONE, f"{entry.hash}: included and executed", told)
        return Outcome(FAILED, f"{entry.hash}: included and reverted: only its fee was paid", told)
    known = await asker.read("eth_getTransactionByHash", entry.hash)
    told |= {"known": bool(known)}
    if known:
        return Outcome(UNSURE, f"{entry.hash}: known, in no block yet", told)
    used = await asker.number("eth_getTransactionCount", entry.sender, "latest")
    if used > entry.nonce and await asker.receipt(entry.hash) is None:
        text = f"{entry.hash}: another transaction of {entry.sender} has its nonce {entry.nonce}"
        return Outcome(FAILED, text, told)
    return Outcome(UNSURE, f"{entry.hash}: no node knows it, its nonce is free", told)


async def _is_nowhere(asker: ChainAsker, entry: Sent) -> bool:
    """True if no node knows it, and its nonce is free for all of them: nothing came of it yet."""
    known = await asker.read_all("eth_getTransactionByHash", entry.hash)
    used = await asker.read_all("eth_getTransactionCount", entry.sender, "latest")
    return not any(known) and all(_number(each) <= entry.nonce for each in used)


def _number(found: object) -> int:
    """A quantity; RpcError if it is none."""
    try:
        return int(str(found), 16)
    except ValueError:
        raise RpcError("eth_getTransactionCount: answered with no quantity") from None


async def _became_of_safe(asker: ChainAsker, entry: Sent) -> Outcome:
    told = _told(entry)
    found = await executed(asker, entry.sender, entry.hash, entry.height)
    if found is not None:
        text = f"{entry.hash}: executed by the Safe" + ("" if found else ", and its call failed")
        return Outcome(DONE if found else FAILED, text, told)
    if await safe_nonce(asker, entry.sender) > entry.nonce:
        text = f"{entry.hash}: the Safe used the nonce {entry.nonce} for something else"
        return Outcome(UNSURE, f"{text}; the same call may have another nonce and hash", told)
    return Outcome(UNSURE, f"{entry.hash}: the owners have not executed it yet", told)


def _told(entry: Sent) -> dict[str, Any]:
    return {"chain": entry.chain, "from": entry.sender, "nonce": entry.nonce, "hash": entry.hash}


def _address(value: object) -> str:
    text = str(value)
    if len(text) != 42 or not text.startswith("0x"):
        raise ValueError(f"{text!r} is no address")
    bytes.fromhex(text[2:])
    return text.lower()


def _now() -> int:
    return time.time_ns() // 1_000_000
