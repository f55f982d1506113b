"""Rules, what is not watched, and how well rules did when faults were put in on purpose."""

from litestar.params import FromPath

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.drills import DrillShown
from layerkeep.api.shapes.incidents import CoverageShown, RuleShown
from layerkeep.api.source import NotKnown
from layerkeep.core.topology.spot import close_match


@reads("/rules", "rules")
async def list_rules(request: Incoming) -> tuple[RuleShown, ...]:
    """Every rule: what it finds, what it watches, what it lacks."""
    return await desk(request).source.rules()


@reads("/rules/{name:str}", "rules")
async def show_rule(request: Incoming, name: FromPath[str]) -> RuleShown:
    """One rule with its operator's page."""
    rules = {rule.name: rule for rule in await desk(request).source.rules()}
    if name not in rules:
        raise NotKnown("rule", name, close_match(name, rules))
    return rules[name]


@reads("/coverage", "rules")
async def show_coverage(request: Incoming) -> CoverageShown:
    """What is and what is not watched, and when each rule last had all it needed."""
    return await desk(request).source.coverage()


@reads("/drills", "rules")
async def list_drills(request: Incoming) -> tuple[DrillShown, ...]:
    """The newest drill of every fault that was rehearsed here."""
    return await desk(request).source.drills()


ROUTES = (list_rules, show_rule, show_coverage, list_drills)
