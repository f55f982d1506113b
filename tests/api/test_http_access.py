"""Who may read and write: every route with every role."""

import pytest
from http_scene import EXPIRED, INCIDENT, NOW, ROLES, SECRETS, bearer, served, tokens
from litestar.routes import HTTPRoute
from scenes_crew import RUN, RUNBOOK

from layerkeep.api.console import console_routes
from layerkeep.api.console.live import Live
from layerkeep.api.http.access import SESSION_LASTS, SESSIONS_MAX, Access, token
from layerkeep.api.http.app import make_app
from layerkeep.api.http.problems import Refusal
from layerkeep.api.metrics import metrics_routes

KIND = "urn:layerkeep:problem:"
OPEN = {
    *(("GET", path) for path in ("/health", "/login", "/static/{name}")),
    *(("POST", path) for path in ("/login", "/logout", "/theme")),
    *((method, "/ack/{token}") for method in ("GET", "POST")),
    *(("POST", path) for path in ("/api/v1/reply", "/api/v1/heartbeat")),
}
FOR_OPERATORS = {("GET", "/api/v1/audit")}
LIVE = "/api/v1/stream"
SIGNED = {
    "/api/v1/reply": b'{"incident": "1", "person": "alice"}',
    "/api/v1/heartbeat": b"beat",
}
"""Routes for machines that sign what they send, with what the scene takes as signed."""


def routes():
    """Every method of every address of the app, so that none is forgotten."""
    app = make_app(_Now(), Access(), None, others(_Now(), Access()))
    return sorted(
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    )


def others(source, access):
    """What else is served behind the same guard: the console and the metrics."""
    live = Live(lambda: 1)
    live.close()
    return [*console_routes(source, access, live), *metrics_routes(source, None)]


class _Now:
    network = "test"

    def now(self):
        return NOW

    def revision(self):
        return 1


def wanted(method, path):
    """The least role that may use a route: the table of the contract, apart from the code."""
    if (method, path) in OPEN:
        return None
    is_write = method != "GET" or (method, path) in FOR_OPERATORS
    return "operator" if is_write else "viewer"


@pytest.fixture(scope="module")
def here():
    """The API with a token for each role, with no stream left open."""
    with served(tokens(), others) as found:
        found.stream.close()
        yield found


@pytest.fixture(scope="module")
def bare():
    """The API without tokens."""
    with served(more=others) as found:
        found.stream.close()
        yield found


def ask(here, method, path, headers):
    """The answer of a route whose names and bodies are right."""
    names = {"chains": "l2", "incidents": INCIDENT, "rules": "chain-halted"}
    names |= {"runs": RUN, "runbooks": RUNBOOK.name}
    noun = path.split("/")[3] if path.startswith("/api/") else ""
    address = path.replace("{name}", names.get(noun, "0x" + "ab" * 32))
    address += "?q=l1" if path.endswith("/search") else ""
    body = {}
    if path.endswith(("/silence", "/maintenance")):
        body["long"] = 1000
    if path.endswith("/note"):
        body["reason"] = "looked at"
    if path.endswith("/hand-over"):
        body["to"] = "bob"
    if path.endswith("/maintenance"):
        body["component"] = "chain:l2"
    if path == "/login":
        body["token"] = SECRETS["viewer"]
    if path.endswith("/propose"):
        body["runbook"] = RUNBOOK.name
    if path.endswith("/answer"):
        body["answer"] = "yes"
    if path.endswith("/halt"):
        body["reason"] = "a release goes wrong"
    signed = SIGNED.get(path)
    if signed is not None:
        return here.client.post(address, headers=headers, content=signed)
    return here.client.request(method, address, headers=headers, json=body or None)


def test_routes__found__are_all_there():
    """The table below is of the whole app."""
    assert 31 < len(routes())
    assert ("POST", "/api/v1/incidents/{name}/resolve") in routes()


@pytest.mark.parametrize("role", [*ROLES, ""])
@pytest.mark.parametrize(("method", "path"), routes())
def test_route__for_a_role__answers_those_that_may(here, method, path, role):
    """Every route x role, and nobody at all."""
    answer = ask(here, method, path, bearer(role) if role else {})

    need = wanted(method, path)
    if need is None or (role and ROLES.index(role) >= ROLES.index(need)):
        assert answer.status_code not in (401, 403), answer.text
        if path.startswith("/api/"):
            expected = {503} if path == LIVE else {200, 202, 204}
            assert answer.status_code in expected, answer.text
    elif role:
        assert (403, KIND + "role-too-low") == (answer.status_code, answer.json()["type"])
    else:
        assert (401, KIND + "token-missing") == (answer.status_code, answer.json()["type"])
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), routes())
def test_route__without_any_token_declared__is_open_to_read_only(bare, method, path):
    """Reading is open to this machine; writes are told how to declare a token."""
    answer = ask(bare, method, path, {})

    if wanted(method, path) == "operator" or (method, path) == ("POST", "/login"):
        assert (403, KIND + "no-tokens") == (answer.status_code, answer.json()["type"])
        assert "[api.tokens.NAME]" in answer.json()["detail"]
    else:
        assert answer.status_code not in (401, 403), answer.text


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Bearer wrong", "token-wrong"),
        (f"Bearer {SECRETS['admin']}x", "token-wrong"),
        (f"Bearer {EXPIRED}", "token-expired"),
        ("Bearer ", "token-missing"),
        (f"Basic {SECRETS['admin']}", "token-missing"),
        ("Bearer \xff\xfe", "token-wrong"),
    ],
)
def test_token__that_does_not_count__is_told_apart(here, header, reason):
    """Wrong, expired and missing are three problems, all 401."""
    raw = {"Authorization": header.encode("latin-1")}

    answer = here.client.get("/api/v1/chains", headers=raw)

    assert (401, KIND + reason) == (answer.status_code, answer.json()["type"])
    assert "Bearer" in answer.headers["www-authenticate"]


