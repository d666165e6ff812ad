"""Due notifications -> claims of one sender, with what there is to tell; and how they ended."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from reconciler.desired.notices import MOVING, Progress, Ready, readiness
from reconciler.model.base import Applied
from reconciler.model.declarations import Kind, ManagedAccount
from reconciler.model.decode import restored
from reconciler.model.events import EventKind
from reconciler.model.notices import (
    Attachment,
    Claim,
    Move,
    Notice,
    NotificationState,
    Settled,
    Topic,
    message_id,
)
from reconciler.model.windows import today
from reconciler.model.zones import zone
from reconciler.store import channels, codec, reading
from reconciler.store.connection import Connection
from reconciler.store.places import chunks, listed

_DUE = """
SELECT number FROM notification WHERE due_at <= :now{others}
ORDER BY due_at, attempts, number LIMIT :limit {lock}
"""
# What was written last is unknown to the statistics of a database, which then reads all events, or
# all attachments, to find the few that belong to a batch: so each is looked up by its own key.
_CLAIMED = f"""
SELECT notification.number, notification.event, topic, attempts, notification.at,
    (SELECT content FROM event WHERE event.number = notification.event), secret,
    channel.account_id, {channels.COLUMNS}
FROM notification
JOIN channel ON channel.id = channel_id
LEFT JOIN account ON account.id = account_id
WHERE notification.number IN ({{numbers}})
ORDER BY due_at, attempts, notification.number
"""
_WANTED = "WITH wanted (number, account_id, pack_id) AS (VALUES {places})"
_MOVES = f"""
{_WANTED}
SELECT wanted.number, instance, before.version, after.version, action, history.at
FROM wanted
CROSS JOIN history
LEFT JOIN release AS before ON before.id = before_id
LEFT JOIN release AS after ON after.id = after_id
WHERE history.account_id = wanted.account_id AND history.pack_id + 0 = wanted.pack_id
ORDER BY history.number
"""
_ATTACHMENTS = f"""
{_WANTED}
SELECT wanted.number, instance, version, hold_until
FROM wanted
CROSS JOIN attachment
LEFT JOIN release ON release.id = release_id
WHERE attachment.account_id = wanted.account_id AND attachment.pack_id = wanted.pack_id
ORDER BY instance
"""
_PACKS = "SELECT name, id FROM pack WHERE name IN ({names})"
_ACCOUNTS = "SELECT body FROM declaration WHERE kind = 'ManagedAccount' AND name IN ({names})"
_PENDING = """
SELECT pack.name, version, opens_at FROM pack JOIN release ON release.id = pending_id
WHERE pack.name IN ({names})
"""
_SET_ASIDE = """
SELECT pack.name, account.name FROM set_aside
JOIN pack ON pack.id = set_aside.pack_id
JOIN account ON account.id = set_aside.account_id
"""
_TAKE = "UPDATE notification SET due_at = :until, attempts = :attempts WHERE number = :number"
_PUT_OFF = "UPDATE notification SET due_at = :due_at WHERE number = :number"
_MOOT = """
UPDATE notification SET state = 'moot', due_at = NULL, at = :now, error = :error
WHERE number = :number
"""
_SETTLE = """
UPDATE notification
SET state = :state, attempts = :attempts, due_at = :due_at, error = :error, at = :at
WHERE number = :number AND state = 'due' AND due_at = :until
"""


def claim(
    connection: Connection, now: datetime, until: datetime, limit: int, busy: Collection[int]
) -> list[Claim]:
    """Inside the caller's transaction; what others have claimed is passed by."""
    others = f" AND channel_id NOT IN ({_numbers(busy)})" if busy else ""
    lock = "" if connection.alone else "FOR NO KEY UPDATE SKIP LOCKED"
    values = {"now": codec.time_text(now), "limit": limit}
    due = connection.execute(_DUE.format(others=others, lock=lock), values).fetchall()
    if not due:
        return []
    world = _World(connection, [number for (number,) in due], now)
    ready: list[Claim] = []
    for found in world.claims(until):
        said = readiness(found.notice, world.progress(found.notice), found.since, now)
        if _is_put_off(connection, found.number, said, now):
            continue
        values = {"number": found.number, "until": codec.time_text(until)}
        connection.execute(_TAKE, {**values, "attempts": found.attempts})
        ready.append(found)
    return ready


def _is_put_off(connection: Connection, number: int, said: Ready, now: datetime) -> bool:
    if said.moot is not None:
        values = {"number": number, "now": codec.time_text(now), "error": said.moot}
        connection.execute(_MOOT, values)
    elif said.again_at is not None:
        values = {"number": number, "due_at": codec.time_text(said.again_at)}
        connection.execute(_PUT_OFF, values)
    return said.moot is not None or said.again_at is not None


def settle(connection: Connection, outcomes: Sequence[Settled], now: datetime) -> None:
    """Inside the caller's transaction; a claim that ran out meanwhile is another's."""
    for end in sorted(outcomes, key=lambda one: one.claim.number):
        written = connection.execute(
            _SETTLE,
            {
                "number": end.claim.number,
                "until": codec.time_text(end.claim.until),
                "state": end.state.value,
                "attempts": end.attempts,
                "due_at": codec.optional_time_text(end.due_at),
                "error": end.error,
                "at": codec.time_text(end.claim.since if end.due_at else now),
            },
        ).rowcount
        if written and end.closes and end.state is NotificationState.DEAD:
            reason = end.error or "the receiver is gone"
            channel = end.claim.channel
            kind = EventKind.CHANNEL_CLOSED
            channels.close(connection, channel, kind, now, "reconciler", reason)


