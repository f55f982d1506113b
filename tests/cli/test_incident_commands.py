"""Incidents on the command line: listed, explained, taken, muted, and lived through again."""

import asyncio
import sqlite3

import msgspec
import pytest

from layerkeep.core.facts import Anchor, Fact, HeadSeen, NodesSeen, NodeState
from layerkeep.core.incidents.incident import Incident, Transition
from layerkeep.core.rules.problems import Impact, Problem
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Cursor, Entry, IncidentRow

START = 1_700_000_000_000
TEXT = """
[network]
name = "one"
[chains.l1]
chain_id = 900
stack = "ethereum"
block_time_ms = 1000
limits.halted_after = "8s"
[[chains.l1.upstreams]]
name = "one"
url = "http://127.0.0.1:1/some/path"
"""


def halted(name: str, opened: int, **more) -> IncidentRow:
    """A chain that stood still."""
    proof = Fact(Anchor("l1", 30, "0x1e", START), HeadSeen(30))
    impact = Impact(messages=3, users=2, value=5 * 10**18)
    root = Problem(
        *("chain-halted", "chain:l1", "l1", START, "critical", "l1 made no block since 30"),
        proof=(proof,),
        impact=impact,
    )
    state = more.get("state", "open")
    incident = Incident(name, root, root.summary, "critical", state, opened, START)
    incident.impact = incident.worst = impact
    incident.resolved_at = more.get("resolved")
    incident.history.append(Transition(opened, "opened", incident.key, last=opened))
    body = msgspec.json.encode(incident)
    kind, component = root.kind, root.component
    resolved = incident.resolved_at
    return IncidentRow(name, state, "critical", kind, component, opened, resolved, body)


@pytest.fixture
def place(tmp_path):
    """Options that name a topology and a store with one open and one resolved incident."""
    (tmp_path / "one.toml").write_text(TEXT)

    async def fill():
        store = await Store.open(str(tmp_path / "one.sqlite"), "one")
        try:
            cursor = Cursor("l1", 30, "0x1e", START, 0, 30, None, 22)
            await store.append(Entry(cursor))
            for second in range(13):
                time = START + second * 1000
                node = NodeState("one", second < 12, 30)
                seen = Fact(Anchor("l1", -1, "", time), NodesSeen(-1, (node,)))
                head = Fact(Anchor("l1", 30, "0x1e", START), HeadSeen(30, finalized_time=time))
                await store.observe([seen, head], time)
            closed = halted("0123456789ab", START - 9000, state="resolved", resolved=START - 500)
            await store.save_incidents([halted("abcdef012345", START + 9000), closed])
        finally:
            await store.close()

    asyncio.run(fill())
    return ["--topology", tmp_path / "one.toml", "--store", tmp_path / "one.sqlite"]


def words_in(place) -> list:
    """What operators said, by action, target and who."""
    with sqlite3.connect(place[3]) as connection:
        rows = connection.execute("SELECT body FROM observations WHERE kind = 'operated'")
        says = [msgspec.json.decode(row[0])["says"] for row in rows]
    return [(each["action"], each["target"], each["by"], each.get("until", 0)) for each in says]


def test_incidents__listed__open_ones_come_first(layerkeep, layerkeep_json, place):
    """With their cause, how much they touch, and whose they are."""
    found = layerkeep_json("incidents", "--since", "99999d", *place)

    assert ["abcdef012345", "0123456789ab"] == [each["id"] for each in found]
    assert ("chain-halted", "chain:l1", 3) == tuple(
        found[0][key] for key in ("kind", "component", "messages")
    )
    assert 1 == len(layerkeep_json("incidents", "--open", *place))
    assert "chain-halted chain:l1" in layerkeep("incidents", *place).output


def test_incident__shown__is_the_chain_of_facts(layerkeep, layerkeep_json, place):
    """The root with its proof, and the history."""
    found = layerkeep_json("incident", "show", "abcdef012345", *place)

    (root,) = found["lines"]
    assert ("root", "chain-halted", "chain:l1") == (root["role"], root["kind"], root["component"])
    assert 30 == found["facts"][0]["says"]["latest"]
    assert ["opened"] == [entry["what"] for entry in found["timeline"]]
    text = layerkeep("incident", "show", "abcdef012345", *place).output
    assert "l1 made no block since 30" in text
    assert "head" in text