def test_page__asked_by_a_browser_without_a_session__leads_to_the_login(here):
    """A person is not shown JSON."""
    answer = here.ask("/api/v1/chains", headers={"Accept": "text/html,*/*"})

    assert (303, "/login") == (answer.status_code, answer.headers["location"])


def test_session__of_a_browser__lasts_until_it_logs_out():
    """The cookie is out of reach of scripts and other sites, and is not the secret."""
    with served(tokens()) as here:
        same = {"Sec-Fetch-Site": "same-origin"}
        login = here.client.post("/login", data={"token": SECRETS["operator"]}, headers=same)
        wrong = here.client.post("/login", data={"token": "nobody has this"}, headers=same)
        assert (303, "/login?failed=1") == (wrong.status_code, wrong.headers["location"])
        cookie = login.headers["set-cookie"]
        assert (303, "/") == (login.status_code, login.headers["location"])
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert SECRETS["operator"] not in cookie

        assert 200 == here.ask("/api/v1/chains").status_code
        path = f"/api/v1/incidents/{INCIDENT}/acknowledge"
        assert 202 == here.client.post(path, json={}, headers=same).status_code
        assert 403 == here.client.post(path, json={}).status_code
        back = here.client.post(path, data={"reason": "mine"}, headers=same)
        assert (303, f"/incidents/{INCIDENT}") == (back.status_code, back.headers["location"])
        assert ["the-operator"] * 2 == [word.by for word in here.source.words]

        kept = dict(here.client.cookies)
        here.client.post("/logout")
        here.client.cookies.update(kept)
        assert KIND + "session-ended" == here.ask("/api/v1/chains").json()["type"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:7041"},
    ],
)
def test_write__from_another_site__is_refused(here, headers):
    """Even with a token that counts."""
    path = f"/api/v1/incidents/{INCIDENT}/acknowledge"

    answer = here.client.post(path, json={}, headers=bearer("admin") | headers)

    assert (403, KIND + "cross-site") == (answer.status_code, answer.json()["type"])


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:7040", 200), ("localhost:1", 200), ("[::1]:7040", 200), ("evil.example", 421)],
)
def test_name__of_another_site__is_not_answered_without_tokens(bare, host, status):
    """No site can point a name of its own at this machine and read."""
    assert status == bare.ask("/api/v1/chains", headers={"Host": host}).status_code


def test_write__whatever_came_of_it__is_noted():
    """Who, with which role, did what to what, and the outcome."""
    with served(tokens()) as here:
        for role, name in (("operator", INCIDENT), ("admin", "nothing"), ("viewer", INCIDENT)):
            here.client.post(f"/api/v1/incidents/{name}/resolve", json={}, headers=bearer(role))
        body = {"component": "chain:l2", "long": 60_000, "reason": "upgrade"}
        here.client.post("/api/v1/maintenance", json=body, headers=bearer("admin"))
        here.client.post("/api/v1/maintenance", json={"x": 1}, headers=bearer("admin"))
        told = here.ask("/api/v1/audit", "operator").json()

    assert [
        ("the-admin", "maintain", "", "invalid"),
        ("the-admin", "maintain", "chain:l2", "done"),
        ("the-viewer", "resolve", f"/api/v1/incidents/{INCIDENT}/resolve", "role-too-low"),
        ("the-admin", "resolve", "nothing", "not-known"),
        ("the-operator", "resolve", INCIDENT, "done"),
    ] == [(each["who"], each["action"], each["target"], each["outcome"]) for each in told]
    assert [("resolve", 0), ("maintain", NOW + 60_000)] == [
        (word.action, word.until) for word in here.source.words
    ]


def test_sessions__many_of_them__are_bounded_and_end():
    """The oldest goes; none outlives its token."""
    access = Access([token("a", "viewer", "a" * 16), token("b", "viewer", "b" * 16, NOW + 5)])
    first = access.begin_session("a" * 16, NOW)
    short = access.begin_session("b" * 16, NOW)
    last = [access.begin_session("a" * 16, NOW) for _ in range(SESSIONS_MAX - 1)][-1]

    assert "a" == access.caller("", last, NOW + SESSION_LASTS - 1).name
    assert "b" == access.caller("", short, NOW + 4).name
    for key, when in ((first, NOW), (last, NOW + SESSION_LASTS), (short, NOW + 5)):
        with pytest.raises(Refusal):
            access.caller("", key, when)
