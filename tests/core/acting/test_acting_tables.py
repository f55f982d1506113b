"""`[acting]`, `[runners]`, `[endpoints]`, `[signers]`: what is accepted, and what is not."""

from typing import Any

import pytest

from layerkeep.core.acting.runs.model import Acting
from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import TopologyError
from layerkeep.core.topology.parse import read_topology

ADAPTERS = {"ethereum": Adapter("ethereum", "stack", (), (), ())}
CHAINS = {"l1": {"chain_id": 1, "stack": "ethereum", "block_time_ms": 1000}}
SAFE = {"kind": "safe", "chain": "l1", "address": "0x" + "11" * 20, "jobs": ["guardian"]}


def read(**tables: Any) -> Acting:
    """What a topology with these tables lets us do."""
    document = {"network": {"name": "x"}, "chains": CHAINS, **tables}
    return read_topology({"t.toml": document}, ADAPTERS).acting


def test_acting__left_out__allows_nothing_by_itself() -> None:
    """No automatic runs, no places to call, no signers."""
    assert Acting() == read()


def test_acting__declared__is_kept_with_its_references() -> None:
    """Secrets stay references."""
    found = read(
        acting={"automatic": ["restart-node"], "automatic_max": 2, "amounts": {"refill": "5"}},
        runners={
            "host1": {"kind": "systemd", "units": {"upstream:a": "geth.service"}},
            "host2": {
                "kind": "command",
                "commands": {
                    "roll": {"argv": ["/bin/roll", "{unit}"], "arguments": {"unit": "[a-z]+"}}
                },
            },
        },
        endpoints={"sequencer:l2": {"url": "env:ADMIN", "methods": ["admin_startSequencer"]}},
        signers={"council": SAFE},
    )

    assert (("restart-node",), 2, {"refill": 5}) == (
        found.automatic,
        found.automatic_max,
        found.amounts,
    )
    assert "geth.service" == found.runners["host1"].units["upstream:a"]
    assert ("/bin/roll", "{unit}") == found.runners["host2"].commands["roll"].argv
    assert "env:ADMIN" == found.endpoints["sequencer:l2"].url
    assert ("guardian",) == found.signers["council"].jobs


@pytest.mark.parametrize(
    ("tables", "key", "words"),
    [
        ({"acting": {"automtic": []}}, "acting.automtic", "did you mean 'automatic'"),
        ({"acting": {"halted": "yes"}}, "acting.halted", "true or false"),
        ({"acting": {"automatic_max": 0}}, "acting.automatic_max", "at least 1"),
        ({"acting": {"amounts": {"refill": "1 ether"}}}, "acting.amounts.refill", "digits"),
        ({"acting": {"freezes": [{"name": "x"}]}}, "acting.freezes[0].from", "found nothing"),
        ({"runners": {"r": {"kind": "ssh"}}}, "runners.r.kind", "one of command"),
        (
            {"runners": {"r": {"kind": "command", "commands": {"c": {"argv": ["x", "{y}"]}}}}},
            "runners.r.commands.c.arguments.y",
            "a regular expression",
        ),
        (
            {"runners": {"r": {"kind": "command", "commands": {"c": {"argv": ["sh", "-{y}"]}}}}},
            "runners.r.commands.c.argv",
            "a whole argument",
        ),
        (
            {"runners": {"r": {"kind": "command", "units": {"upstream:a": "x"}}}},
            "runners.r.units",
            "none",
        ),
        ({"endpoints": {"e": {"url": "ftp://x", "methods": []}}}, "endpoints.e.url", "http"),
        (
            {"endpoints": {"e": {"url": "http://x", "methods": [], "headers": {"A": "s3cret"}}}},
            "endpoints.e.headers.A",
            "no reference",
        ),
        ({"signers": {"s": {**SAFE, "chain": "l9"}}}, "signers.s.chain", "one of l1"),
        ({"signers": {"s": {**SAFE, "kind": "remote"}}}, "signers.s.url", "remote signer"),
    ],
)
def test_acting__wrong__is_told_where_and_why(tables: dict[str, Any], key: str, words: str) -> None:
    """File, key and what was expected."""
    with pytest.raises(TopologyError) as told:
        read(**tables)

    faults = {fault.key: str(fault) for fault in told.value.faults}
    assert key in faults
    assert words in faults[key]
    assert "s3cret" not in str(told.value)
