"""Mail by SMTP, in a thread: Python's own client, which waits."""

import asyncio
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from layerkeep.core.acting.paging.model import FAILED, SENT, UNSURE
from layerkeep.edge.notify.outcome import TIMEOUT_S, Message, Outcome

PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailAccount:
    """A server and who we are there. `url`: smtp://HOST:PORT (STARTTLS if offered) or smtps://."""

    url: str
    sender: str
    login: str = ""
    password: str = ""


class Mail:
    """One mail server."""

    def __init__(self, account: MailAccount) -> None:
        self._account = account

    async def tell(self, message: Message) -> Outcome:
        """One mail to one person."""
        if not message.address:
            return Outcome(FAILED, "no address")
        try:
            letter = _letter(self._account.sender, message)
        except ValueError:
            return Outcome(FAILED, "an address that is none")
        return await asyncio.to_thread(_send, self._account, letter)


def _letter(sender: str, message: Message) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, message.address, message.subject
    letter["Date"] = format_datetime(datetime.fromtimestamp(message.time / 1000, UTC))
    domain = sender.rpartition("@")[2]
    letter["Message-ID"] = f"<{message.id}@{domain}>"
    threads = [f"<incident-{each.id}@{domain}>" for each in message.about[:1]]
    if threads:
        letter["References"] = threads[0]
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.body + "\n")
    return letter


def _send(account: MailAccount, letter: EmailMessage) -> Outcome:
    """Once the server may have the whole letter, an error leaves the outcome unknown."""
    try:
        server = _connected(account)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(FAILED, f"not reached: {_reason(error)}", again=_may_pass(error))
    try:
        server.send_message(letter)
    except smtplib.SMTPServerDisconnected:
        return Outcome(UNSURE, "the server hung up")
    except smtplib.SMTPException as error:
        return Outcome(FAILED, _reason(error), again=_may_pass(error))
    except (TimeoutError, OSError) as error:
        return Outcome(UNSURE, f"no answer: {_reason(error)}")
    finally:
        server.close()
    return Outcome(SENT, "taken by the server")


def _connected(account: MailAccount) -> smtplib.SMTP:
    parts = urlsplit(account.url)
    port = parts.port or PORTS[parts.scheme]
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname or "", port, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(parts.hostname or "", port, timeout=TIMEOUT_S)
    try:
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if account.login:
            server.login(account.login, account.password)
    except BaseException:
        server.close()
        raise
    return server


def _reason(error: Exception) -> str:
    """Why, without what the server may repeat of a password."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return (
            f"recipient refused ({', '.join(str(code) for code, _ in error.recipients.values())})"
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused with {error.smtp_code}"
    if isinstance(error, socket.gaierror):
        return "no such host"
    return str(getattr(error, "strerror", "") or type(error).__name__)


def _may_pass(error: Exception) -> bool:
    """True if the server says it is only for now."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return True
