"""Channels as the topology declares them, made ready to be used."""

import asyncio
from collections.abc import Mapping

import aiohttp

from layerkeep.core.acting.paging.model import ALERTMANAGER, APPRISE, MAIL, PAGERDUTY, Channel
from layerkeep.edge.notify.alertmanager import Alertmanager
from layerkeep.edge.notify.mail import Mail, MailAccount
from layerkeep.edge.notify.outcome import Notifier
from layerkeep.edge.notify.pagerduty import PagerDuty
from layerkeep.edge.notify.webhook import Webhook
from layerkeep.edge.secrets import resolve


async def open_channels(
    channels: Mapping[str, Channel], session: aiohttp.ClientSession, network: str
) -> dict[str, Notifier]:
    """Every channel by name; SettingsError if a secret is missing or a library is not there."""
    return {name: await open_channel(each, session, network) for name, each in channels.items()}


async def open_channel(channel: Channel, session: aiohttp.ClientSession, network: str) -> Notifier:
    """One channel; SettingsError if a secret is missing or its library is not there."""
    url, secret = resolve(channel.url), resolve(channel.secret) if channel.secret else ""
    if channel.kind == APPRISE:
        return await asyncio.to_thread(_apprise, url)
    if channel.kind == ALERTMANAGER:
        return Alertmanager(session, url)
    if channel.kind == PAGERDUTY:
        return PagerDuty(session, url, secret, network)
    if channel.kind == MAIL:
        return Mail(MailAccount(url, channel.sender, channel.login, secret))
    return Webhook(session, url, secret)


def _apprise(url: str) -> Notifier:
    from layerkeep.edge.notify.apprise import Apprise

    return Apprise(url)
