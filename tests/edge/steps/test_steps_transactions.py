"""Steps of kind transaction against a real node: shown, simulated, signed by others, sent once."""

import asyncio
import json
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from outside import ANVIL, CHAIN_ID, Server, action, anvil, topology, until

from layerkeep.core.acting.runs.model import Signer
from layerkeep.core.errors import StoreError
from layerkeep.core.keccak import selector
from layerkeep.core.topology import Upstream
from layerkeep.edge.steps.contract_types import calldata, decode, signature_of
from layerkeep.edge.steps.safe import HASH, Payload, _domain, batch, safe_tx_hash
from layerkeep.edge.steps.sent import SentLog
from layerkeep.edge.steps.transactions import TransactionPerformer
from layerkeep.edge.store.log import Store

needs_anvil = pytest.mark.skipif(not ANVIL.exists(), reason="anvil is not installed")

COUNTER = "0x" + "c0" * 20
ADDER_CODE = "0x" + "5f54600101" + "5f55" + "00"
"""Whoever calls it, slot 0 grows by one."""

PICKY_CODE = "0x5f54156009575f5ffd5b00"
"""Reverts once slot 0 is set."""

REFUSES = "0x" + "fe" * 20
REFUSES_CODE = "0x5f5ffd"
SAFE = "0x" + "5a" * 20
TO = "0x" + "70" * 20


def run(body, tmp_path, *arguments):
    """Run with a node, a store and the node's first account as the one that a signer keeps."""

    async def main():
        async with anvil(*arguments) as node, aiohttp.ClientSession() as session:
            await node.call("anvil_setCode", COUNTER, ADDER_CODE)
            await node.call("anvil_setCode", REFUSES, REFUSES_CODE)
            store = await Store.open(str(tmp_path / "net.sqlite"), "net")
            try:
                return await body(Stage(node, store, session, (await node.call("eth_accounts"))[0]))
            finally:
                await store.close()

    return asyncio.run(main())


class Stage:
    """A node, a store, and an account that a signer keeps."""

    def __init__(self, node, store, session, account):
        self.node, self.store, self.session, self.account = node, store, session, account

    def performer(self, *, signer_url="", node_url="", beside="", included_s=10.0):
        """A performer as after a start; `beside` is where a second upstream is."""
        signer = Signer("hot", "remote", "l1", self.account, signer_url or self.node.url)
        net = topology(node_url or self.node.url, signers={"hot": signer})
        if beside:
            two = (*net.chains["l1"].upstreams, Upstream("two", beside))
            net.chains["l1"] = replace(net.chains["l1"], upstreams=two)
        return TransactionPerformer(net, self.session, str, SentLog(self.store), included_s)

    async def count(self):
        """How often the counter was called."""
        return int(await self.node.call("eth_getStorageAt", COUNTER, "0x0", "latest"), 16)

    async def nonce(self):
        """How many transactions the account has sent."""
        return int(await self.node.call("eth_getTransactionCount", self.account, "latest"), 16)


def step(key="k1", **params):
    """A call of the counter by the declared signer."""
    usual = {"chain": "l1", "to": COUNTER, "signature": "increment()", "signer": "hot"}
    return action("transaction", key, **{**usual, **params})


class Between:
    """Passes calls on to a node, but for those that a test plays with."""

    def __init__(self, node, **played):
        self.node, self.played, self.methods = node, played, []

    def __call__(self, request, body):
        return self._answer(json.loads(body))

    async def _answer(self, call):
        self.methods.append(call["method"])
        play = self.played.get(call["method"])
        reply = await play(self.node, call) if play else {"result": await self._passed(call)}
        return web.json_response({"jsonrpc": "2.0", "id": 1, **reply})

    async def _passed(self, call):
        return await self.node.call(call["method"], *call["params"])


