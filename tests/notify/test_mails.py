"""Mails given to a real SMTP server."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from reconciler.errors import UsageError
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.notices import Answer, Answered, Channel, ChannelKind, Notice, Topic
from reconciler.notify.mails import MailServer, mail, mail_server

NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


class Mailbox:
    """What aiosmtpd hands mails to; `refuses` is what it says to a recipient."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuses: str | None = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        del server, session, options
        if self.refuses is not None:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        del server, session
        found = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, found))
        return "250 taken"


@pytest.fixture
def unused() -> int:
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def mailbox(unused: int) -> Iterator[tuple[Mailbox, MailServer]]:
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=unused)
    controller.start()
    yield handler, mail_server(f"smtp://127.0.0.1:{unused}?tls=none", "releases@acme.example")
    controller.stop()


def send(server: MailServer) -> Answer:
    channel = Channel(
        id=3,
        account="globex",
        kind=ChannelKind.EMAIL,
        address="ops@globex.example",
        topics=None,
        created_at=NOW,
        created_by="ann",
    )
    draft = EventDraft(kind=EventKind.SUPERSEDE, at=NOW, actor="ann", pack="orders", message="x",
                       details={"before": "1.1.0"})  # fmt: skip
    notice = Notice(
        id="msg_3_120",
        topic=Topic.SUPERSEDED,
        event=120,
        draft=draft,
        account="globex",
        zone="Europe/Paris",
    )
    return asyncio.run(mail(server, channel, notice, NOW))


def test_a_mail_has_a_text_and_a_page_and_the_same_id_at_every_attempt(mailbox: Any) -> None:
    box, server = mailbox
    for _ in range(2):
        assert send(server).answered is Answered.TAKEN
    (sender, recipients, found), (_, _, again) = box.mails
    assert (sender, recipients) == ("releases@acme.example", ["ops@globex.example"])
    assert found["Message-ID"] == again["Message-ID"] == "<msg_3_120@acme.example>"
    assert found["Subject"] == "orders 1.1.0 was superseded: its testing period is over"
    assert found["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in found.iter_parts()]
    assert kinds == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("said", "answered"),
    [("550 no such mailbox", Answered.NEVER), ("450 full", Answered.LATER)],
)
def test_a_mailbox_refused_for_good_is_not_tried_again(
    mailbox: Any, said: str, answered: Answered
) -> None:
    box, server = mailbox
    box.refuses = said
    assert send(server).answered is answered


def test_a_server_that_is_not_there_or_has_no_tls_when_it_must_is_tried_again(
    mailbox: Any,
) -> None:
    box, server = mailbox
    away = mail_server("smtp://127.0.0.1:1?tls=none", "a@b.example")
    strict = mail_server(f"smtp://127.0.0.1:{server.port}", "a@b.example")
    for one in (away, strict):
        assert send(one).answered is Answered.BUSY
    assert box.mails == []


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://h/x", "smtp://h?tls=maybe",
            "smtp://user:secret@h:99999"],
)  # fmt: skip
def test_a_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        mail_server(url, "a@b.example")
    assert "secret" not in caught.value.message


def test_a_mail_server_needs_a_sender_and_never_shows_its_password() -> None:
    with pytest.raises(UsageError, match="sender"):
        mail_server("smtps://mail.example", None)
    found = mail_server("smtps://us%40er:se%3Acret@mail.example", "a@b.example")
    assert (found.port, found.tls, found.starttls) == (465, True, False)
    assert (found.user, found.password) == ("us@er", "se:cret")
    assert "se:cret" not in repr(found)
