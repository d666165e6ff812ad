"""A notice -> a mail in plain text and HTML, given to the operator's SMTP server."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from reconciler.errors import UsageError
from reconciler.model.notices import Answer, Answered, Channel, Letter, Notice
from reconciler.report.notices.letter import letter

SECONDS = 30
_PORTS = {"smtp": 587, "smtps": 465}
_LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are given to. `tls`: from the first byte; `starttls`: after a greeting."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str


def mail_server(url: str, sender: str | None) -> MailServer:
    """smtps://USER:PASSWORD@HOST, or smtp:// for STARTTLS, smtp://HOST:25?tls=none for neither.

    Raises UsageError, which names no password.
    """
    parts = urlsplit("")
    port, asked = None, list[str]()
    try:
        parts = urlsplit(url)
        host, port, asked = parts.hostname, parts.port, parse_qs(parts.query).get("tls", [])
    except ValueError:
        host = None
    if (
        not host
        or parts.scheme not in _PORTS
        or parts.path.strip("/")
        or asked not in ([], ["none"])
    ):
        raise UsageError(
            "the URL of the mail server is none",
            "write smtps://USER:PASSWORD@HOST, smtp://HOST:587, or smtp://localhost:25?tls=none",
        )
    if sender is None:
        raise UsageError("mails need a sender", "set RECONCILER_MAIL_FROM to an address of yours")
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp" and not asked,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        sender=sender,
    )


async def mail(server: MailServer, channel: Channel, notice: Notice, now: datetime) -> Answer:
    """A mailbox that is refused for good is not tried again; anything else is."""
    try:
        await aiosmtplib.send(
            message(server.sender, channel.address, notice, now),
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=server.starttls,
            username=server.user,
            password=server.password,
            timeout=SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        code = max((refused.code for refused in error.recipients), default=450)
        kind = Answered.NEVER if code >= 500 else Answered.LATER
        return Answer(answered=kind, error=f"the mailbox was refused with code {code}")
    except aiosmtplib.SMTPDataError as error:
        kind = Answered.NEVER if error.code >= 500 else Answered.LATER
        return Answer(answered=kind, error=f"the mail was refused with code {error.code}")
    except (aiosmtplib.SMTPException, OSError) as error:
        said = f"the mail server does not take mails: {type(error).__name__}"
        return Answer(answered=Answered.BUSY, error=said)
    return Answer(answered=Answered.TAKEN)


def message(sender: str, recipient: str, notice: Notice, now: datetime) -> EmailMessage:
    """One to one address; the same Message-ID at every attempt."""
    told = letter(notice, now)
    found = EmailMessage(policy=SMTP)
    found["From"] = Address(addr_spec=sender)
    found["To"] = Address(addr_spec=recipient)
    found["Subject"] = told.title[:_LONGEST_SUBJECT]
    found["Date"] = format_datetime(now)
    found["Message-ID"] = f"<{notice.id}@{sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found["X-Auto-Response-Suppress"] = "All"
    found.set_content(_plain(told))
    found.add_alternative(_html(told), subtype="html")
    return found


def _plain(told: Letter) -> str:
    parts = [told.title, *told.lines]
    return "\n\n".join([*parts, told.action] if told.action else parts) + "\n"


def _html(told: Letter) -> str:
    lines = "".join(f"<p>{escape(text)}</p>\n" for text in told.lines)
    action = f"<p><strong>{escape(told.action)}</strong></p>\n" if told.action else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(told.title)}</title></head>\n"
        f"<body><h1>{escape(told.title)}</h1>\n{lines}{action}</body></html>\n"
    )