@needs_anvil
def test_transaction__by_a_remote_signer__is_sent_once_and_told_by_its_hash(tmp_path):
    """Performed again under its key, even by another process, it is only looked up."""

    async def body(stage):
        first = await stage.performer().perform(step())
        again = await stage.performer().perform(step())
        other = await stage.performer().perform(step("k2"))
        return first, again, other, await stage.count(), await stage.nonce()

    first, again, other, count, nonce = run(body, tmp_path)
    assert ("done", "done", "done") == (first.state, again.state, other.state), first
    assert first.evidence["hash"] == again.evidence["hash"] != other.evidence["hash"]
    assert (2, 2) == (count, nonce)
    assert "increment" and selector("increment()") == first.evidence["calldata"]
    assert first.evidence["simulated"]["gas"] > 21_000
    assert "raw" not in first.evidence


@needs_anvil
def test_transaction__rehearsed__changes_nothing_and_writes_nothing(tmp_path):
    """The decoded call and the gas are shown; a call that reverts fails."""

    async def body(stage):
        performer = stage.performer()
        pays = step(to=TO, signature="pay(address,uint256)", args=[TO, "5"], value="7")
        shown = await performer.rehearse(pays)
        refused = await performer.rehearse(step(to=REFUSES))
        nobody = await performer.rehearse(step(signer="other"))
        kept = await SentLog(stage.store).of("k1")
        return shown, refused, nobody, kept, await stage.nonce()

    shown, refused, nobody, kept, nonce = run(body, tmp_path)
    assert ("done", "failed", "failed") == (shown.state, refused.state, nobody.state)
    assert [TO, "5"] == [each["value"] for each in shown.evidence["arguments"]]
    assert ("7", "l1") == (shown.evidence["value"], shown.evidence["chain"])
    assert "no signer other" in nobody.detail
    assert (None, 0) == (kept, nonce)


@needs_anvil
def test_transaction__that_would_revert__is_not_signed(tmp_path):
    """In earnest it is simulated once more."""

    async def body(stage):
        return await stage.performer().perform(step(to=REFUSES)), await stage.nonce()

    outcome, nonce = run(body, tmp_path)
    assert ("failed", 0) == (outcome.state, nonce)


@needs_anvil
def test_transaction__simulated_in_a_changed_state__takes_the_override(tmp_path):
    """A call that reverts today works in the state that is to come."""

    async def body(stage):
        await stage.node.call("anvil_setCode", TO, PICKY_CODE)
        await stage.node.call("anvil_setStorageAt", TO, "0x0", "0x" + "00" * 31 + "01")
        performer = stage.performer()
        changed = {TO: {"stateDiff": {"0x" + "00" * 32: "0x" + "00" * 32}}}
        plain = await performer.rehearse(step(to=TO))
        overridden = await performer.rehearse(step(to=TO, overrides=changed))

        async def takes_none(node, call):
            if len(call["params"]) > 2:
                return {"error": {"code": -32602, "message": "too many arguments"}}
            return {"result": await node.call(call["method"], *call["params"])}

        async with Server(Between(stage.node, eth_call=takes_none)) as server:
            without = await stage.performer(node_url=server.url).rehearse(
                step(overrides={COUNTER: {}})
            )
        return plain, overridden, without

    plain, overridden, without = run(body, tmp_path)
    assert ("failed", "done", "done") == (plain.state, overridden.state, without.state)
    assert (True, False) == (
        overridden.evidence["simulated"]["overridden"],
        without.evidence["simulated"]["overridden"],
    )
    assert "no state override" in without.detail


async def _timeout(node, call):
    """Takes the transaction, and never says so."""
    await node.call(call["method"], *call["params"])
    await asyncio.sleep(60)


async def _lost(_node, call):
    """Says it took the transaction, and drops it."""
    return {"result": "0x" + "00" * 32}


async def _refused(_node, _call):
    """Does not take it."""
    return {"error": {"code": -32000, "message": "insufficient funds for gas * price + value"}}


