"""`[paging]`, `[channels]` and `[policies]`: what is accepted, and every fault at its spot."""

import pytest

from layerkeep.core.acting.paging.model import Channel, Heartbeat, Hours, Level
from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import TopologyError
from layerkeep.core.topology.parse import read_topology

ADAPTERS = {"ethereum": Adapter("ethereum", "stack", (), (), ())}
GOOD = {
    "network": {"name": "x"},
    "chains": {"l1": {"chain_id": 1, "stack": "ethereum", "block_time_ms": 1000}},
    "people": {"ann": {"contacts": {"chat": "@ann"}}},
    "teams": {"infra": {"people": ["ann"]}},
    "channels": {"chat": {"kind": "apprise", "url": "env:CHAT"}},
    "policies": {
        "urgent": {
            "levels": [{"after": "0s", "to": ["on-call"], "by": ["chat"]}],
            "quiet": {"from": "22:00", "to": "07:00", "timezone": "Europe/Zurich"},
        }
    },
    "paging": {"team": "infra", "secret": "env:S", "link": "https://x.example/"},
}


def read(**tables):
    """The paging of a topology in which these tables stand instead."""
    return read_topology({"t.toml": GOOD | tables}, ADAPTERS).paging


def level(**more):
    """A level that is right but for this."""
    return {"after": "0s", "to": ["on-call"], "by": ["chat"]} | more


def policy(*levels, **more):
    """One policy of these levels."""
    return {"urgent": {"levels": list(levels)} | more}


def test_paging__as_declared__is_read():
    """Nothing is resolved here; the first policy is the default one."""
    found = read()

    assert Channel("chat", "apprise", "env:CHAT") == found.channels["chat"]
    assert (Level(0, ("on-call",), ("chat",)),) == found.policies["urgent"].levels
    assert Hours(1320, 420, "Europe/Zurich") == found.policies["urgent"].quiet
    assert ("urgent", "infra", "https://x.example") == (
        found.default_policy,
        found.team,
        found.link,
    )


def test_heartbeat__as_declared__is_read():
    """To an outside address, so often; none where none is declared and nobody listens."""
    told = read(paging=GOOD["paging"] | {"heartbeat": {"url": "https://x.example", "every": "9s"}})
    assert Heartbeat("https://x.example", 9_000) == told.heartbeat
    assert read().heartbeat is None


@pytest.mark.parametrize(
    ("tables", "key", "words"),
    [
        ({"policies": policy()}, "policies.urgent.levels", "at least one"),
        ({"policies": policy(level(by=["caht"]))}, "levels[0].by", "did you mean 'chat'"),
        ({"policies": policy(level(to=["person:bob"]))}, "levels[0].to[0]", "one of ann"),
        ({"policies": policy(level(to=["oncall"]))}, "levels[0].to[0]", "on-call, backup"),
        ({"policies": policy(level(to=[]))}, "levels[0].to", "nothing in it"),
        ({"policies": policy(level(after="soon"))}, "levels[0].after", "a duration"),
        (
            {"policies": policy(level(after="5m"), level(after="1m"))},
            "levels[1].after",
            "no earlier than the level before",
        ),
        ({"policies": policy(level(), again="0s")}, "urgent.again", "longer than nothing"),
        ({"policies": policy(level(), severities=["bad"])}, "severities", "one of info"),
        (
            {"policies": policy(level(), quiet={"from": "25:00", "to": "7:00"})},
            "quiet.from",
            "time",
        ),
        (
            {
                "policies": policy(
                    level(), quiet={"from": "22:00", "to": "07:00", "timezone": "Europe/Zurch"}
                )
            },
            "quiet.timezone",
            "did you mean 'Europe/Zurich'",
        ),
        ({"channels": {"chat": {"kind": "pigeon", "url": "x"}}}, "chat.kind", "one of apprise"),
        ({"channels": {"chat": {"kind": "apprise"}}}, "chat.url", "nothing"),
        (
            {"channels": {"chat": {"kind": "apprise", "url": "tgram://123:abc/1"}}},
            "chat.url",
            "in place of a secret",
        ),
        (
            {"channels": {"chat": {"kind": "webhook", "url": "https://x.example"}}},
            "chat.secret",
            "what signs it",
        ),
        (
            {"channels": {"chat": {"kind": "mail", "url": "smtp://h"}}},
            "chat.sender",
            "the address that mail comes from",
        ),
        ({"paging": {"policy": "urgnet"}}, "paging.policy", "did you mean 'urgent'"),
        ({"paging": {"team": "x"}}, "paging.team", "one of infra"),
        ({"paging": {"secret": "hunter2"}}, "paging.secret", "in place of a secret"),
        ({"paging": {"quorum": 2}}, "paging.quorum", "at most 1"),
        ({"paging": {"heartbeat": {"every": "5ms"}}}, "heartbeat.every", "a second or more"),
        ({"paging": {"peers": {"b": {"url": "http://b.example"}}}}, "peers.b.secret", "nothing"),
    ],
)
def test_paging__wrong__is_told_where_and_why(tables, key, words):
    """File, key and what was expected; a secret is never shown."""
    with pytest.raises(TopologyError) as told:
        read(**tables)

    assert any(key in str(each) and words in str(each) for each in told.value.faults), told.value
    assert "hunter2" not in str(told.value)
    assert "tgram" not in str(told.value)
