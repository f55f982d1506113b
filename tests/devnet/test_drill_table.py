"""The table of faults, and its commands where no devnet runs."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from layerkeep import devnet
from layerkeep.cli.main import cli
from layerkeep.core.errors import OperatorError
from layerkeep.devnet.drills.fault import Cause, Fault, Place
from layerkeep.devnet.drills.table import FAULTS, component_of, fault_named

COMPONENT = re.compile(
    r"(chain|sequencer|batcher|proposer|bridge):l[123]|route:(l1->l2|l2->l3)|upstream:l[123]-[abc]"
)


def typed(*words: object) -> Result:
    """What a subcommand answers."""
    return CliRunner().invoke(cli, ["devnet", *map(str, words)])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault__of_the_table__is_complete(fault: Fault) -> None:
    """It says what it does, stands on real components, and each place that has a way in heals."""
    assert fault.does.endswith(".")
    assert fault.recovery > 0
    assert fault.default in fault.places
    for component, place in fault.places.items():
        assert COMPONENT.fullmatch(component), component
        assert place.inject
        assert Cause(fault.kind, component) == fault.cause(component)


def test_heal__of_every_place__sets_back_what_was_set() -> None:
    """What a fault switches, its healing switches too; only a reorg cannot be switched off."""

    def switched(place: Place, healing: bool) -> set[tuple[str, str]]:
        steps = place.heal if healing else place.inject
        return {(one.path, name) for one in steps for name in one.switches}

    left = {
        one
        for fault in FAULTS.values()
        for place in fault.places.values()
        for one in switched(place, healing=False) - switched(place, healing=True)
    }

    assert {(f"reorg/{chain}", "depth") for chain in ("l1", "l2", "l3")} == left


def test_readme__of_the_devnet__names_every_fault_place_and_problem() -> None:
    """Its table has a row for each fault, with the problem's kind, and says which are lasting."""
    text = (Path(devnet.__file__).parent / "README.md").read_text()
    rows = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| `")]
    told = {
        name: (kind.strip(" `"), "(lasting)" in names)
        for names, _, kind in (row for row in rows if len(row) == 3)
        for name in re.findall(r"`([a-z0-9-]+)`", names)
    }

    assert {name: (fault.kind, fault.lasting) for name, fault in FAULTS.items()} == told


def test_name__unknown__is_told_with_the_nearest() -> None:
    """A typing mistake names the fault that was meant; nonsense names the list."""
    with pytest.raises(OperatorError, match="did you mean 'l1-halted'"):
        fault_named("l1-halt")
    with pytest.raises(OperatorError, match="devnet faults"):
        fault_named("xyzzy")


def test_component__that_a_fault_cannot_be_on__is_told_with_those_it_can() -> None:
    """The default is used without a wish; a wrong wish is answered with the right ones."""
    fault = fault_named("batcher-stopped")

    assert "batcher:l2" == component_of(fault, None)
    assert "batcher:l3" == component_of(fault, "batcher:l3")
    with pytest.raises(OperatorError, match="it can on batcher:l2, batcher:l3"):
        component_of(fault, "batcher:l1")


def test_faults__as_json__are_the_table() -> None:
    """Every fault with its components, the default first."""
    listed = json.loads(typed("faults", "--json").output)

    assert list(FAULTS) == [one["name"] for one in listed]
    assert all(one["default"] == one["components"][0] for one in listed)
    assert "l1-halted" in typed("faults").output


def test_fault_and_heal__where_no_devnet_runs__say_so(tmp_path: Path) -> None:
    """A folder without devnet.json, and an endpoint where nobody listens."""
    closed = "http://127.0.0.1:9/admin"

    for words in (("fault", "l1-halted"), ("heal", "l1-halted"), ("heal",)):
        nowhere = typed(*words, "--admin", tmp_path)
        silent = typed(*words, "--admin", closed)
        own = typed("--dir", tmp_path, *words)
        assert "no devnet runs here" in str(nowhere.exception)
        assert "no devnet answers at" in str(silent.exception)
        assert "no devnet runs here" in str(own.exception)
        assert isinstance(nowhere.exception, OperatorError)
        assert isinstance(silent.exception, OperatorError)
    assert 2 == typed("heal", "--on", "chain:l1").exit_code
