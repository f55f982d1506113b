"""What every adapter owes the house: one suite over every folder in layerkeep.adapters."""

import ast
import inspect
import json
import pkgutil
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import layerkeep.adapters
from layerkeep.core.adapter import CHILD, PARENT, Adapter, Event, Scope
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.facts import Ask, Claimed, Reached, Sent, Statement
from layerkeep.core.lifecycle import DUTIES, Lifecycle
from layerkeep.core.units import Address, ChainName, Key

NAMES = sorted(m.name for m in pkgutil.iter_modules(layerkeep.adapters.__path__) if m.ispkg)
ADAPTERS: dict[str, Adapter] = {
    name: import_module(f"layerkeep.adapters.{name}").ADAPTER for name in NAMES
}
FOLDERS = {
    name: Path(import_module(f"layerkeep.adapters.{name}").__file__).parent for name in NAMES
}
LIFECYCLES = [(name, each) for name, adapter in ADAPTERS.items() for each in adapter.lifecycles]

MODULES = ("actors", "checks", "contracts", "decode", "lifecycles", "probes")
FILES = {"__init__.py", "manifest.toml", "README.md"}
EXTRAS = {"batches"}
"""What only stacks have that post their blocks on a parent."""

BATCHES = "batches"
"""The one folder a stack may add: decoders of what it posts on its parent (docs/adr/0007)."""
INIT_LINES_MAX = 30

KEBAB = re.compile(r"[a-z]+(-[a-z]+)*")
LIFECYCLE_NAME = re.compile(r"[a-z_]+\.[a-z_]+")
UNITS = {"s": "_s", "blocks": "_blocks"}
SIDES = (PARENT, CHILD)
DIRECTIONS = ("parent-to-child", "child-to-parent")
MANIFEST_KEYS = {"name", "kind", "title", "specs", "roles", "events"}
DRAWN = {"bytes": 150, "texts": 40}

every_adapter = pytest.mark.parametrize("name", NAMES)
every_lifecycle = pytest.mark.parametrize(
    ("name", "lifecycle"), LIFECYCLES, ids=[each.name for _, each in LIFECYCLES]
)


def manifest(name: str) -> dict[str, Any]:
    """An adapter's manifest."""
    return tomllib.loads((FOLDERS[name] / "manifest.toml").read_text())


def event_name(event: Event) -> str:
    """An event's name without its arguments."""
    return event.signature.partition("(")[0]


# ---- the folder


@every_adapter
def test_folder__of_an_adapter__holds_exactly_its_files(name):
    """Missing is an error, extra is an error; a module that outgrew a file is a folder."""
    found = {path.name for path in FOLDERS[name].iterdir() if path.name != "__pycache__"}
    found.discard(BATCHES)
    modules = {f"{module}.py" if f"{module}.py" in found else module for module in MODULES}
    assert FILES | modules == found - EXTRAS


@every_adapter
def test_init__of_an_adapter__is_its_value_and_nothing_else(name):
    """A docstring, imports and ADAPTER."""
    source = (FOLDERS[name] / "__init__.py").read_text()
    kinds = [type(node) for node in ast.parse(source).body]
    assert len(source.splitlines()) <= INIT_LINES_MAX
    assert kinds[0] is ast.Expr
    assert {ast.ImportFrom, ast.Import} >= set(kinds[1:-1])
    assert kinds[-1] is ast.Assign
    assert name == ADAPTERS[name].name


@every_adapter
def test_imports__of_an_adapter__are_the_core_and_itself(name):
    """Adapters never meet, and translate with nothing but the core and Python's own."""
    own = f"layerkeep.adapters.{name}"
    for path in FOLDERS[name].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                top = node.module
                allowed = not top.startswith("layerkeep") or top.startswith(("layerkeep.core", own))
                assert allowed, f"{path.name} imports {top}"
            if isinstance(node, ast.Import):
                assert all(not alias.name.startswith("layerkeep") for alias in node.names)


