"""One check at a time: whatever goes wrong in it is a finding, and it ends in time."""

import asyncio
from collections.abc import Awaitable

from layerkeep.core.errors import RpcError
from layerkeep.core.units import SECOND, Duration, duration_text
from layerkeep.edge.preflight.finding import Notes

WORDS_MAX = 160  # letters of a provider's complaint that are worth showing


async def bounded(notes: Notes, subject: str, check: Awaitable[None], patience: Duration) -> None:
    """One check, its failures noted and its time limited."""
    try:
        async with asyncio.timeout(patience / SECOND):
            await check
    except TimeoutError:
        notes.warn(subject, "too-slow", f"not finished in {duration_text(patience)}")
    except RpcError as error:
        notes.warn(subject, "no-answer", words(error))
    except (ValueError, TypeError, LookupError) as error:
        notes.warn(subject, "strange-answer", f"{type(error).__name__}: {error}")


def words(error: Exception) -> str:
    """What an upstream said, cut to what is worth reading."""
    text = str(error) or type(error).__name__
    return text if len(text) <= WORDS_MAX else text[:WORDS_MAX] + "…"
