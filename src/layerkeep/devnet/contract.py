"""A deployed contract: its ABI and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerkeep.devnet.artifacts import Artifact
from layerkeep.devnet.node import Anvil, Rpc


@dataclass(frozen=True, slots=True)
class Contract:
    """One address and the functions it answers to."""

    artifact: Artifact
    address: str

    def encode(self, function: str, *args: Any) -> str:
        """Calldata for one of its functions."""
        return self.artifact.encode(function, *args)

    async def read(self, node: Rpc, function: str, *args: Any) -> Any:
        """What a view function answers at the newest block."""
        call = {"to": self.address, "data": self.encode(function, *args)}
        output = await node.rpc("eth_call", call, "latest")
        return self.artifact.decode_output(function, output)

    async def read_many(
        self, node: Anvil, function: str, arguments: Sequence[Sequence[Any]]
    ) -> list[Any]:
        """What a view function answers to each of several argument lists."""
        calls = [
            ("eth_call", [{"to": self.address, "data": self.encode(function, *args)}, "latest"])
            for args in arguments
        ]
        outputs = await node.batch(calls)
        return [self.artifact.decode_output(function, output) for output in outputs]
