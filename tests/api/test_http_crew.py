"""People over HTTP: whose word it is, what is refused and noted, and what machines sign."""

import pytest
from http_scene import INCIDENT, NOW, bearer, served, tokens
from scenes_crew import LINK, RUN, RUNBOOK

from layerkeep.api.console import console_routes
from layerkeep.api.console.live import Live
from layerkeep.api.shapes.runs import RunWord

KIND = "urn:layerkeep:problem:"
WORDS = [
    (f"incidents/{INCIDENT}/propose", {"runbook": RUNBOOK.name}),
    (f"runs/{RUN}/approve", {}),
    (f"runs/{RUN}/deny", {"reason": "no"}),
    (f"runs/{RUN}/start", {}),
    (f"runs/{RUN}/answer", {"answer": "yes"}),
    ("halt", {"reason": "a release goes wrong"}),
    ("go", {}),
]


def console(source, access):
    """The console over the same source."""
    live = Live(lambda: 1)
    live.close()
    return console_routes(source, access, live)


def test_words__of_a_person__carry_their_token_and_role():
    """Never a name that the body says: whose token it is, says it."""
    with served(tokens()) as here:
        for path, body in WORDS:
            told = here.client.post(f"/api/v1/{path}", json=body, headers=bearer("operator"))
            assert 202 == told.status_code, (path, told.text)
        forged = here.client.post(
            f"/api/v1/runs/{RUN}/approve", json={"by": "carol"}, headers=bearer("operator")
        )
        words = here.source.crew.words

    assert 400 == forged.status_code
    assert {("the-operator", "operator")} == {(word.token, word.role) for word in words}
    assert [
        ("propose", RUNBOOK.name, INCIDENT),
        ("approve", RUN, ""),
        ("deny", RUN, ""),
        ("start", RUN, ""),
        ("answer", RUN, ""),
        ("halt", "", ""),
        ("go", "", ""),
    ] == [(word.action, word.target, word.incident) for word in words]
    assert words[4].yes


@pytest.mark.parametrize(("path", "body"), WORDS)
def test_word__that_does_not_count__is_told_why_and_noted(path, body):
    """A conflict with its sentence; the audit has who tried, and that it came to nothing."""
    with served(tokens()) as here:
        here.source.crew.refusal = "who proposed a run does not approve it"
        told = here.client.post(f"/api/v1/{path}", json=body, headers=bearer("operator"))
        (entry,) = here.audit.noted

    assert (409, KIND + "not-possible") == (told.status_code, told.json()["type"])
    assert "who proposed a run does not approve it" == told.json()["detail"]
    assert ("the-operator", "not-possible") == (entry.who, entry.outcome)
    assert entry.action in (f"run.{path.split('/')[-1]}", f"runs.{path}")
    assert told.json()["detail"] == entry.detail


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("runs/nothing/approve", {}, 404),
        ("incidents/nothing/propose", {"runbook": RUNBOOK.name}, 404),
        (f"incidents/{INCIDENT}/propose", {"runbook": "nothing"}, 404),
        (f"incidents/{INCIDENT}/propose", {}, 400),
        (f"runs/{RUN}/answer", {"answer": "maybe"}, 400),
        (f"runs/{RUN}/answer", {}, 400),
        ("halt", {}, 400),
    ],
)
def test_word__about_nothing_or_without_what_it_takes__is_noted_and_changes_nothing(
    path, body, status
):
    """Not known and not understood are told apart."""
    with served(tokens()) as here:
        told = here.client.post(f"/api/v1/{path}", json=body, headers=bearer("operator"))
        assert status == told.status_code
        assert ["not-known" if status == 404 else "invalid"] == [
            each.outcome for each in here.audit.noted
        ]
        assert [] == here.source.crew.words


def test_reply_and_heartbeat__that_nobody_signed__are_refused():
    """They need no token, and nothing else counts but the signature."""
    with served(tokens()) as here:
        for path in ("reply", "heartbeat"):
            told = here.client.post(f"/api/v1/{path}", content=b"forged")
            assert (403, KIND + "not-ours") == (told.status_code, told.json()["type"])
        assert 204 == here.client.post("/api/v1/heartbeat", content=b"beat").status_code


