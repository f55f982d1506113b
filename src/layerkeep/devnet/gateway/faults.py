"""What a replica's endpoint can be made to do wrong, and how often."""

import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MODES = ("down", "html", "half", "error", "limited")
HTML = "<html><head><title>502 Bad Gateway</title></head><body>upstream error</body></html>"
LIES = ("logs", "headers")
RETRY_AFTER_S = 2
LIMIT_CODE, ERROR_CODE = -32005, -32603


@dataclass(frozen=True, slots=True)
class Broken:
    """A whole answer as a broken endpoint gives it."""

    status: int
    text: str
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Faults:
    """One endpoint's switches; those that show other blocks hold for every call."""

    mode: str | None = None  # how calls are answered instead, at the given rate
    rate: float = 1.0
    seed: int = 1
    latency_s: float = 0.0
    lag_blocks: int = 0
    frozen: bool = False
    chain_id: int | None = None  # answered instead of the true one
    lie: str | None = None  # what is told falsely, in answers that look right
    _chance: random.Random = field(default_factory=lambda: random.Random(1), repr=False)

    def apply(self, switches: Mapping[str, Any]) -> None:
        """Sets switches, all or none; ValueError names what is allowed."""
        for name, value in switches.items():
            if name not in RULES:
                raise ValueError(f"{name} is no switch; there are {', '.join(RULES)}")
            allowed, is_right = RULES[name]
            if not is_right(value):
                raise ValueError(f"{name} is {allowed}, not {value!r}")
        for name, value in switches.items():
            setattr(self, name, value)
        if "seed" in switches:
            self._chance = random.Random(self.seed)

    def status(self) -> dict[str, Any]:
        """The switches as they stand."""
        return {name: value for name, value in asdict(self).items() if name in RULES}

    def strike(self) -> str | None:
        """The mode if it falls on this call."""
        if self.mode is None or self._chance.random() >= self.rate:
            return None
        return self.mode


def broken(mode: str, honest: str) -> Broken:
    """What an endpoint in this mode answers where `honest` would be right."""
    if mode == "down":
        return Broken(502, "bad gateway", "text/plain")
    if mode == "html":
        return Broken(200, HTML, "text/html")
    if mode == "half":
        return Broken(200, honest[: len(honest) // 2])
    if mode == "limited":
        text = _error(LIMIT_CODE, "daily request count exceeded, request rate limited")
        return Broken(429, text, headers={"retry-after": str(RETRY_AFTER_S)})
    assert mode == "error", mode
    return Broken(200, _error(ERROR_CODE, "internal error"))


def _error(code: int, message: str) -> str:
    return f'{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"{message}"}}}}'


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "mode": (f"null or one of {', '.join(MODES)}", lambda value: value is None or value in MODES),
    "rate": ("a number from 0 to 1", lambda value: _is_number(value) and value <= 1),
    "seed": ("a whole number", _is_count),
    "latency_s": ("a number of seconds", _is_number),
    "lag_blocks": ("a number of blocks", _is_count),
    "frozen": ("true or false", lambda value: isinstance(value, bool)),
    "lie": (f"null or one of {', '.join(LIES)}", lambda value: value is None or value in LIES),
    "chain_id": ("null or a number", lambda value: value is None or _is_count(value)),
}