# ---- the manifest and the README


@every_adapter
def test_manifest__of_an_adapter__has_its_schema(name):
    """Name, kind, title, links to the specifications, roles and events by side."""
    found = manifest(name)
    assert MANIFEST_KEYS == set(found)
    assert name == found["name"]
    assert found["kind"] in ("stack", "bridge")
    assert found["kind"] == ADAPTERS[name].kind
    assert found["title"]
    assert found["specs"]
    assert all(link.startswith("https://") for link in found["specs"])


@every_adapter
def test_manifest__of_an_adapter__tells_the_truth_about_roles(name):
    """The roles in the manifest are those in the code, required and optional."""
    roles = manifest(name)["roles"]
    assert set(SIDES) == set(roles)
    for side in SIDES:
        own = [role for role in ADAPTERS[name].roles if role.side == side]
        assert [role.name for role in own if role.required] == roles[side]["required"]
        assert [role.name for role in own if not role.required] == roles[side]["optional"]


@every_adapter
def test_manifest__of_an_adapter__tells_the_truth_about_events(name):
    """Each role's events in the manifest are those that are decoded."""
    events = manifest(name)["events"]
    assert set(SIDES) == set(events)
    for side in SIDES:
        found: dict[str, set[str]] = {}
        for event in ADAPTERS[name].events:
            if event.side == side:
                found.setdefault(event.role, set()).add(event_name(event))
        assert found == {role: set(each) for role, each in events[side].items()}


@every_adapter
def test_readme__of_an_adapter__has_terms_and_every_stage(name):
    """How messages travel, in the stack's own words and ours."""
    text = (FOLDERS[name] / "README.md").read_text()
    assert "## Terms" in text
    assert "| layerkeep |" in text
    for lifecycle in ADAPTERS[name].lifecycles:
        assert lifecycle.name in text
        for stage in lifecycle.stages:
            assert re.search(rf"\b{stage.name}\b", text), f"README knows no stage {stage.name}"


# ---- roles, events, parameters


@every_adapter
def test_roles__of_an_adapter__are_unique_and_used_truly(name):
    """Every event and parameter belongs to a role of its side."""
    adapter = ADAPTERS[name]
    roles = [(role.side, role.name) for role in adapter.roles]
    assert sorted(set(roles)) == sorted(roles)
    assert {side for side, _ in roles} <= set(SIDES)
    assert {(event.side, event.role) for event in adapter.events} <= set(roles)
    assert {(each.side, each.role) for each in adapter.parameters} <= set(roles)


@every_adapter
def test_events__of_an_adapter__are_each_decoded_once(name):
    """Two decoders for one kind of log at one role would both speak."""
    kinds = [(e.side, e.role, e.topic0, e.topics) for e in ADAPTERS[name].events]
    assert len(set(kinds)) == len(kinds)


@every_adapter
def test_parameters__of_an_adapter__have_unique_names_with_units(name):
    """The unit stands last in the name."""
    parameters = ADAPTERS[name].parameters
    assert len({each.name for each in parameters}) == len(parameters)
    for parameter in parameters:
        assert parameter.kind in ("uint", "address", "string", "bytes32")
        assert parameter.name.endswith(UNITS.get(parameter.unit, ""))
        assert parameter.signature.endswith("()")


@every_adapter
def test_probes__of_an_adapter__have_unique_kebab_names(name):
    """An ask names its probe."""
    names = [probe.name for probe in ADAPTERS[name].probes]
    assert len(set(names)) == len(names)
    assert all(KEBAB.fullmatch(each) for each in names)


# ---- lifecycles