@needs_anvil
@pytest.mark.parametrize(
    ("play", "expected", "then", "count"),
    [(_lost, "unsure", "done", 1), (_refused, "failed", "done", 1)],
)
def test_transaction__that_a_node_drops__is_sent_as_it_was_signed(
    tmp_path, play, expected, then, count
):
    """Under its key nothing else is ever signed: whoever begins it anew sends the same bytes."""

    async def body(stage):
        async with Server(Between(stage.node, eth_sendRawTransaction=play)) as server:
            performer = stage.performer(node_url=server.url, included_s=1.0)
            first = await performer.perform(step())
        again = await stage.performer().perform(step())
        return first, again, await stage.count(), await stage.nonce()

    first, again, found, nonce = run(body, tmp_path)
    assert (expected, then, count) == (first.state, again.state, found), (first, again)
    assert (1, first.evidence["hash"]) == (nonce, again.evidence["hash"])


async def signed_and_not_sent(stage, **params):
    """The worker dies with the signed transaction written, and nothing sent; its entry."""

    async def hangs(_node, _call):
        await asyncio.sleep(60)

    async def written():
        kept = await SentLog(stage.store).of("k1")
        return kept if kept is not None and kept.raw else None

    async with Server(Between(stage.node, eth_sendRawTransaction=hangs)) as server:
        performer = stage.performer(node_url=server.url)
        dying = asyncio.create_task(performer.perform(step(**params)))
        kept = await until(written)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    return kept


@needs_anvil
def test_transaction__signed_and_not_sent_when_its_worker_died__is_sent_as_it_is(tmp_path):
    """Nobody knows it and its nonce is free: it may be begun anew, by the bytes signed before."""

    async def body(stage):
        kept = await signed_and_not_sent(stage)
        told = await stage.performer().verify(step())
        between = await stage.count()
        sent = []

        async def noted(node, call):
            sent.append(call["params"][0])
            return {"result": await node.call(call["method"], *call["params"])}

        plays = {"eth_sendRawTransaction": noted}
        async with Server(Between(stage.node, **plays)) as server:
            again = await stage.performer(node_url=server.url).perform(step())
        third = await stage.performer().perform(step())
        return kept, told, between, again, third, sent, await stage.count(), await stage.nonce()

    kept, told, between, again, third, sent, count, nonce = run(body, tmp_path)
    assert ("failed", 0) == (told.state, between), told
    assert ("done", "done", [kept.raw]) == (again.state, third.state, sent), again
    assert (kept.hash, 1, 1) == (again.evidence["hash"], count, nonce)


@needs_anvil
def test_transaction__signed_and_not_sent_whose_nonce_is_used__is_named_so(tmp_path):
    """Another transaction of the account went first: this one can never be, and nothing is sent."""

    async def body(stage):
        await signed_and_not_sent(stage)
        await stage.node.call("eth_sendTransaction", {"from": stage.account, "to": TO})
        told = await stage.performer().verify(step())
        again = await stage.performer().perform(step())
        return told, again, await stage.count()

    told, again, count = run(body, tmp_path)
    assert ("failed", "failed", 0) == (told.state, again.state, count)
    assert "has its nonce 0" in told.detail
    assert "has its nonce 0" in again.detail


@needs_anvil
def test_transaction__signed_and_waiting_in_a_node__is_not_sent_again(tmp_path):
    """The node has it, and no block does: nobody can tell yet."""

    async def body(stage):
        await stage.node.call("evm_setAutomine", False)
        kept = await signed_and_not_sent(stage)
        await stage.node.call("eth_sendRawTransaction", kept.raw)
        told = await stage.performer().verify(step())
        again = await stage.performer(included_s=1.0).perform(step())
        return told, again

    told, again = run(body, tmp_path)
    assert ("unsure", "unsure") == (told.state, again.state), (told, again)
    assert "known, in no block yet" in told.detail


