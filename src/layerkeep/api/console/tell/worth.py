"""What a message carries, in words. How many digits a token has is not known, so not guessed."""

from dataclasses import dataclass

from layerkeep.api.console.words import amount, count, short
from layerkeep.api.shapes.messages import Amount, MessageShown


@dataclass(frozen=True, slots=True)
class Worth:
    """A figure with its unit, and in `exact` all digits; no figure for what carries nothing."""

    figure: str
    unit: str
    exact: str

    def __str__(self) -> str:
        return f"{self.figure} {self.unit}".strip()


def worth(message: MessageShown) -> Worth:
    """What the message carries: its token if it has one, else the chain's own money."""
    if message.token:
        return _of(message.token, message.amount)
    return _of("", message.value)


def summed(sums: tuple[Amount, ...]) -> str:
    """Sums of several tokens in one phrase: `318.42 ETH and 12 units of 0xa0b8…eb48`."""
    told = [str(_of(each.token, each.amount)) for each in sums if int(each.amount or 0)]
    if len(told) < 3:
        return " and ".join(told)
    return f"{', '.join(told[:2])} and {len(told) - 2} more tokens"


def _of(token: str, units: str) -> Worth:
    number = int(units or 0)
    if not token:
        return Worth(amount(number), "ETH", f"{number} wei") if number else Worth("", "", "0 wei")
    if len(token) == 42 and token.startswith("0x"):
        return Worth(count(number), f"units of {short(token)}", f"{number} units of {token}")
    return Worth(count(number), f"units of {token}", f"{number} units of {token}")
