"""The log of events and the tables of notifications -> ports.Outbox."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from reconciler.errors import RequestRefused
from reconciler.model.events import EventKind
from reconciler.model.notices import (
    Channel,
    ChannelDraft,
    ChannelKind,
    Claim,
    Notification,
    NotificationState,
    Settled,
    Topic,
    Waiting,
)
from reconciler.store import channels, claiming, codec, expanding, reminders
from reconciler.store.connection import Database

_KEPT = timedelta(days=30)

_WAITING = """
SELECT
    EXISTS (SELECT 1 FROM channel WHERE closed_at IS NULL)
        AND (SELECT number FROM chain_end) > (SELECT event FROM outbox),
    EXISTS (SELECT 1 FROM notification WHERE due_at <= :now)
"""
_NOTIFICATIONS = """
SELECT notification.number, channel_id, account.name, channel.kind, event, topic,
    (SELECT pack FROM event WHERE event.number = notification.event), state, attempts, due_at,
    notification.at, error
FROM notification
JOIN channel ON channel.id = channel_id
LEFT JOIN account ON account.id = account_id
WHERE TRUE{conditions}
ORDER BY notification.number DESC LIMIT :limit
"""
_OF_DEAD = """
SELECT notification.number, channel.id, closed_at
FROM notification
JOIN channel ON channel.id = channel_id
LEFT JOIN account ON account.id = account_id
WHERE notification.number = :number AND state = 'dead'{conditions}
"""
_RESEND = """
UPDATE notification SET state = 'due', attempts = 0, due_at = :now, at = :now
WHERE number = :number AND state = 'dead'
"""
_FORGET = """
DELETE FROM notification WHERE due_at IS NULL AND state IN ('sent', 'moot') AND at < :before
"""
_FORGETTABLE = f"""
SELECT EXISTS ({_FORGET.replace("DELETE", "SELECT 1")}) OR EXISTS (
    {reminders.FORGET.replace("DELETE", "SELECT 1").replace(":before", ":remembered")}
)
"""


class SqlOutbox:
    """Implements ports.outbox.Outbox; may be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def knows(self, account: str) -> bool:
        """Every account that was ever seen can be told."""
        with self._database.reading() as connection:
            return channels.knows(connection, account)

    def add_channel(self, draft: ChannelDraft) -> Channel:
        """With its secret. Raises RequestRefused, StoreError."""
        with self._database.writing() as writer, writer.transaction() as connection:
            return channels.add(connection, draft)

    def channels(self, account: str | None = None, *, closed: bool = False) -> list[Channel]:
        """Without their secrets."""
        with self._database.reading() as connection:
            return channels.channels(connection, account, closed=closed)

    def channel(self, number: int, account: str | None = None) -> Channel | None:
        """One that is open, with its secret."""
        with self._database.reading() as connection:
            found = channels.channels(connection, account, number=number)
        return found[0] if found else None

    def remove_channel(self, number: int, account: str | None, at: datetime, actor: str) -> bool:
        """False where there was none."""
        with self._database.writing() as writer, writer.transaction() as connection:
            found = channels.channels(connection, account, number=number)
            if not found:
                return False
            kind, reason = EventKind.CHANNEL_REMOVED, "the channel was removed"
            return channels.close(connection, found[0], kind, at, actor, reason)

    def notifications(
        self,
        account: str | None = None,
        *,
        state: NotificationState | None = None,
        channel: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        """Newest first, below the number `before`."""
        conditions = channels.owned(account)
        # Written out, so that the index of the dead serves.
        conditions += "" if state is None else f" AND state = '{state.value}'"
        conditions += "" if channel is None else " AND channel_id = :channel"
        conditions += "" if before is None else " AND notification.number < :before"
        values = {
            "account": account,
            "channel": channel,
            "before": before,
            "limit": limit,
        }
        with self._database.reading() as connection:
            rows = connection.execute(_NOTIFICATIONS.format(conditions=conditions), values)
            return [_notification(row) for row in rows.fetchall()]

    def resend(self, number: int, account: str | None, now: datetime) -> bool:
        """A dead one is due again. Raises RequestRefused when its channel is closed."""
        conditions = channels.owned(account)
        values = {"number": number, "account": account, "now": codec.time_text(now)}
        with self._database.writing() as writer, writer.transaction() as connection:
            found = connection.execute(_OF_DEAD.format(conditions=conditions), values).fetchone()
            if found is None:
                return False
            if found[2] is not None:
                raise RequestRefused(
                    f"channel {found[1]} is closed, so nothing is sent there", "add a new channel"
                )
            return bool(connection.execute(_RESEND, values).rowcount)

    def waiting(self, now: datetime) -> Waiting:
        """Reads alone."""
        with self._database.reading() as connection:
            values = {"now": codec.time_text(now)}
            events, due = connection.execute(_WAITING, values).fetchone()
        return Waiting(events=bool(events), due=bool(due))

    def expand(self, now: datetime) -> None:
        """Some of the next events, in one transaction."""
        with self._database.writing() as writer, writer.transaction() as connection:
            expanding.expand(connection, now)

    def claim(
        self, now: datetime, until: datetime, limit: int, busy: Collection[int]
    ) -> list[Claim]:
        """Due ones, which nobody else gets before `until`."""
        with self._database.writing() as writer, writer.transaction() as connection:
            return claiming.claim(connection, now, until, limit, busy)

    def settle(self, outcomes: Sequence[Settled], now: datetime) -> None:
        """How attempts ended."""
        with self._database.writing() as writer, writer.transaction() as connection:
            claiming.settle(connection, outcomes, now)

    def remind(self, now: datetime, leads: Sequence[timedelta]) -> None:
        """Events for what comes near."""
        reminders.remind(self._database, now, leads)

    def forget(self, now: datetime) -> None:
        """Writes nothing when nothing is that old."""
        values = {
            "before": codec.time_text(now - _KEPT),
            "remembered": reminders.forgotten_before(now),
        }
        with self._database.reading() as connection:
            (some,) = connection.execute(_FORGETTABLE, values).fetchone()
        if some:
            with self._database.writing() as writer, writer.transaction() as connection:
                connection.execute(_FORGET, values)
                connection.execute(reminders.FORGET, {"before": values["remembered"]})


def _notification(row: Any) -> Notification:
    number, channel, account, kind, event, topic, pack, state, attempts, due_at, at, error = row
    return Notification(
        number=number,
        channel=channel,
        account=account,
        kind=ChannelKind(kind),
        event=event,
        topic=Topic(topic),
        pack=pack,
        state=NotificationState(state),
        attempts=attempts,
        due_at=codec.optional_time(due_at),
        at=codec.time_of(at),
        error=error,
    )