@needs_anvil
def test_transaction__known_to_one_node_of_two__is_not_sent_again(tmp_path):
    """The first upstream lost it; the second may still have it mined."""

    async def body(stage):
        await stage.node.call("evm_setAutomine", False)
        kept = await signed_and_not_sent(stage)
        await stage.node.call("eth_sendRawTransaction", kept.raw)

        async def nothing(_node, _call):
            return {"result": None}

        async with Server(Between(stage.node, eth_getTransactionByHash=nothing)) as server:
            return await stage.performer(node_url=server.url, beside=stage.node.url).verify(step())

    assert "unsure" == run(body, tmp_path).state


@needs_anvil
@pytest.mark.parametrize(
    ("now", "why"),
    [({"to": REFUSES}, "another thing now"), ({"signature": "other()"}, "another thing now")],
)
def test_transaction__signed_for_another_thing__is_not_sent(tmp_path, now, why):
    """What a step says may come from logs, and those from a block that is gone."""

    async def body(stage):
        await signed_and_not_sent(stage)
        await stage.node.call("anvil_setCode", REFUSES, ADDER_CODE)
        again = await stage.performer().perform(step(**now))
        return again, await stage.nonce()

    again, nonce = run(body, tmp_path)
    assert ("failed", 0) == (again.state, nonce)
    assert why in again.detail


@needs_anvil
def test_transaction__signed_that_would_revert_by_now__is_not_sent(tmp_path):
    """The dry run is done again before bytes from before a crash are sent."""

    async def body(stage):
        await signed_and_not_sent(stage)
        await stage.node.call("anvil_setCode", COUNTER, REFUSES_CODE)
        return await stage.performer().perform(step()), await stage.nonce()

    again, nonce = run(body, tmp_path)
    assert ("failed", 0) == (again.state, nonce), again


@needs_anvil
def test_transaction__whose_worker_dies_after_sending__is_told_by_its_hash(tmp_path):
    """The answer never came; the raw transaction and its hash were written before."""

    async def body(stage):
        async with Server(Between(stage.node, eth_sendRawTransaction=_timeout)) as server:
            performer = stage.performer(node_url=server.url)
            dying = asyncio.create_task(performer.perform(step()))
            await until(stage.count)
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
        kept = await SentLog(stage.store).of("k1")
        found = await stage.performer().verify(step())
        again = await stage.performer().perform(step())
        return kept, found, again, await stage.count()

    kept, found, again, count = run(body, tmp_path)
    assert ("done", "done", 1) == (found.state, again.state, count)
    assert kept.hash == found.evidence["hash"]
    assert kept.raw


@needs_anvil
def test_transaction__whose_worker_dies_before_signing__is_begun_anew(tmp_path):
    """A nonce was fixed and nothing signed: nothing can have been sent."""

    async def hangs(_node, _call):
        await asyncio.sleep(60)

    async def body(stage):
        async with Server(Between(stage.node, eth_signTransaction=hangs)) as server:
            performer = stage.performer(signer_url=server.url)
            dying = asyncio.create_task(performer.perform(step()))
            kept = await until(lambda: SentLog(stage.store).of("k1"))
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
        told = await stage.performer().verify(step())
        return kept.hash, told, await stage.performer().perform(step()), await stage.count()

    hash_before, told, outcome, count = run(body, tmp_path)
    assert ("", "failed", "done", 1) == (hash_before, told.state, outcome.state, count)


@needs_anvil
def test_transaction__of_a_store_that_fails__is_not_sent(tmp_path, monkeypatch):
    """What is not written is not sent."""

    async def body(stage):
        keep = SentLog.keep

        async def full(self, entry):
            if entry.hash:
                raise StoreError("disk-full: cannot sent the store")
            await keep(self, entry)

        monkeypatch.setattr(SentLog, "keep", full)
        with pytest.raises(StoreError):
            await stage.performer().perform(step())
        return await stage.nonce()

    assert 0 == run(body, tmp_path)


