"""Each kind of channel against a receiver that listens on this machine."""

import asyncio
from dataclasses import replace
from email.parser import BytesParser

import aiohttp
import pytest
from aiosmtpd.controller import Controller
from receivers import SECRET, Receiver, receiving

from layerkeep.core.acting.paging.model import Channel
from layerkeep.core.errors import SettingsError
from layerkeep.edge.notify import outcome as outcomes
from layerkeep.edge.notify.mail import Mail, MailAccount
from layerkeep.edge.notify.opening import open_channel
from layerkeep.edge.notify.outcome import Message, Outcome, Subject
from layerkeep.edge.notify.pagerduty import PagerDuty
from layerkeep.edge.notify.webhook import Webhook, is_signed, signed

NOW = 1_790_000_000_000
ABOUT = Subject("abc", "critical", "l2 halted", NOW - 5000, {"alertname": "chain-halted"}, "why")
MESSAGE = Message("n1", "page", "ann", "ann@example.org", "[CRITICAL] l2", "What: …", NOW, False)
MESSAGE = replace(MESSAGE, about=[ABOUT])


def with_session(body):
    """Run with a session."""

    async def run():
        async with aiohttp.ClientSession() as session:
            return await body(session)

    return asyncio.run(run())


def test_webhook__told__is_signed_and_names_its_notice():
    """The receiver can check who sent it, and tell doubles apart by the id."""

    async def body(session):
        async with receiving() as receiver:
            told = await Webhook(session, receiver.url, SECRET).tell(MESSAGE)
            forged = await Webhook(session, receiver.url, "another").tell(MESSAGE)
            return receiver, told, forged

    receiver, told, forged = with_session(body)

    assert ("sent", "failed", 1) == (told.state, forged.state, receiver.forged)
    assert [("n1", "ann", "abc")] == [
        (each["id"], each["person"], each["incidents"][0]["id"]) for each in receiver.got
    ]


def test_signature__altered_or_old__does_not_hold():
    """A changed body, another time, an old time and no signature at all are refused."""
    headers = signed(SECRET, b"{}", 1000)

    assert is_signed(SECRET, b"{}", headers, 1000 + 300)
    assert not is_signed(SECRET, b"{ }", headers, 1000)
    assert not is_signed(SECRET, b"{}", headers, 1000 + 301)
    assert not is_signed(SECRET, b"{}", headers | {"Layerkeep-Timestamp": "1001"}, 1000)
    assert not is_signed(SECRET, b"{}", headers | {"Layerkeep-Signature": "ü"}, 1000)
    assert not is_signed(SECRET, b"{}", {}, 1000)


@pytest.mark.parametrize(
    ("status", "state", "again"),
    [(204, "sent", False), (503, "failed", True), (400, "failed", False)],
)
def test_webhook__answered__says_whether_to_try_again(status, state, again):
    """What was not taken may be tried again where the answer says that it may work later."""

    async def body(session):
        async with receiving(Receiver(answers=[status])) as receiver:
            return await Webhook(session, receiver.url, SECRET).tell(MESSAGE)

    found = with_session(body)

    assert (state, again) == (found.state, found.again)


def test_webhook__that_never_answers__is_unsure(monkeypatch):
    """It may have been taken; nobody knows."""
    monkeypatch.setattr(outcomes, "TIMEOUT_S", 0.2)

    async def body(session):
        receiver = Receiver(hold=asyncio.Event())
        async with receiving(receiver):
            found = await Webhook(session, receiver.url, SECRET).tell(MESSAGE)
            receiver.hold.set()
            return found

    assert Outcome("unsure", "no answer in time") == with_session(body)


def test_webhook__where_nobody_listens__failed_surely():
    """No connection, no notice."""

    async def body(session):
        return await Webhook(session, "http://127.0.0.1:9", SECRET).tell(MESSAGE)

    found = with_session(body)

    assert ("failed", True) == (found.state, found.again)


