"""A channel and a notice -> one attempt to send, by whatever the channel is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.model.events import EventDraft, EventKind
from reconciler.model.notices import Answer, Answered, Channel, ChannelKind, Notice, Topic
from reconciler.notify.mails import MailServer, mail
from reconciler.notify.webhooks import post, web_session

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What an operator sets. `private`: receivers may have addresses that are not public.

    `mail` None: there is no mail server, and mails wait until there is one, or are dead.
    """

    private: bool = False
    mail: MailServer | None = None


class Post:
    """Sends; for the use of one event loop."""

    def __init__(self, ways: Ways, session: "aiohttp.ClientSession") -> None:
        self._ways, self._session = ways, session

    async def send(self, channel: Channel, notice: Notice, now: datetime) -> Answer:
        """Never raises: whatever happens is an answer."""
        if channel.kind is not ChannelKind.EMAIL:
            private = self._ways.private
            return await post(self._session, channel, notice, now, private=private)
        if self._ways.mail is None:
            return Answer(answered=Answered.BUSY, error="there is no mail server to send by")
        return await mail(self._ways.mail, channel, notice, now)


@asynccontextmanager
async def opened(ways: Ways) -> AsyncIterator[Post]:
    """A post for the block."""
    async with web_session(private=ways.private) as session:
        yield Post(ways, session)


async def try_channel(ways: Ways, channel: Channel, now: datetime, actor: str) -> Answer:
    """Sends a test at once, which is kept nowhere."""
    draft = EventDraft(
        kind=EventKind.CHANNEL_ADDED,
        at=now,
        actor=actor,
        account=channel.account,
        message="a test",
    )
    notice = Notice(
        id=f"msg_{channel.id}_test_{now.timestamp():.0f}",
        topic=Topic.TEST,
        event=0,
        draft=draft,
        account=channel.account,
        zone="UTC",
    )
    async with opened(ways) as post_:
        return await post_.send(channel, notice, now)
