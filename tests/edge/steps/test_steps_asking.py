"""Steps of kind rpc and http: sent once, only what is allowed, never surer than the world is."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web
from outside import Server, action, free_port

from layerkeep.core.acting.runs.model import Endpoint
from layerkeep.edge.steps.calls import RpcPerformer
from layerkeep.edge.steps.requests import HttpPerformer, is_allowed

PAGE = "<html><body>502 Bad Gateway</body></html>"
METHODS = ("admin_startSequencer", "optimism_syncStatus")


def replied(**reply):
    """A server that answers every call with this."""
    return lambda _request, _body: web.json_response({"jsonrpc": "2.0", "id": 1, **reply})


def text(body, status=200):
    """A server that answers with this text."""
    kind = "text/html" if body.startswith("<") else "application/json"
    return lambda _request, _body: web.Response(text=body, status=status, content_type=kind)


async def hangs(_request, _body):
    """Takes the request, and says nothing."""
    await asyncio.sleep(30)


async def breaks_off(request, _body):
    """Takes the request, and is gone."""
    request.transport.close()
    await asyncio.sleep(0)
    return web.Response()


def redirected(_request, _body):
    """Sends us to somebody else."""
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/else"})


RPC_CASES = {
    "result": (replied(result=None), "done"),
    "error": (replied(error={"code": -32000, "message": "sequencer already running"}), "failed"),
    "gave-up": (replied(error={"code": -32000, "message": "context deadline exceeded"}), "unsure"),
    "neither": (replied(), "unsure"),
    "page": (text(PAGE, 502), "unsure"),
    "page-as-200": (text(PAGE, 200), "unsure"),
    "page-no-entry": (text(PAGE, 403), "failed"),
    "half": (text('{"jsonrpc": "2.0", "id": 1, "resu'), "unsure"),
    "list": (text("[]"), "unsure"),
    "hangs": (hangs, "unsure"),
    "breaks-off": (breaks_off, "unsure"),
    "redirected": (redirected, "unsure"),
}


def perform(server_answer, *, kind="rpc", rehearse=False, methods=METHODS, headers=None, **params):
    """What came of a step at a server, and what the server saw."""

    async def body():
        async with Server(server_answer) as server, aiohttp.ClientSession() as session:
            endpoints = {"seq": Endpoint("seq", server.url + "/x/", methods, headers or {})}
            maker = {"rpc": RpcPerformer, "http": HttpPerformer}[kind]
            performer = maker(endpoints, session, resolve, 0.5)
            step = action(kind, **{"endpoint": "seq", **params})
            outcome = await (performer.rehearse(step) if rehearse else performer.perform(step))
            return outcome, server.seen

    return asyncio.run(body())


def resolve(reference):
    """A secret is what its reference says, backwards."""
    return reference[::-1] if reference.startswith("env:") else reference


@pytest.mark.parametrize("case", RPC_CASES)
def test_rpc__whatever_comes_back__is_told_as_sure_as_it_is(case):
    """Only an error of the server itself means that nothing changed; nothing is sent twice."""
    answer, expected = RPC_CASES[case]
    outcome, seen = perform(answer, method="admin_startSequencer", params=["0x12"])

    assert expected == outcome.state, outcome
    assert 1 == len(seen)
    sent = json.loads(seen[0][3])
    assert ("admin_startSequencer", ["0x12"]) == (sent["method"], sent["params"])


def test_rpc__nobody_there__failed_and_nothing_was_sent():
    """A connection that never was carries nothing."""

    async def body():
        async with aiohttp.ClientSession() as session:
            place = f"http://127.0.0.1:{free_port()}/secret-path"
            endpoints = {"seq": Endpoint("seq", place, METHODS)}
            performer = RpcPerformer(endpoints, session, resolve, 0.5)
            step = action("rpc", endpoint="seq", method=METHODS[0])
            return await performer.perform(step), await performer.rehearse(step)

    done, rehearsed = asyncio.run(body())
    assert ("failed", "failed") == (done.state, rehearsed.state)
    assert "nothing was sent" in done.detail
    assert "secret-path" not in f"{done} {rehearsed}"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"method": "debug_setHead"}, "does not allow debug_setHead"),
        ({"method": METHODS[0], "endpoint": "other"}, "no endpoint other is declared"),
    ],
)
def test_rpc__not_declared__is_never_sent(params, said):
    """The list is what may be called, and nothing else."""
    for rehearse in (True, False):
        outcome, seen = perform(replied(result=1), rehearse=rehearse, **params)
        assert ("failed", []) == (outcome.state, seen)
        assert said in outcome.detail


def test_rpc__rehearsed__calls_what_reads_only():
    """The method itself is not called; the node tells whether it serves it."""
    outcome, seen = perform(replied(result={"admin": "1.0"}), rehearse=True, method=METHODS[0])
    assert ("done", "rpc_modules") == (outcome.state, json.loads(seen[0][3])["method"])

    outcome, _ = perform(replied(result={"eth": "1.0"}), rehearse=True, method=METHODS[0])
    assert ("failed", "seq serves no admin methods") == (outcome.state, outcome.detail)

    unknown = replied(error={"code": -32601, "message": "no such method"})
    assert "done" == perform(unknown, rehearse=True, method=METHODS[0])[0].state
    assert "failed" == perform(text(PAGE), rehearse=True, method=METHODS[0])[0].state


@pytest.mark.parametrize(("answer", "expected"), [(False, "done"), (True, "failed")])
def test_rpc__rehearsed_with_a_check__compares_the_answer(answer, expected):
    """A runbook says what must be so before its step."""
    check = {"method": "optimism_syncStatus", "params": [], "expect": False}
    outcome, seen = perform(replied(result=answer), rehearse=True, method=METHODS[0], check=check)

    assert expected == outcome.state, outcome
    assert "optimism_syncStatus" == json.loads(seen[0][3])["method"]


def test_rpc__check_that_is_not_allowed__is_not_asked():
    """A check is a call as well."""
    check = {"method": "debug_setHead"}
    outcome, seen = perform(replied(result=1), rehearse=True, method=METHODS[0], check=check)

    assert ("failed", []) == (outcome.state, seen)


def test_rpc__header_by_reference__is_resolved_and_never_shown():
    """The secret goes to the endpoint only."""
    outcome, seen = perform(
        replied(result=1), method=METHODS[0], headers={"Authorization": "env:TOKEN"}
    )

    assert "NEKOT:vne" == seen[0][2]["Authorization"]
    assert "NEKOT" not in str(outcome)


HTTP_CASES = {
    "ok": (text("{}"), None, "done"),
    "created": (text("{}", 201), None, "done"),
    "other-than-wanted": (text("{}", 200), 202, "unsure"),
    "as-wanted": (text("{}", 409), 409, "done"),
    "refused": (text("{}", 422), None, "failed"),
    "broke": (text("{}", 500), None, "unsure"),
    "conflict": (text("{}", 409), None, "unsure"),
    "page": (text(PAGE), None, "unsure"),
    "hangs": (hangs, None, "unsure"),
    "breaks-off": (breaks_off, None, "unsure"),
    "redirected": (redirected, None, "unsure"),
}


@pytest.mark.parametrize("case", HTTP_CASES)
def test_http__whatever_comes_back__is_told_as_sure_as_it_is(case):
    """A redirect is not followed, a page is no success."""
    answer, expect, expected = HTTP_CASES[case]
    params = {"method": "POST", "path": "/pools/l2", "body": {"on": True}, "expect": expect}
    outcome, seen = perform(answer, kind="http", methods=("POST /pools/*",), **params)

    assert expected == outcome.state, outcome
    assert [("POST", "/x/pools/l2", b'{"on":true}')] == [(m, p, b) for m, p, _, b in seen]
    assert "k1" == seen[0][2]["Idempotency-Key"]


@pytest.mark.parametrize(
    "asked",
    [
        *("DELETE /pools/l2", "POST /pools/l2/members", "POST /pools/../admin", "POST /pools/%2e"),
        *(
            "POST /open/../admin",
            "POST /open/./x",
            "POST /pools/a\\b",
            "POST /pools/l2?x=1",
            "POST //evil",
            "TRACE /pools/l2",
            "POST pools",
        ),
    ],
)
def test_http__not_declared__is_never_sent(asked):
    """A star stays within its segment; no way around by dots or escapes."""
    method, path = asked.split(" ", 1)
    methods = ("POST /pools/*", "POST /open/**", "TRACE /**")
    outcome, seen = perform(text("{}"), kind="http", methods=methods, method=method, path=path)

    assert ("failed", []) == (outcome.state, seen), outcome


def test_http__rehearsed__sends_a_head_only():
    """Nothing is changed, and it is known whether somebody is there."""
    params = {"method": "POST", "path": "/pools/l2", "body": {"on": True}}
    outcome, seen = perform(
        text(""), kind="http", rehearse=True, methods=("POST /pools/*",), **params
    )

    assert ("done", ["HEAD"]) == (outcome.state, [method for method, *_ in seen])


@pytest.mark.parametrize(
    ("glob", "asked", "expected"),
    [
        ("POST /a/*", "POST /a/b", True),
        ("POST /a/*", "POST /a/b/c", False),
        ("POST /a/**", "POST /a/b/c", True),
        ("POST /a.b", "POST /axb", False),
        ("* /a", "POST /a", True),
    ],
)
def test_glob__of_an_endpoint__fits_or_not(glob, asked, expected):
    """A star is within one segment, two are over any."""
    assert expected is is_allowed(glob, asked)