def test_pagerduty__triggered_and_resolved__is_one_alert():
    """Both events have the incident's key; the endpoint is the channel's."""

    async def body(session):
        async with receiving(Receiver(secret="")) as receiver:
            channel = PagerDuty(session, receiver.url, "R0UTE", "net")
            states = [(await channel.tell(MESSAGE)).state]
            states.append((await channel.tell(replace(MESSAGE, over=True))).state)
            return receiver, states

    receiver, states = with_session(body)
    first, second = receiver.got

    assert ["sent", "sent"] == states
    assert ["/v2/enqueue"] * 2 == receiver.paths
    assert ["trigger", "resolve"] == [first["event_action"], second["event_action"]]
    assert {"layerkeep/net/abc"} == {first["dedup_key"], second["dedup_key"]}
    assert ("critical", "R0UTE") == (first["payload"]["severity"], first["routing_key"])


class Postbox:
    """Takes mail, unless the address says otherwise."""

    def __init__(self):
        self.letters = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        """Refuse some."""
        if address.startswith("nobody"):
            return "550 no such person"
        if address.startswith("later"):
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        """Keep it."""
        self.letters.append((envelope.rcpt_tos, BytesParser().parsebytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def postbox():
    """A mail server on this machine."""
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=0)
    server.port = _free_port()
    server.start()
    box.url = f"smtp://127.0.0.1:{server.port}"
    yield box
    server.stop()


def _free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_mail__sent__arrives_with_subject_and_words(postbox):
    """One letter to one person, named after the notice."""
    mail = Mail(MailAccount(postbox.url, "layerkeep@example.org"))

    found = asyncio.run(mail.tell(MESSAGE))
    ((to, letter),) = postbox.letters

    assert "sent" == found.state
    assert ["ann@example.org"] == to
    assert ("[CRITICAL] l2", "<n1@example.org>") == (letter["Subject"], letter["Message-ID"])
    assert "What" in letter.get_payload(decode=True).decode()


@pytest.mark.parametrize(
    ("address", "state", "again"),
    [
        ("nobody@example.org", "failed", False),
        ("later@example.org", "failed", True),
        ("", "failed", False),
        ("a@b\nBcc: x@y", "failed", False),
    ],
)
def test_mail__refused__says_whether_to_try_again(postbox, address, state, again):
    """A refused address failed surely; a line break in one sends nothing to anybody."""
    mail = Mail(MailAccount(postbox.url, "layerkeep@example.org"))

    found = asyncio.run(mail.tell(replace(MESSAGE, address=address)))

    assert (state, again, []) == (found.state, found.again, postbox.letters)


def test_mail__where_nobody_listens__failed_surely():
    """No server, no letter."""
    found = asyncio.run(Mail(MailAccount("smtp://127.0.0.1:9", "l@example.org")).tell(MESSAGE))

    assert ("failed", True) == (found.state, found.again)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_apprise__with_a_real_receiver__tells_it(monkeypatch):
    """Through Apprise's own JSON plugin; the person stands in front of the words."""
    pytest.importorskip("apprise")

    async def body(session):
        async with receiving(Receiver(secret="")) as receiver:
            monkeypatch.setenv("CHAT", receiver.url.replace("http", "json") + "/chat")
            channel = await open_channel(Channel("chat", "apprise", "env:CHAT"), session, "net")
            told = await channel.tell(replace(MESSAGE, address="@ann"))
            receiver.answers[:] = [500]
            return receiver, told, await channel.tell(MESSAGE)

    receiver, told, refused = with_session(body)

    assert ("sent", "unsure") == (told.state, refused.state)
    assert receiver.got[0]["message"].startswith("@ann What")
    assert ("[CRITICAL] l2", "failure") == (receiver.got[0]["title"], receiver.got[0]["type"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_apprise__with_a_url_it_does_not_know__is_a_settings_error(monkeypatch):
    """Told at the start, without the URL, which is a secret."""
    pytest.importorskip("apprise")
    monkeypatch.setenv("CHAT", "nonsense://secret")

    async def body(session):
        return await open_channel(Channel("chat", "apprise", "env:CHAT"), session, "net")

    with pytest.raises(SettingsError) as told:
        with_session(body)

    assert "secret" not in str(told.value)
