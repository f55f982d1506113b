"""The contracts' published artifacts, and calls to them encoded and decoded by their own ABI."""

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from eth_abi.abi import decode, encode

from layerkeep.core.keccak import selector, topic0
from layerkeep.devnet.errors import DevnetError

SETUP = "run `make setup` first"
OP_FOLDER = "@eth-optimism/contracts-bedrock/forge-artifacts"
NITRO_FOLDER = "@arbitrum/nitro-contracts"
UPGRADE_EXECUTOR = (
    "@offchainlabs/upgrade-executor/build/contracts/src/UpgradeExecutor.sol/UpgradeExecutor.json"
)
OWN_FILE = "build/devnet-contracts.json"


@dataclass(frozen=True)
class Event:
    """One event of a contract: its topic and how to read its logs."""

    name: str
    topic: str
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    def decode(self, log: Mapping[str, Any]) -> dict[str, Any]:
        """The log's fields by name; indexed dynamic fields stay the 32 bytes the topic holds."""
        fields: dict[str, Any] = {}
        for (name, kind), topic in zip(self.indexed, log["topics"][1:], strict=True):
            raw = bytes.fromhex(topic[2:])
            static = not kind.endswith(("]", ")")) and kind not in ("bytes", "string")
            fields[name] = decode([kind], raw)[0] if static else raw
        values = decode([kind for _, kind in self.plain], _bytes(log["data"]))
        fields.update(zip((name for name, _ in self.plain), values, strict=True))
        return fields


@dataclass(frozen=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: Sequence[Mapping[str, Any]]
    bytecode: str
    deployed_bytecode: str
    immutable_references: Mapping[str, Sequence[Mapping[str, int]]] = field(default_factory=dict)

    def encode(self, function: str, *args: Any) -> str:
        """Calldata of a function named by its name or, where overloaded, its full signature."""
        entry = self._function(function)
        kinds = _kinds(entry["inputs"])
        return selector(_signature(entry)) + encode(kinds, args).hex()

    def constructor(self, *args: Any) -> str:
        """Creation code followed by the encoded constructor arguments."""
        entry = next((one for one in self.abi if one["type"] == "constructor"), None)
        kinds = _kinds(entry["inputs"]) if entry else []
        return self.bytecode + encode(kinds, args).hex()

    def decode_output(self, function: str, output: str) -> Any:
        """What a call returned: the value itself, or a tuple if there are several."""
        kinds = _kinds(self._function(function)["outputs"])
        values = decode(kinds, _bytes(output))
        return values[0] if len(values) == 1 else values

    def decode_input(self, function: str, calldata: str) -> tuple[Any, ...]:
        """The arguments that `calldata` passes to the function."""
        entry = self._function(function)
        assert calldata.startswith(selector(_signature(entry))), function
        values: tuple[Any, ...] = decode(_kinds(entry["inputs"]), _bytes(calldata)[4:])
        return values

    def event(self, name: str) -> Event:
        """The event of this name."""
        entry = next(e for e in self.abi if e["type"] == "event" and e["name"] == name)
        inputs = [(one["name"], _kind(one), one["indexed"]) for one in entry["inputs"]]
        return Event(
            name=name,
            topic=topic0(_signature(entry)),
            indexed=tuple((label, kind) for label, kind, indexed in inputs if indexed),
            plain=tuple((label, kind) for label, kind, indexed in inputs if not indexed),
        )

    def _function(self, wanted: str) -> Mapping[str, Any]:
        found = [
            entry
            for entry in self.abi
            if entry["type"] == "function" and wanted in (entry["name"], _signature(entry))
        ]
        if len(found) != 1:
            raise DevnetError(f"{self.name} has {len(found)} functions that match {wanted}")
        return found[0]


def repository_root() -> Path:
    """Where package.json, node_modules and build/ stand: the package's checkout."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "package.json").exists():
            return folder
    return Path.cwd()


def node_modules() -> Path:
    """The folder npm installed into: LAYERKEEP_NODE_MODULES, or the checkout's own."""
    chosen = os.environ.get("LAYERKEEP_NODE_MODULES")
    folder = Path(chosen) if chosen else repository_root() / "node_modules"
    if not folder.is_dir():
        raise DevnetError(f"the devnet's contracts are not installed in {folder}: {SETUP}")
    return folder


@functools.cache
def op(name: str) -> Artifact:
    """A contract of the OP Stack."""
    return _foundry(name, node_modules() / OP_FOLDER / f"{name}.sol" / f"{name}.json")


@functools.cache
def nitro(name: str) -> Artifact:
    """A contract of Arbitrum Nitro."""
    path = _nitro_paths().get(name)
    if path is None:
        raise DevnetError(f"no Nitro contract {name} is installed: {SETUP}")
    if path.parts[-4:-2] == ("out", "yul"):
        return _foundry(name, path)
    return _hardhat(name, path)


@functools.cache
def upgrade_executor() -> Artifact:
    """The contract that owns a Nitro chain's contracts."""
    return _hardhat("UpgradeExecutor", node_modules() / UPGRADE_EXECUTOR)


@functools.cache
def own(name: str) -> Artifact:
    """One of the devnet's own small contracts, as `make setup` compiled it."""
    compiled = msgspec.json.decode(_read(repository_root() / OWN_FILE))
    if name not in compiled:
        raise DevnetError(f"{OWN_FILE} holds no {name}: {SETUP} again")
    one = compiled[name]
    return Artifact(name, one["abi"], one["bytecode"], one["deployedBytecode"])


@functools.cache
def _nitro_paths() -> dict[str, Path]:
    folder = node_modules() / NITRO_FOLDER
    paths = {path.stem: path for path in (folder / "build/contracts/src").rglob("*.json")}
    paths.update({path.stem: path for path in (folder / "out").rglob("*.json")})
    return paths


class _Code(msgspec.Struct):
    object: str
    immutable_references: dict[str, list[dict[str, int]]] = msgspec.field(
        name="immutableReferences", default_factory=dict
    )


class _Foundry(msgspec.Struct):
    bytecode: _Code
    deployed: _Code = msgspec.field(name="deployedBytecode")
    abi: list[dict[str, Any]] | None = None


class _Hardhat(msgspec.Struct):
    abi: list[dict[str, Any]]
    bytecode: str
    deployed: str = msgspec.field(name="deployedBytecode")


def _foundry(name: str, path: Path) -> Artifact:
    found = msgspec.json.decode(_read(path), type=_Foundry)
    references = found.deployed.immutable_references
    code = found.deployed.object
    return Artifact(name, found.abi or [], found.bytecode.object, code, references)


def _hardhat(name: str, path: Path) -> Artifact:
    found = msgspec.json.decode(_read(path), type=_Hardhat)
    return Artifact(name, found.abi, found.bytecode, found.deployed)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise DevnetError(f"{path} is missing: {SETUP}")
    return path.read_bytes()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _signature(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']}({','.join(_kinds(entry['inputs']))})"


def _kinds(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_kind(one) for one in inputs]


def _kind(one: Mapping[str, Any]) -> str:
    kind: str = one["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kinds(one['components']))}){kind.removeprefix('tuple')}"
