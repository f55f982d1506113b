"""Every rule has its page, and what the guide shows of rules of one's own is accepted."""

import re
import tomllib
from pathlib import Path

import pytest

from layerkeep.core.rules import RULES
from layerkeep.core.topology.parse import read_topology
from layerkeep.edge.plugins import load_adapters

DOCS = Path(__file__).parents[2] / "docs"
CHAINS = """
[network]
name = "x"
[chains.ethereum]
chain_id = 1
stack = "ethereum"
block_time_ms = 12000
[chains.my-l2]
chain_id = 2
stack = "op_stack"
settles_on = "ethereum"
block_time_ms = 2000
[chains.my-l2.contracts.ethereum]
portal = "0x00000000000000000000000000000000000000a1"
l1_messenger = "0x00000000000000000000000000000000000000a2"
"""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule__of_ours__has_a_page_for_its_operator(rule):
    """It names each kind of problem and fits on a screen."""
    page = (DOCS / "rules" / f"{rule.name}.md").read_text()

    assert [] == [kind for kind in rule.kinds if kind not in page]
    assert 15 <= len(page.splitlines()) <= 40


def test_own_rules__as_the_guide_shows_them__are_accepted():
    """One of each kind."""
    text = (DOCS / "guide" / "own-rules.md").read_text()
    (shown,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)

    topology = read_topology({"x": tomllib.loads(CHAINS + shown)}, load_adapters())

    assert {"balance", "call", "event", "messages", "parameter", "head-lag"} == {
        rule.what for rule in topology.rules.values()
    }
