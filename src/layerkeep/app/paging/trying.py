"""Trying a channel: one message to one person, marked as a test, and its outcome."""

from dataclasses import replace

import aiohttp

from layerkeep.app.paging.roster import Addresses
from layerkeep.core.acting.paging.model import ID_DIGITS, TEST
from layerkeep.core.errors import SettingsError
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.topology import Topology
from layerkeep.core.topology.spot import close_match
from layerkeep.edge.notify.opening import open_channel
from layerkeep.edge.notify.outcome import Message, Outcome, Subject
from layerkeep.edge.store.notices import NoticeRow

SUBJECT = "[TEST] layerkeep reaches you"
BODY = "What: a test of this channel, asked for by {by}. Nothing is wrong, nothing is to be done."


async def try_channel(
    topology: Topology, name: str, person: str, by: str, now: int
) -> tuple[NoticeRow, Outcome]:
    """Send a test; SettingsError if there is no such channel, or nobody to send it to."""
    channels = topology.paging.channels
    channel = channels.get(name)
    if channel is None:
        near = close_match(name, channels)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(channels) or 'none'}"
        raise SettingsError(f"there is no channel {name!r}; {hint}")
    rota = Addresses(topology)
    if not rota.channels(person, (name,)) and not channel.shared:
        able = [each for each in topology.people.people if rota.channels(each, (name,))]
        known = f"; these have one: {', '.join(able)}" if able else ""
        raise SettingsError(f"{person or 'nobody'} has no address on {name}; use --person{known}")
    words = BODY.format(by=by)
    about = Subject("test", "warning", SUBJECT, now, _labels(topology, by), words)
    digest = keccak_hex(f"{TEST} {name} {person} {now}".encode())[2 : 2 + ID_DIGITS]
    message = Message(digest, TEST, person, "", SUBJECT, words, now, over=False, about=[about])
    async with aiohttp.ClientSession() as session:
        notifier = await open_channel(channel, session, topology.network)
        outcome = await notifier.tell(replace(message, address=rota.address(person, name)))
        if channel.shared:  # what keeps alerts is told that this one is over
            await notifier.tell(replace(message, over=True))
    row = NoticeRow(
        *(digest, now, TEST, person, name, outcome.state, now, 1, outcome.detail, SUBJECT, words)
    )
    return row, outcome


def _labels(topology: Topology, by: str) -> dict[str, str]:
    return {"alertname": "layerkeep-test", "network": topology.network, "by": by}