@pytest.mark.parametrize("path", ["pages", "runs"])
def test_cursor__that_was_not_given__is_refused(path):
    """Begin again without one."""
    with served(tokens()) as here:
        told = here.ask(f"/api/v1/{path}?cursor=made-up", "viewer")

    assert (400, KIND + "bad-cursor") == (told.status_code, told.json()["type"])


@pytest.mark.parametrize("at", ["-1", "4102444800001", "tomorrow"])
def test_oncall__at_no_moment_that_can_be_reckoned__is_refused(at):
    """Not before the epoch and not after the year 2100."""
    with served(tokens()) as here:
        assert 400 == here.ask(f"/api/v1/oncall?at={at}", "viewer").status_code
        assert NOW == here.ask("/api/v1/oncall", "viewer").json()["at"]


def test_link__looked_at__changes_nothing_and_pressed_takes_it():
    """What follows links in mails takes nothing; the button does, without a session."""
    with served(tokens(), console) as here:
        page = here.client.get(f"/ack/{LINK}")
        assert (200, []) == (page.status_code, here.source.crew.links)
        assert "Take it as alice" in page.text
        done = here.client.post(f"/ack/{LINK}", headers={"Sec-Fetch-Site": "same-origin"})
        assert [LINK] == here.source.crew.links
        assert "It is yours now" in done.text
        other = here.client.post(f"/ack/{LINK}", headers={"Sec-Fetch-Site": "cross-site"})
        assert 403 == other.status_code
        cut = here.client.get("/ack/cut")

    assert "it was cut or changed on its way" in cut.text
    assert '<form method="post" action="/ack' not in cut.text


def form(here, path, body, role="operator"):
    """Where the form of a page leads, or its status."""
    sent = here.client.post(path, data=body, headers=bearer(role))
    return sent.headers.get("location", sent.status_code)


def test_forms__of_the_console__say_the_word_and_lead_back():
    """A word, its page, and what became of it."""
    with served(tokens(), console) as here:
        seen = "awaiting  1"
        places = [
            form(here, f"/incidents/{INCIDENT}/propose", {"runbook": RUNBOOK.name}),
            form(here, f"/runs/{RUN}/approve", {"seen": seen}),
            form(here, f"/runs/{RUN}/deny", {"seen": seen, "reason": "no"}),
            form(here, f"/runs/{RUN}/answer", {"seen": seen, "answer": "no"}),
            form(here, "/halt", {"reason": "stop"}),
            form(here, "/go", {}),
        ]
        words = here.source.crew.words

    assert [
        f"/runs/{RUN}?done=propose#outcome",
        f"/runs/{RUN}?done=approve#outcome",
        f"/runs/{RUN}?done=deny#outcome",
        f"/runs/{RUN}?done=answer#outcome",
        "/runs?done=halt#outcome",
        "/runs?done=go#outcome",
    ] == places
    assert (
        RunWord(action="deny", token="the-operator", role="operator", target=RUN, reason="no")
        == (words[2])
    )


def test_form__of_a_run_that_changed_meanwhile__says_so_and_nothing_else():
    """Somebody was first: the reader looks again before they decide."""
    with served(tokens(), console) as here:
        told = form(here, f"/runs/{RUN}/approve", {"seen": "awaiting  0"})
        assert [] == here.source.crew.words
        here.source.crew.refusal = "no"
        refused = form(here, f"/runs/{RUN}/approve", {})
        missing = form(here, "/halt", {})

    assert f"/runs/{RUN}?first=approve#outcome" == told
    assert f"/runs/{RUN}?failed=not-possible#outcome" == refused
    assert "/runs?failed=invalid#outcome" == missing
    with served(tokens(), console) as here:
        assert 403 == form(here, f"/runs/{RUN}/approve", {}, "viewer")
