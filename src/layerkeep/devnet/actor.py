"""One operator's program of the devnet, stepped in a loop, with switches for its faults."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

PAUSE_AFTER_ERROR_S = 0.5
SWITCHES = ("enabled", "slow_s", "lie")


class Actor:
    """Does one `step` again and again; faults are switched on and off while it runs."""

    LIES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, interval_s: float) -> None:
        self.name = name
        self.interval_s = interval_s
        self.enabled = True
        self.slow_s = 0.0
        self.lie: str | None = None
        self.steps = 0
        self.errors = 0
        self.last_error = ""

    async def step(self) -> None:
        """One round of the actor's work."""
        raise NotImplementedError

    async def run(self) -> None:
        """Steps until cancelled; an exception is recorded and the loop goes on."""
        while True:
            pause_s = self.interval_s
            if self.enabled:
                pause_s += await self._guarded_step()
            await asyncio.sleep(pause_s)

    async def _guarded_step(self) -> float:
        """Takes one step; answers how much longer than usual to pause."""
        if self.slow_s > 0:
            await asyncio.sleep(self.slow_s)
        try:
            await self.step()
        except Exception as error:  # noqa: BLE001 - whatever it was, the operator's loop goes on
            self.errors += 1
            self.last_error = f"{type(error).__name__}: {error}"
            return PAUSE_AFTER_ERROR_S
        self.steps += 1
        return 0.0

    def status(self) -> dict[str, Any]:
        """The switches as they stand, the faults on offer, and how the loop fares."""
        return {
            "name": self.name,
            "enabled": self.enabled,
            "slow_s": self.slow_s,
            "lie": self.lie,
            "lies": list(self.LIES),
            "steps": self.steps,
            "errors": self.errors,
            "last_error": self.last_error,
        }

    def apply(self, switches: Mapping[str, Any]) -> None:
        """Sets switches, all or none; ValueError names what is allowed."""
        unknown = [name for name in switches if name not in SWITCHES]
        if unknown:
            raise ValueError(f"{unknown[0]} is no switch; there are {', '.join(SWITCHES)}")
        enabled = switches.get("enabled", self.enabled)
        slow_s = switches.get("slow_s", self.slow_s)
        lie = switches.get("lie", self.lie)
        if not isinstance(enabled, bool):
            raise ValueError("enabled is true or false")
        if isinstance(slow_s, bool) or not isinstance(slow_s, int | float) or slow_s < 0:
            raise ValueError("slow_s is a number of seconds, not negative")
        if lie is not None and lie not in self.LIES:
            raise ValueError(f"{self.name} cannot {lie}; it can: {', '.join(self.LIES) or 'none'}")
        self.enabled, self.slow_s, self.lie = enabled, float(slow_s), lie
