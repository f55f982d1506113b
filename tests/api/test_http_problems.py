"""Whatever is asked, the answer says what is wrong and nothing from inside."""

import logging

import pytest
from http_scene import HASH, INCIDENT, SECRETS, bearer, served, tokens

from layerkeep.core.errors import StoreError

KIND = "urn:layerkeep:problem:"


@pytest.fixture(scope="module")
def here():
    """The API with a token for each role."""
    with served(tokens()) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "reason", "told"),
    [
        ("/api/v1/messages?stat=open", "invalid", "did you mean 'state'?"),
        ("/api/v1/messages?state=opn", "invalid", "one of failed, finished, late, open, overdue"),
        ("/api/v1/messages?state=opn", "invalid", "did you mean 'open'?"),
        ("/api/v1/messages?limit=0", "invalid", "at least 1 and at most 500"),
        ("/api/v1/messages?limit=501", "invalid", "found '501'"),
        ("/api/v1/messages?limit=many", "invalid", "found 'many', expected a whole number"),
        ("/api/v1/messages?older=99999999999999999999", "invalid", "older: found"),
        ("/api/v1/messages?value_min=1e18", "invalid", "the least value in wei"),
        ("/api/v1/messages?limit=1&limit=2", "invalid", "found a second one, expected only one"),
        ("/api/v1/messages?cursor=other", "bad-cursor", "begin again without a cursor"),
        ("/api/v1/messages?a=1&limit=0", "invalid", "a: found an unknown parameter"),
        ("/api/v1/messages?a=1&limit=0", "invalid", "limit: found '0'"),
        ("/api/v1/chains?nothing=1", "invalid", "expected none"),
        ("/api/v1/incidents?open=perhaps", "invalid", "true or false"),
        ("/api/v1/search", "invalid", "q: found nothing"),
        ("/api/v1/search?q=" + "x" * 201, "invalid", "1 to 200 letters"),
        ("/api/v1/journeys/0x12", "bad-hash", "it has 2 hex digits; a hash has 64"),
        ("/api/v1/journeys/" + "g" * 64, "bad-hash", "'g' is no hex digit"),
        ("/api/v1/facts/%20", "bad-hash", "it has 0 hex digits"),
        ("/api/v1/facts/<script>", "bad-hash", "is no hex digit"),
    ],
)
def test_question__malformed__is_told_what_was_found_and_expected(here, path, reason, told):
    """400 with every fault in it."""
    answer = here.ask(path, "viewer")

    assert 400 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert KIND + reason == answer.json()["type"]
    faults = "; ".join(" ".join(fault.values()) for fault in answer.json()["faults"])
    assert told in answer.json()["detail"] + faults


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/api/v1/chains/l22", "l2"),
        ("/api/v1/rules/chain-haltd", "chain-halted"),
        (f"/api/v1/incidents/{INCIDENT}1", INCIDENT),
        ("/api/v1/chains/%00%ff", ""),
    ],
)
def test_name__unknown__is_not_found_and_the_nearest_told(here, path, near):
    """404 with the name that may be meant."""
    answer = here.ask(path, "viewer")

    assert (404, near) == (answer.status_code, answer.json()["near"])
    assert KIND + "not-known" == answer.json()["type"]


def test_hash__with_spaces_and_in_capitals__is_understood(here):
    """A hash as people paste it."""
    answer = here.ask(f"/api/v1/journeys/%20{HASH.upper()}%0A", "viewer")

    assert [HASH] == [each["id"] for each in answer.json()]


def test_address__of_nothing__is_a_problem(here):
    """404 for what is no page."""
    answer = here.ask("/api/v1/chainz", "viewer")

    assert (404, KIND + "no-such-page") == (answer.status_code, answer.json()["type"])


def test_method__that_an_address_has_not__names_those_it_has(here):
    """405 with Allow."""
    answer = here.client.delete("/api/v1/chains/l1", headers=bearer("admin"))

    assert (405, "GET, OPTIONS") == (answer.status_code, answer.headers["allow"])
    assert KIND + "wrong-method" == answer.json()["type"]


@pytest.mark.parametrize("size", [64 * 1024 + 1, 50_000_000])
def test_body__too_large__is_refused_before_it_is_read(here, size):
    """413, also for a body that does not say its length."""
    path = f"/api/v1/incidents/{INCIDENT}/acknowledge"
    chunk = b"x" * 65_536

    def chunks():
        for _ in range(size // len(chunk) + 1):
            yield chunk

    for body in (b"x" * size, chunks()):
        answer = here.client.post(path, content=body, headers=bearer("operator"))
        assert (413, KIND + "too-large") == (answer.status_code, answer.json()["type"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{", "expected a JSON object"),
        ("[1]", "expected a JSON object"),
        ("[" * 60_000, "expected a JSON object"),
        (b"\xff\xfe", "expected a JSON object"),
        ('{"reson": "x"}', "did you mean 'reason'?"),
        ('{"reason": 1}', "reason: found 1, expected text"),
        ('{"until": "soon", "reason": 1}', "until: found 'soon'"),
        ("{}", "neither of until and long"),
        ('{"until": 5, "long": 5}', "both of until and long"),
        ('{"until": 5}', "a moment within 90 days from now"),
        ('{"long": 0}', "at least 1"),
    ],
)
def test_body__malformed__is_told_what_was_found_and_expected(here, body, told):
    """400 with every fault in it, and nothing is done."""
    path = f"/api/v1/incidents/{INCIDENT}/silence"

    answer = here.client.post(path, content=body, headers=bearer("operator"))

    assert 400 == answer.status_code, answer.text
    assert told in answer.json()["detail"]
    assert [] == here.source.words


@pytest.mark.parametrize(
    ("failure", "status"),
    [(ValueError("password=hunter2"), 500), (StoreError("store-locked: /secret/path"), 503)],
)
def test_failure__inside__is_told_without_internals(here, failure, status):
    """The log has the reason, the answer has not."""
    logging.disable(logging.CRITICAL)
    here.source.failure = failure
    try:
        answer = here.ask("/api/v1/chains", "viewer")
    finally:
        here.source.failure = None
        logging.disable(logging.NOTSET)

    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert not [word for word in ("hunter2", "secret", "Traceback") if word in answer.text]


@pytest.mark.parametrize("path", ["/health", "/api/v1/chains", "/api/v1/nothing", "/login"])
def test_answer__whatever_it_is__says_how_a_browser_must_treat_it(here, path):
    """Security headers, also on errors."""
    headers = here.ask(path, "viewer").headers

    assert "nosniff" == headers["x-content-type-options"]
    assert "same-origin" == headers["referrer-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] in ("no-store", "private, no-cache")


def test_answers__all_of_them__hold_no_secret(here):
    """No body and no header ever repeats a secret."""
    login = {"token": SECRETS["admin"], "tokn": SECRETS["viewer"]}
    answers = [
        here.client.post("/login", json=login),
        here.client.post("/login", json={"token": [SECRETS["admin"]]}),
        here.client.post("/login", json={"token": SECRETS["admin"] + "x"}),
        here.client.post("/login", json={"token": SECRETS["admin"] + "x" * 1_000}),
        here.client.post("/login", json={"token": SECRETS["admin"]}),
        *(here.ask(path, "admin") for path in ("/openapi.json", "/api/v1/audit", "/api/v1/x")),
    ]

    told = "\n".join(answer.text + str(answer.headers) for answer in answers)
    assert [] == [secret for secret in SECRETS.values() if secret in told]