async def _another(node, call):
    """Signs a payment to somebody else."""
    call["params"][0]["to"] = TO
    return {"result": await node.call(call["method"], *call["params"])}


async def _other_account(node, call):
    """Signs with another key."""
    call["params"][0]["from"] = (await node.call("eth_accounts"))[1]
    return {"result": await node.call(call["method"], *call["params"])}


async def _nonsense(_node, _call):
    """Answers with what is no transaction."""
    return {"result": "0x02c0"}


async def _wrapped(node, call):
    """Answers as geth does."""
    return {"result": {"raw": await node.call(call["method"], *call["params"]), "tx": {}}}


async def _denied(_node, _call):
    """Does not sign."""
    return {"error": {"code": -32010, "message": "signing denied by policy"}}


@needs_anvil
@pytest.mark.parametrize(
    ("play", "expected", "said"),
    [
        (_another, "failed", "signed another transaction"),
        (_other_account, "failed", "another account"),
        (_nonsense, "failed", "no transaction of type 2"),
        (_denied, "failed", "signing denied by policy"),
        (_wrapped, "done", "included and executed"),
    ],
)
def test_signer__that_answers_so__is_believed_only_if_it_signed_what_was_asked(
    tmp_path, play, expected, said
):
    """A signer that was taken over cannot have us send what nobody approved."""

    async def body(stage):
        async with Server(Between(stage.node, eth_signTransaction=play)) as server:
            outcome = await stage.performer(signer_url=server.url).perform(step())
        return outcome, await stage.count()

    outcome, count = run(body, tmp_path)
    assert (expected, int(expected == "done")) == (outcome.state, count), outcome
    assert said in outcome.detail


@needs_anvil
def test_transactions__of_two_steps_at_once__never_share_a_nonce(tmp_path):
    """The second one of the same account is told to wait, and nothing of it is sent."""

    async def body(stage):
        performer = stage.performer()
        found = await asyncio.gather(performer.perform(step("a")), performer.perform(step("b")))
        return sorted(each.state for each in found), await stage.count()

    states, count = run(body, tmp_path)
    assert count == states.count("done")
    assert set(states) <= {"done", "failed"}
    assert count >= 1


@needs_anvil
def test_transaction__that_nobody_signs_here__lies_ready_for_a_person(tmp_path):
    """Without a declared signer it is only shown."""

    async def body(stage):
        outcome = await stage.performer().perform(step(signer=""))
        return outcome, await stage.count()

    outcome, count = run(body, tmp_path)
    assert ("done", 0) == (outcome.state, count)
    assert "a person has to send" in outcome.detail


@needs_anvil
def test_argument__from_a_log__is_what_the_log_holds(tmp_path):
    """Of several logs alike the nearest counts."""
    event = "Ping(uint256 indexed number)"
    topic = signature_of(event).hash[2:]
    code = "0x" + "".join(f"60{n:02x}7f{topic}5f5fa2" for n in (7, 9)) + "00"

    async def body(stage):
        await stage.node.call("anvil_setCode", TO, code)
        sent = {"from": stage.account, "to": TO}
        tx = await stage.node.call("eth_sendTransaction", sent)
        await until(lambda: stage.node.call("eth_getTransactionReceipt", tx))
        found = []
        for near, field in (("0", "number"), ("1", "number"), ("0", "other")):
            logs = {"ping": {"chain": "l1", "tx": tx, "near": near, "event": event}}
            args = [[f"log:ping.{field}"]]
            one = step(signature="f((uint256))", args=args, logs=logs)
            found.append(await stage.performer().rehearse(one))
        return found

    first, second, missing = run(body, tmp_path)
    assert [["7"]] == [each["value"] for each in first.evidence["arguments"]]
    assert [["9"]] == [each["value"] for each in second.evidence["arguments"]]
    assert ("failed", True) == (missing.state, "no field 'other'" in missing.detail)


