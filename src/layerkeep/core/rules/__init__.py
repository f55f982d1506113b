"""The rules, one file each. A rule is found by being listed here; its page is in docs/rules."""

from layerkeep.core.rules.chain_halted import CHAIN_HALTED
from layerkeep.core.rules.rule import Rule

RULES: tuple[Rule, ...] = (CHAIN_HALTED,)