class _World:
    """What the notices of one batch tell of, read with a query for each kind of fact."""

    def __init__(self, connection: Connection, numbers: Sequence[int], now: datetime) -> None:
        self._connection, self._now = connection, now
        statement = _CLAIMED.format(numbers=_numbers(numbers))
        rows = connection.execute(statement).fetchall()
        self._zone = reading.publisher_zone(connection) or "UTC"
        self._claims = [self._claim(row) for row in rows]
        notices = [found.notice for found in self._claims]
        self._applied: Applied | None = reading.applied(connection)
        self._zones = dict(self._named_zones(one.account for one in notices if one.account))
        packs = [one.draft.pack for one in notices if one.draft.pack]
        self._pending = {
            pack: (version, codec.optional_time(opens_at))
            for pack, version, opens_at in self._of_names(_PENDING, packs)
        }
        ids = dict(self._of_names(_PACKS, packs))
        owners = ((row[0], row[7]) for row in rows)
        self._places = [
            (number, owner, ids[one.draft.pack])
            for (number, owner), one in zip(owners, notices, strict=True)
            if owner is not None and one.draft.pack in ids
        ]
        self._set_aside: frozenset[tuple[str, str]] = frozenset()
        if self._applied is not None and not self._applied.settled:
            self._set_aside = frozenset(map(tuple, connection.execute(_SET_ASIDE).fetchall()))

    def claims(self, until: datetime) -> Iterable[Claim]:
        """In the order in which they are due."""
        moves, attachments = self._moves(), self._attachments()
        for found in self._claims:
            notice = replace(
                found.notice,
                zone=self._zones.get(found.notice.account or "", self._zone),
                moves=moves.get(found.number, ()),
                attachments=attachments.get(found.number, ()),
            )
            yield replace(found, notice=notice, until=until)

    def progress(self, notice: Notice) -> Progress:
        """How far what a notice tells is carried out."""
        draft, applied = notice.draft, self._applied
        pending, opens_at = self._pending.get(draft.pack or "", (None, None))
        going_on = applied is not None and not applied.settled and applied.passed_at == draft.at
        own = (draft.pack or "", notice.account or "")
        return Progress(
            going_on=going_on,
            set_aside=bool(self._set_aside) if notice.account is None else own in self._set_aside,
            pending=pending,
            opens_at=opens_at,
        )

    def _claim(self, row: Any) -> Claim:
        number, event, topic, attempts, at, content, secret, _, *columns = row
        channel = channels.channel_of(columns, secret)
        since = codec.time_of(at)
        notice = Notice(
            id=message_id(channel.id, event),
            topic=Topic(topic),
            event=event,
            draft=codec.event_of(content),
            account=channel.account,
            zone=self._zone,
        )
        return Claim(
            number=number,
            channel=channel,
            notice=notice,
            attempts=attempts + 1,
            since=since,
            until=since,
        )

    def _moves(self) -> dict[int, tuple[Move, ...]]:
        """Those of the event's own pass; of rows that were set aside, the later one to its release.

        What was uninstalled is no move to a release, and the other way round.
        """
        notices = {found.number: found.notice for found in self._claims}
        if not any(one.topic in MOVING and one.account for one in notices.values()):
            return {}
        moves: dict[int, tuple[Move, ...]] = {}
        for number, instance, before, after, action, at in self._rows(_MOVES):
            notice = notices[number]
            draft = notice.draft
            moved_at = codec.time_of(at)
            is_later = after is not None and after == draft.details.get("after")
            is_its = moved_at == draft.at or (is_later and moved_at > draft.at)
            if is_its and (after is None) == (notice.topic is Topic.UNINSTALLED):
                move = Move(instance=instance, before=before, after=after, action=action)
                moves[number] = (*moves.get(number, ()), move)
        return moves

    def _attachments(self) -> dict[int, tuple[Attachment, ...]]:
        found: dict[int, tuple[Attachment, ...]] = {}
        if not any(one.notice.account for one in self._claims):
            return found
        day = today(self._now, zone(self._zone))
        for number, instance, release, hold_until in self._rows(_ATTACHMENTS):
            held = hold_until is not None and date.fromisoformat(hold_until) > day
            one = Attachment(instance=instance, release=release, held=held)
            found[number] = (*found.get(number, ()), one)
        return found

    def _named_zones(self, accounts: Iterable[str]) -> Iterable[tuple[str, str]]:
        for (body,) in self._of_names(_ACCOUNTS, accounts):
            spec = restored(Kind.MANAGED_ACCOUNT, body).spec
            assert isinstance(spec, ManagedAccount)
            if spec.time_zone is not None:
                yield spec.name, spec.time_zone

    def _of_names(self, statement: str, names: Iterable[str]) -> Iterable[Any]:
        for some in chunks(names):
            places, values = listed(some)
            yield from self._connection.execute(statement.format(names=places), values).fetchall()

    def _rows(self, statement: str) -> list[Any]:
        """Of the accounts and packs that the notices are about."""
        if not self._places:
            return []
        places = ", ".join(f"({_numbers(place)})" for place in self._places)
        return self._connection.execute(statement.format(places=places)).fetchall()


def _numbers(numbers: Collection[int]) -> str:
    return ", ".join(str(int(number)) for number in numbers)