# ---- a Safe


def typed(payload, nonce):
    """The Safe transaction as EIP-712 has it, by the ecosystem's own encoder."""
    names = "to value data operation safeTxGas baseGas gasPrice gasToken refundReceiver nonce"
    kinds = "address uint256 bytes uint8 uint256 uint256 uint256 address address uint256"
    zero = "0x" + "00" * 20
    values = (payload.to, payload.value, bytes.fromhex(payload.data[2:]), 0, 0, 0, 0, zero, zero)
    fields = [{"name": n, "type": k} for n, k in zip(names.split(), kinds.split(), strict=True)]
    domain = [
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ]
    message = dict(zip(names.split(), (*values, nonce), strict=True))
    whole = {
        "types": {"EIP712Domain": domain, "SafeTx": fields},
        "primaryType": "SafeTx",
        "domain": {"chainId": CHAIN_ID, "verifyingContract": SAFE},
        "message": message,
    }
    return "0x" + _hash_eip191_message(encode_typed_data(full_message=whole)).hex()


class SafeNode:
    """A node whose only contract is a Safe of nonce `nonce`, that tells `told` as its hash."""

    def __init__(self, nonce=3, told=None, logs=()):
        self.nonce, self.told, self.logs = nonce, told, list(logs)

    def __call__(self, _request, body):
        call = json.loads(body)
        return web.json_response({"jsonrpc": "2.0", "id": 1, "result": self.result(call)})

    def result(self, call):
        method, params = call["method"], call["params"]
        if method == "eth_getLogs":
            return self.logs
        if method in ("eth_blockNumber", "eth_estimateGas"):
            return "0x5208"
        data = params[0]["data"]
        if data == selector("nonce()"):
            return hex(self.nonce)
        if data[:10] == HASH.hash[:10]:
            fields = decode(HASH.fields, bytes.fromhex(data[10:]))
            return self.told or typed(Payload(fields[0], int(fields[1]), fields[2]), int(fields[9]))
        return "0x"


def with_safe(tmp_path, node, body):
    """Run with a performer whose signer is a Safe."""

    async def main():
        async with Server(node) as server, aiohttp.ClientSession() as session:
            store = await Store.open(str(tmp_path / "net.sqlite"), "net")
            try:
                signer = Signer("council", "safe", "l1", SAFE)
                net = topology(server.url, signers={"council": signer})
                performer = TransactionPerformer(net, session, str, SentLog(store))
                return await body(performer)
            finally:
                await store.close()

    return asyncio.run(main())


def test_safe__asked_for__is_shown_hash_and_batch(tmp_path):
    """Asked again the same hash is shown: never two proposals of one step."""
    pause = step(signer="council", to=TO, signature="pause(address)", args=[TO])

    async def body(performer):
        return await performer.perform(pause), await performer.perform(pause)

    first, again = with_safe(tmp_path, SafeNode(), body)
    data = selector("pause(address)") + "00" * 12 + TO[2:]
    payload = Payload(TO, 0, data)
    assert ("done", 3) == (first.state, first.evidence["nonce"])
    assert typed(payload, 3) == first.evidence["safe_tx_hash"]
    file = first.evidence["batch"]
    assert (str(CHAIN_ID), "1.0") == (file["chainId"], file["version"])
    assert [(TO, "0", data)] == [(t["to"], t["value"], t["data"]) for t in file["transactions"]]
    assert file == batch(CHAIN_ID, SAFE, payload, file["meta"]["name"], file["createdAt"])
    assert ("unsure", True) == (again.state, "not executed it yet" in again.detail)


def test_safe__that_reckons_another_hash__is_not_proposed_to(tmp_path):
    """A node that lies cannot show the owners another transaction."""

    async def body(performer):
        return await performer.perform(step(signer="council", to=TO))

    outcome = with_safe(tmp_path, SafeNode(told="0x" + "ab" * 32), body)
    assert ("failed", True) == (outcome.state, "another hash" in outcome.detail)


