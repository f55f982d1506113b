"""Noting and handing over from the console: forms, what they put in the store, what is told."""

import pytest
from http_scene import bearer, incident, served, tokens
from scenes_transfers import NOW, Transfers, drawn, incident_scene

from layerkeep.api.console.pages.acting import ROUTES
from layerkeep.api.shapes.incidents import EntryShown

HOSTILE = "<script>alert(1)</script>"
PATH = "/incidents/" + incident_scene().incident.id


def send(site, action, form, role="operator"):
    """One form sent to the incident; what the answer leads to, or its status."""
    sent = site.client.post(f"/incidents/c0ffee00/{action}", data=form, headers=bearer(role))
    return sent.headers.get("location", sent.status_code)


def test_note_and_hand_over__from_their_forms__are_words_in_the_store():
    """Who said it, what, and to whom; the audit has both."""
    with served(tokens(), lambda *_: ROUTES) as site:
        noted = send(site, "note", {"reason": HOSTILE})
        handed = send(site, "hand-over", {"to": "bob", "reason": "shift ends", "seen": ""})

        assert "/incidents/c0ffee00?done=note#outcome" == noted
        assert "/incidents/c0ffee00?done=hand-over#outcome" == handed
        words = [(word.action, word.by, word.to, word.reason) for word in site.source.words]
        assert [
            ("note", "the-operator", "", HOSTILE),
            ("hand-over", "the-operator", "bob", "shift ends"),
        ] == words
        assert ["note", "hand-over"] == [entry.action for entry in site.audit.noted]


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("note", {}),
        ("note", {"reason": ""}),
        ("note", {"reason": "x" * 501}),
        ("hand-over", {"reason": "x"}),
        ("hand-over", {"to": ""}),
        ("hand-over", {"to": "x" * 101}),
    ],
)
def test_note_or_hand_over__without_what_it_takes__is_not_done(action, form):
    """Nothing is in the store, and the page says that the form was not understood."""
    with served(tokens(), lambda *_: ROUTES) as site:
        assert "?failed=invalid" in send(site, action, form)
        assert [] == site.source.words


def test_note_and_hand_over__of_who_only_reads__are_refused():
    """They need an operator."""
    with served(tokens(), lambda *_: ROUTES) as site:
        assert 403 == send(site, "note", {"reason": "x"}, "viewer")
        assert 403 == send(site, "hand-over", {"to": "bob"}, "viewer")


def test_hand_over__of_what_another_took_meanwhile__tells_so():
    """The form said that nobody had it; somebody has."""
    with served(tokens(), lambda *_: ROUTES) as site:
        site.source.open = (incident(owner="contracts lead", acknowledged=1),)

        assert "?first=hand-over" in send(site, "hand-over", {"to": "bob", "seen": ""})
        assert "?done=hand-over" in send(site, "hand-over", {"to": "bob", "seen": "contracts lead"})


def test_history__with_a_note_and_a_handover__tells_them_as_sentences():
    """Escaped, with the person in bold."""
    entries = (
        EntryShown(time=NOW, last=NOW, what="noted", reason=HOSTILE, by="ann", count=1),
        EntryShown(time=NOW, last=NOW, what="handed-over", reason="bob: night", by="ann", count=1),
    )
    html = drawn(PATH, Transfers(page=incident_scene({"timeline": entries})), role="operator")

    assert "<b>ann</b> handed it to bob: night" in html
    assert "<b>ann</b> noted: &lt;" in html
    assert HOSTILE not in html
