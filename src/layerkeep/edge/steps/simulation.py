"""What a transaction would do, by a node's word: `eth_call`, and the gas it would take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.acting.runs.model import DONE
from layerkeep.edge.steps.asking import Answer
from layerkeep.edge.steps.chains import ChainAsker
from layerkeep.edge.steps.contract_types import decode, signature_of
from layerkeep.edge.steps.safe import Payload

ERROR = signature_of("Error(string)")
PANIC = signature_of("Panic(uint256)")

INVALID_PARAMS = -32602


@dataclass(frozen=True, slots=True)
class Simulated:
    """Whether it works, why not, the gas it takes (0 if unknown), what it gives back."""

    works: bool
    detail: str
    gas: int = 0
    returned: str = ""
    overridden: bool = False

    @property
    def shown(self) -> dict[str, Any]:
        """The same for people and programs."""
        return {
            "works": self.works,
            "gas": self.gas,
            "returned": self.returned,
            "overridden": self.overridden,
        }


async def simulate(
    asker: ChainAsker, sender: str, payload: Payload, overrides: Mapping[str, Any]
) -> Simulated:
    """Called on the latest state, changed by `overrides` where the node takes them.

    With overrides no gas is known: the estimate is of the state as it is.
    """
    tx = {"from": sender, "to": payload.to, "value": hex(payload.value), "data": payload.data}
    changes = (dict(overrides),) if overrides else ()
    answer = await asker.ask("eth_call", tx, "latest", *changes)
    note = ""
    if changes and answer.state != DONE and _takes_none(answer):
        answer = await asker.ask("eth_call", tx, "latest")
        note, changes = "; the node takes no state override, so it was called without", ()
    if answer.state != DONE:
        return Simulated(False, f"it would fail: {_reason(answer)}{note}")
    returned = str(answer.result)
    if changes:
        return Simulated(True, "it would work in the changed state", 0, returned, True)
    gas = await asker.ask("eth_estimateGas", tx)
    if gas.state != DONE:
        return Simulated(False, f"it would fail: {_reason(gas)}{note}")
    amount = int(str(gas.result), 16)
    return Simulated(True, f"it would work, for {amount} gas{note}", amount, returned)


def _takes_none(answer: Answer) -> bool:
    text = answer.detail.lower()
    return answer.code == INVALID_PARAMS or "override" in text or "too many arguments" in text


def _reason(answer: Answer) -> str:
    """The contract's own words where the node hands them on."""
    found = answer.result.get("data") if isinstance(answer.result, dict) else answer.result
    if not isinstance(found, str) or len(found) < 10:
        return answer.detail
    try:
        content = bytes.fromhex(found[10:])
        for signature, name in ((ERROR, ""), (PANIC, "panic ")):
            if found[:10] == signature.hash[:10]:
                return f"{name}{decode(signature.fields, content)[0]}"
    except ValueError:
        return answer.detail
    return f"{answer.detail} ({found[:10]})"