@pytest.mark.parametrize(
    ("event", "nonce", "expected"),
    [
        ("ExecutionSuccess", 4, "done"),
        ("ExecutionFailure", 4, "failed"),
        ("", 4, "unsure"),
        ("", 3, "unsure"),
    ],
)
def test_safe__afterwards__is_told_by_its_events(tmp_path, event, nonce, expected):
    """By the hash in the event, whether it is indexed or not."""
    node = SafeNode()
    wanted = step(signer="council", to=TO)

    async def body(performer):
        first = await performer.perform(wanted)
        found = []
        hash_ = first.evidence["safe_tx_hash"]
        topic = signature_of(f"{event or 'None'}(bytes32,uint256)").hash
        for log in (
            {"topics": [topic, hash_], "data": "0x" + "00" * 32},
            {"topics": [topic], "data": hash_ + "00" * 32},
        ):
            node.nonce, node.logs = nonce, [log] if event else []
            found.append((await performer.verify(wanted)).state)
        return found

    assert [expected] * 2 == with_safe(tmp_path, node, body)


def test_safe_hash__by_hand__is_that_of_the_typed_data():
    """EIP-712, over every field that may differ."""
    for value, data, nonce in ((0, "0x", 0), (5, "0x1234", 9)):
        payload = Payload(TO, value, data)
        assert typed(payload, nonce) == safe_tx_hash(_domain(SAFE, CHAIN_ID), payload, nonce)


ARTIFACT = (
    ANVIL.parents[3]
    / "@eth-optimism/contracts-bedrock/forge-artifacts/GnosisSafe.sol/GnosisSafe.0.8.15.json"
)
OWNER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""The first account of every anvil."""

SETUP = signature_of("setup(address[],uint256,address,bytes,address,address,uint256,address)")
EXECUTE = signature_of(
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
)


@needs_anvil
@pytest.mark.skipif(not ARTIFACT.exists(), reason="the Safe's contract is not installed")
def test_safe__of_the_real_contract__executes_what_its_owner_signs(tmp_path):
    """The shown hash is what the owner signs, and the deed is told by it afterwards."""
    zero = "0x" + "00" * 20

    async def body(stage):
        code = json.loads(ARTIFACT.read_text())["deployedBytecode"]["object"]
        await stage.node.call("anvil_setCode", SAFE, code)
        setup = calldata(SETUP, [[stage.account], "1", zero, "0x", zero, zero, "0", zero])
        await send(stage, SAFE, setup)
        signer = Signer("council", "safe", "l1", SAFE)
        net = topology(stage.node.url, signers={"council": signer})
        performer = TransactionPerformer(net, stage.session, str, SentLog(stage.store))
        wanted = step(signer="council")
        shown = await performer.perform(wanted)
        before = await performer.verify(wanted)
        signature = Account.unsafe_sign_hash(shown.evidence["safe_tx_hash"], OWNER_KEY).signature
        (one,) = shown.evidence["batch"]["transactions"]
        args = [one["to"], one["value"], one["data"], "0", "0", "0", "0", zero, zero]
        await send(stage, SAFE, calldata(EXECUTE, [*args, "0x" + signature.hex()]))
        return shown, before, await performer.verify(wanted), await stage.count()

    shown, before, after, count = run(body, tmp_path)
    assert ("done", "unsure", "done", 1) == (shown.state, before.state, after.state, count), after


async def send(stage, to, data):
    """Have the node send it, and see it work."""
    sent = {"from": stage.account, "to": to, "data": data, "gas": "0x4c4b40"}
    tx = await stage.node.call("eth_sendTransaction", sent)
    receipt = await until(lambda: stage.node.call("eth_getTransactionReceipt", tx))
    assert "0x1" == receipt["status"]