@every_lifecycle
def test_lifecycle__of_an_adapter__is_a_sound_table(name, lifecycle: Lifecycle):
    """Unique stages in words, a happy path from the first rank up, an end, known duties."""
    names = [stage.name for stage in lifecycle.stages]
    ranks = [lifecycle.rank(each) for each in lifecycle.happy]
    assert LIFECYCLE_NAME.fullmatch(lifecycle.name)
    assert lifecycle.name.startswith(f"{name}.")
    assert lifecycle.direction in DIRECTIONS
    assert len(set(names)) == len(names)
    assert all(KEBAB.fullmatch(each) for each in names)
    assert lifecycle.happy[0] == names[0]
    assert sorted(ranks) == ranks
    assert lifecycle.stage(lifecycle.happy[-1]).final
    assert not any(lifecycle.stage(each).failed for each in lifecycle.happy)
    assert {stage.duty for stage in lifecycle.stages} <= set(DUTIES)


@every_lifecycle
def test_stages__of_a_lifecycle__give_their_reasons(name, lifecycle: Lifecycle):
    """Why this long, and what is awaited; what is finished awaits nothing."""
    parameters = {parameter.name for parameter in ADAPTERS[name].parameters}
    for stage in lifecycle.stages:
        assert stage.why, f"{stage.name} gives no reason"
        assert bool(stage.awaited) != stage.final, f"{stage.name}: awaited or final"
        assert stage.budget is None or not stage.final
        assert not stage.clock or stage.clock in parameters
        assert not stage.claim or lifecycle.lane


# ---- decoding


def scope_of(adapter: Adapter, here: str = PARENT) -> Scope:
    """A scope in which every role has an address."""
    contracts: dict[str, dict[str, Address]] = {PARENT: {}, CHILD: {}}
    for number, role in enumerate(adapter.roles, 1):
        contracts[role.side][role.name] = Address(f"0x{number:040x}")
    child, parent = ChainName("child"), ChainName("parent")
    return Scope(child, parent, 7, 1, child if here == CHILD else parent, contracts)


WORDS = st.one_of(
    st.integers(0, 2**256 - 1),
    st.integers(0, 300),
    st.sampled_from([0, 1, 32, 64, 96, 128, 160, 2**160 - 1, 2**255]),
).map(lambda value: f"{value:064x}")
RAGGED = st.text("0123456789abcdefXYZ-_ ", max_size=80)
CONTENT = st.one_of(
    st.lists(WORDS, max_size=14).map("".join),
    st.binary(max_size=DRAWN["bytes"]).map(bytes.hex),
    RAGGED,
).map("0x".__add__)
TOPICS = st.lists(st.one_of(WORDS.map("0x".__add__), RAGGED), max_size=4)


def log_of(event: Event, address: str, topics: list[str], content: str) -> Log:
    """A log with an event's first topic and anything else."""
    return Log(
        address=address,
        topics=(event.topic0, *topics),
        data=content,
        block_number="0x10",
        block_hash="0x" + "ab" * 32,
        transaction_hash="0x" + "cd" * 32,
        transaction_index="0x0",
        log_index="0x2",
    )


def assert_total(adapter: Adapter, event: Event, logs: list[Log]) -> None:
    """A decoder yields statements or raises ValueError."""
    try:
        found = list(event.decode(logs[0], scope_of(adapter, event.side), logs))
    except ValueError:
        return
    assert all(isinstance(says, Statement) for says in found)


@every_adapter
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(topics=TOPICS, content=CONTENT)
def test_decoders__given_anything__raise_nothing_but_value_error(name, topics, content):
    """Every decoder meets every drawn log, alone and beside logs of the same transaction."""
    adapter = ADAPTERS[name]
    scope = scope_of(adapter)
    others = [
        log_of(event, str(scope.contract(event.side, event.role)), topics, content)
        for event in adapter.events
    ]
    for event in adapter.events:
        wanted = [*topics, *["0x" + "00" * 32] * 3][: event.topics - 1]
        for chosen in (topics, wanted):
            address = str(scope.contract(event.side, event.role))
            log = log_of(event, address, chosen, content)
            assert_total(adapter, event, [log])
            assert_total(adapter, event, [log, *others])


