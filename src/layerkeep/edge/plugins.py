"""Finding the adapters: the folders in layerkeep.adapters, and those that other packages offer."""

import pkgutil
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

import layerkeep.adapters
from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import OperatorError

GROUP = "layerkeep.adapters"


def load_adapters() -> dict[str, Adapter]:
    """Every adapter that can be found, by name; OperatorError names the first that cannot load."""
    adapters: dict[str, Adapter] = {}
    for source, adapter in (*_own(), *_offered()):
        if adapter.name in adapters:
            raise OperatorError(f"{source}: there is already an adapter named {adapter.name!r}")
        adapters[adapter.name] = adapter
    return adapters


def _own() -> Iterator[tuple[str, Adapter]]:
    for module in pkgutil.iter_modules(layerkeep.adapters.__path__):
        if module.ispkg:
            name = f"{layerkeep.adapters.__name__}.{module.name}"
            entry = EntryPoint(name=module.name, value=f"{name}:ADAPTER", group=GROUP)
            yield name, _load(name, entry)


def _offered() -> Iterator[tuple[str, Adapter]]:
    for entry in entry_points(group=GROUP):
        source = f"the plugin {entry.name} ({entry.value})"
        yield source, _load(source, entry)


def _load(source: str, entry: EntryPoint) -> Adapter:
    """A plugin's code may fail in any way; whichever it is, the operator learns which plugin."""
    try:
        adapter = entry.load()
    except Exception as error:
        raise OperatorError(
            f"{source} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(adapter, Adapter):
        raise OperatorError(f"{source} is a {type(adapter).__name__}, not an Adapter")
    return adapter
