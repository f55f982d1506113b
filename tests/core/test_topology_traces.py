"""The table `[traces]`: what is accepted, and that no secret stands in a committed file."""

from typing import Any

import pytest

from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import TopologyError
from layerkeep.core.topology import Topology
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.traces import Traces

ADAPTERS = {"ethereum": Adapter("ethereum", "stack", (), (), ())}
CHAINS = {"l1": {"chain_id": 1, "stack": "ethereum", "block_time_ms": 1000}}


def read(traces: Any, **others: Any) -> Topology:
    """A topology with this table, and other files beside it."""
    document = {"network": {"name": "x"}, "chains": CHAINS, "traces": traces}
    return read_topology({"t.toml": document, **others}, ADAPTERS)


def test_traces__with_references__are_kept_as_references() -> None:
    """Nothing is resolved here; a tenant's name is no secret."""
    headers = {"Authorization": "env:OTLP_AUTH", "X-Scope-OrgID": "ops"}

    found = read({"endpoint": "https://tempo.example/otlp/v1/traces", "headers": headers})

    assert Traces("https://tempo.example/otlp/v1/traces", headers) == found.traces
    assert read({"endpoint": "env:OTLP_URL"}).traces == Traces("env:OTLP_URL")


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ({}, "traces.endpoint", "found nothing"),
        ({"endpoint": "collector:4318"}, "traces.endpoint", "http or https"),
        ({"endpoint": "https://ann:pw@host"}, "traces.endpoint", "expected"),
        ({"endpoint": "https://h/?token=abc"}, "traces.endpoint", "a secret inside the URL"),
        ({"endpoint": "http://h", "head": {}}, "traces.head", "did you mean 'headers'"),
        ({"endpoint": "http://h", "headers": []}, "traces.headers", "a table"),
        ({"endpoint": "http://h", "headers": {"a b": "x"}}, "traces.headers.a b", "a header's"),
        ({"endpoint": "http://h", "headers": {"X": 1}}, "traces.headers.X", "plain text"),
        ({"endpoint": "http://h", "headers": {"X": "a\nb"}}, "traces.headers.X", "one line"),
        (
            {"endpoint": "http://h", "headers": {"Authorization": "Bearer abc"}},
            "traces.headers.Authorization",
            "env:NAME or file:PATH in place of a secret",
        ),
        (
            {"endpoint": "http://h", "headers": {"X-Org": "sk1a2b3c4d5e6f7g8h9i0j"}},
            "traces.headers.X-Org",
            "found a secret",
        ),
        ("http://h", "traces", "a table"),
    ],
)
def test_traces__wrong__are_told_where_and_why(table: Any, key: str, words: str) -> None:
    """File, key and what was expected; a secret is never shown."""
    with pytest.raises(TopologyError) as told:
        read(table)

    assert str(told.value).startswith(f"t.toml: {key}: ")
    assert words in str(told.value)
    assert not any(secret in str(told.value) for secret in ("Bearer", "sk1a", "pw@", "abc"))


def test_traces__in_two_files__are_a_fault() -> None:
    """One collector for one network."""
    with pytest.raises(TopologyError, match=r"u.toml: traces: found a second table"):
        read({"endpoint": "http://h"}, **{"u.toml": {"traces": {"endpoint": "http://i"}}})
