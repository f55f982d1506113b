"""What a message carries, in words. Digits of a token that nobody told are not guessed."""

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
        return _of(message.token, message.amount, message.symbol, message.decimals)
    return _of("", message.value)


def summed(sums: tuple[Amount, ...]) -> str:
    """Sums of several tokens in one phrase: `318.42 ETH and 12 units of 0xa0b8…eb48`."""
    told = [
        str(_of(each.token, each.amount, each.symbol, each.decimals))
        for each in sums
        if int(each.amount or 0)
    ]
    if len(told) < 3:
        return " and ".join(told)
    return f"{', '.join(told[:2])} and {len(told) - 2} more tokens"


def _of(token: str, units: str, symbol: str = "", decimals: int | None = None) -> Worth:
    number = int(units or 0)
    if not token:
        return Worth(amount(number), "ETH", f"{number} wei") if number else Worth("", "", "0 wei")
    exact = f"{number} units of {token}"
    if symbol and decimals is not None:
        figure = amount(number, decimals) if decimals else count(number)
        return Worth(figure, symbol, exact)
    return Worth(count(number), f"units of {short(token)}", exact)