@pytest.mark.parametrize(
    "words", ["show", "ack", "silence", "resolve", "note ID text", "hand-over ID bob"]
)
def test_incident__unknown__is_told_with_the_nearest(layerkeep, place, words):
    """And nothing is said to the daemon."""
    name, _, more = words.partition(" ID ")
    arguments = ["abcdef012344", *more.split()]
    result = layerkeep("incident", name, *arguments, *place)

    assert "did you mean 'abcdef012345'?" in str(result.exception)
    assert [] == words_in(place)


def test_incident__operated__leaves_a_word_in_the_store(layerkeep, layerkeep_json, place):
    """Who, what, on which, until when."""
    layerkeep("incident", "ack", "abcdef012345", "--by", "ann", *place)
    said = layerkeep_json(
        "incident", "silence", "abcdef012345", "--for", "30m", "--by", "bob", *place
    )
    layerkeep("incident", "resolve", "abcdef012345", "--by", "cid", "--reason", "restarted", *place)
    layerkeep("maintenance", "chain:l1", "--for", "2h", "--by", "dee", *place)

    found = words_in(place)
    assert [
        ("acknowledge", "abcdef012345", "ann"),
        ("silence", "abcdef012345", "bob"),
        ("resolve", "abcdef012345", "cid"),
        ("maintain", "chain:l1", "dee"),
    ] == [each[:3] for each in found]
    assert said["until"] == found[1][3] > 0
    assert [0, 0] == [found[0][3], found[2][3]]


def test_incident__noted_and_handed_over__says_what_and_to_whom(layerkeep, layerkeep_json, place):
    """As the API does: what is noted is the word's reason, and who has it from now on stands by."""
    text = "l1 client 1.2 hangs; restarted"
    noted = layerkeep_json("incident", "note", "abcdef012345", text, "--by", "ann", *place)
    handed = layerkeep_json("incident", "hand-over", "abcdef012345", "bob", "--by", "ann", *place)
    told = layerkeep("incident", "hand-over", "abcdef012345", "bob", "--by", "ann", *place)

    assert ("note", text, "") == tuple(noted.get(key, "") for key in ("action", "reason", "to"))
    assert ("hand-over", "", "bob") == tuple(
        handed.get(key, "") for key in ("action", "reason", "to")
    )
    assert "hand-over abcdef012345 to bob, by ann" in told.output
    assert ["note", "hand-over", "hand-over"] == [each[0] for each in words_in(place)]


@pytest.mark.parametrize("name", ["note", "hand-over"])
def test_incident__told_nothing__is_refused(layerkeep, place, name):
    """An empty note, or nobody to hand it to, is no word."""
    result = layerkeep("incident", name, "abcdef012345", " ", *place)

    assert result.exit_code
    assert [] == words_in(place)


def test_maintenance__of_an_unknown_component__is_refused(layerkeep, place):
    """With the nearest one that exists."""
    result = layerkeep("maintenance", "chain:l11", *place)

    assert "did you mean 'chain:l1'?" in str(result.exception)
    assert [] == words_in(place)


def test_incident__exported__is_lived_through_again(layerkeep, layerkeep_json, place, tmp_path):
    """With the limits there were, and with others."""
    out = tmp_path / "incident.json"
    told = layerkeep_json("incident", "export", "abcdef012345", "--out", out, *place)
    same = layerkeep_json("replay", "--incident", out)
    other = layerkeep_json("replay", "--incident", out, "--limit", "l1.halted_after=20s")

    assert told["facts"] > 20
    assert ["chain-halted"] == [each["kind"] for each in same["opened"]]
    assert [] == other["opened"]
    assert (
        "no incident opens"
        in layerkeep("replay", "--incident", out, "--limit", "l1.halted_after=20s").output
    )
    assert "is no setting" in str(layerkeep("replay", "--incident", out, "--limit", "5m").exception)


def test_status__with_an_incident__shows_it_first_and_what_is_seen(
    layerkeep, layerkeep_json, place
):
    """A blind chain is called blind."""
    found = layerkeep_json("status", *place)

    assert "abcdef012345" == found["incidents"][0]["id"]
    assert {"chain": "l1", "answering": 0, "upstreams": 1, "looked": START + 12_000} == found[
        "sights"
    ][0]
    lines = layerkeep("status", *place).output.splitlines()
    assert lines[0].startswith("abcdef012345")