@every_adapter
@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["0x0", "0x64", "0x68", "0x69", "0x7e", "x"]), text=RAGGED)
def test_receipts__of_anything__raise_nothing_but_value_error(name, kind, text):
    """A receipt may hold any logs from anybody."""
    adapter = ADAPTERS[name]
    if adapter.decode_receipt is None:
        return
    logs = tuple(
        log_of(event, f"0x{number:040x}", [], f"0x{text}")
        for number, event in enumerate(adapter.events, 1)
    )
    for status in (None, "0x0", "0x1"):
        receipt = Receipt("0x" + text, "0x0", "0xbb", "0x1", logs, text, None, status, kind)
        try:
            found = list(adapter.decode_receipt(receipt, scope_of(adapter, CHILD)))
        except ValueError:
            continue
        assert all(isinstance(says, Statement) for says in found)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), CONTENT, st.text(max_size=DRAWN["texts"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["logs", "status", "type", "from", "error", "number", "hash"]), inner
        ),
    ),
    max_leaves=6,
)
SUBJECT = "child/kind/0x" + "12" * 20
KEY = Key("child/kind/0x" + "34" * 32)


@every_adapter
@settings(max_examples=150, deadline=None)
@given(result=JSON)
def test_probes__given_anything__raise_nothing_but_value_error(name, result):
    """Upstreams answer as they like."""
    adapter = ADAPTERS[name]
    for probe in adapter.probes:
        ask = Ask(probe.name, ChainName("parent"), ChainName("child"), SUBJECT, KEY)
        try:
            found = list(probe.read(ask, scope_of(adapter), result))
        except ValueError:
            continue
        assert all(isinstance(says, Statement) for says in found)


# ---- actors


class Chance:
    """Chance that takes the same turn at every fork, whatever it is asked."""

    def random(self) -> float:
        """Halfway."""
        return 0.5

    def randrange(self, start: int, stop: int) -> int:
        """The first."""
        return min(start, stop)


def stories(name: str) -> list[list[Any]]:
    """Everything an adapter's models act out, one list of plans for each act."""
    module = import_module(f"layerkeep.adapters.{name}.actors")
    scope = scope_of(ADAPTERS[name])
    told = []
    for model in (m for n, m in inspect.getmembers(module, inspect.isclass) if n.endswith("Model")):
        actor = model(scope, Chance())
        for act in (getattr(actor, each) for each in dir(actor) if each.startswith("act_")):
            needed = [
                7 if parameter.annotation in (int, "int") else "7"
                for parameter in inspect.signature(act).parameters.values()
                if parameter.default is inspect.Parameter.empty
            ]
            told.append(list(act(*needed)))
    return told


@every_lifecycle
def test_actors__of_an_adapter__drive_each_lifecycle_to_its_end(name, lifecycle: Lifecycle):
    """Some act sends such a message and takes it from the first stage to the last."""
    told = stories(name)
    claims = any(isinstance(plan.says, Claimed) for story in told for plan in story)
    for story in told:
        sent = [plan.says for plan in story if isinstance(plan.says, Sent)]
        if not any(says.lifecycle == lifecycle.name for says in sent):
            continue
        stages = {plan.says.stage for plan in story if isinstance(plan.says, Reached)}
        assert stages <= {stage.name for stage in lifecycle.stages}
        claimed = {stage.name for stage in lifecycle.stages if stage.claim and claims}
        if set(lifecycle.happy[1:]) <= stages | claimed:
            return
    pytest.fail(f"no act takes {lifecycle.name} from {lifecycle.happy[0]} to {lifecycle.happy[-1]}")


@every_adapter
def test_actors__of_an_adapter__speak_in_order_on_known_chains(name):
    """Delays count from the beginning of the story; statements can be stored."""
    import msgspec

    for story in stories(name):
        for plan in story:
            assert plan.delay >= 0
            assert plan.chain in ("child", "parent")
            assert isinstance(plan.says, Statement)
            assert json.loads(msgspec.json.encode(plan.says))
