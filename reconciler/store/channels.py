"""Where somebody wants to be told <-> rows of `channel`; each change with its event."""

import base64
import json
import secrets
from datetime import datetime
from typing import Any

from reconciler.desired.channels import MOST_CHANNELS
from reconciler.errors import RequestRefused
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.notices import PUBLISHER, Channel, ChannelDraft, ChannelKind, Topic
from reconciler.store import codec, log
from reconciler.store.connection import Connection, Values

CURSOR = "SELECT event, channel FROM outbox"
MOVE_CURSOR = "UPDATE outbox SET event = :event, channel = :channel"
ANY_OPEN = "SELECT 1 FROM channel WHERE closed_at IS NULL LIMIT 1"
_SECRET_BYTES = 24

COLUMNS = (
    "channel.id, account.name, channel.kind, address, topics, channel.created_at, created_by,"
    " closed_at"
)
_CHANNELS = f"""
SELECT {COLUMNS}, secret FROM channel LEFT JOIN account ON account.id = account_id
WHERE TRUE{{conditions}} ORDER BY channel.id
"""
_KNOWN = "SELECT 1 FROM account WHERE name = :account AND name NOT LIKE '%~%'"
_ADD = """
INSERT INTO channel
    (account_id, kind, address, secret, topics, created_at, created_by, since_event)
VALUES ((SELECT id FROM account WHERE name = :account), :kind, :address, :secret, :topics, :at,
    :actor, (SELECT number FROM chain_end))
RETURNING id
"""
_CLOSE = """
UPDATE channel SET closed_at = :at, secret = NULL WHERE id = :id AND closed_at IS NULL
"""
_DROP_DUE = """
UPDATE notification SET state = 'moot', due_at = NULL, at = :at, error = :error
WHERE channel_id = :id AND state = 'due'
"""


def owned(account: str | None) -> str:
    """The condition on channels of an account, of the publisher, or (None) of all."""
    if account is None:
        return ""
    return " AND account_id IS NULL" if account == PUBLISHER else " AND account.name = :account"


def channels(
    connection: Connection,
    account: str | None,
    *,
    number: int | None = None,
    closed: bool = False,
) -> list[Channel]:
    """In order of their numbers; one that is asked for by its number has its secret."""
    conditions = owned(account)
    conditions += "" if closed else " AND closed_at IS NULL"
    conditions += "" if number is None else " AND channel.id = :number"
    values = {"account": account, "number": number}
    rows = connection.execute(_CHANNELS.format(conditions=conditions), values).fetchall()
    return [channel_of(row[:-1], row[-1] if number is not None else None) for row in rows]


def channel_of(columns: Any, secret: str | None) -> Channel:
    """The channel of one row, columns as in COLUMNS."""
    number, account, kind, address, topics, created_at, created_by, closed_at = columns
    return Channel(
        id=number,
        account=account,
        kind=ChannelKind(kind),
        address=address,
        topics=None if topics is None else tuple(map(Topic, json.loads(topics))),
        created_at=codec.time_of(created_at),
        created_by=created_by,
        closed_at=codec.optional_time(closed_at),
        secret=secret,
    )


def add(connection: Connection, draft: ChannelDraft) -> Channel:
    """Inside the caller's transaction. Raises RequestRefused.

    The cursor is held, so that no event passes by between its end and the channel's beginning.
    """
    connection.lock(CURSOR)
    _check(connection, draft)
    secret = _new_secret() if draft.kind is ChannelKind.WEBHOOK else None
    if connection.execute(ANY_OPEN).fetchone() is None:
        end = connection.execute(log.END).fetchone()[0]
        connection.execute(MOVE_CURSOR, {"event": end, "channel": 0})
    values: Values = {
        "account": draft.account,
        "kind": draft.kind.value,
        "address": draft.address,
        "secret": secret,
        "topics": None if draft.topics is None else json.dumps(draft.topics),
        "at": codec.time_text(draft.at),
        "actor": draft.actor,
    }
    number = connection.execute(_ADD, values).fetchone()[0]
    found = channels(connection, None, number=number)[0]
    log.append(connection, (_event(EventKind.CHANNEL_ADDED, found, draft.at, draft.actor),))
    return found


def knows(connection: Connection, account: str) -> bool:
    """Whether an account was ever seen."""
    return connection.execute(_KNOWN, {"account": account}).fetchone() is not None


def _check(connection: Connection, draft: ChannelDraft) -> None:
    account = draft.account
    if account is not None and not knows(connection, account):
        raise RequestRefused(
            f'there is no account "{account}"', "declare it and apply the revision first"
        )
    owner = PUBLISHER if account is None else account
    if len(channels(connection, owner)) >= MOST_CHANNELS:
        who = "the publisher" if account is None else account
        raise RequestRefused(
            f"{who} has {MOST_CHANNELS} channels, which is all that it may have",
            "remove one first: reconciler notify channels, reconciler notify remove",
        )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def close(
    connection: Connection, found: Channel, kind: EventKind, at: datetime, actor: str, reason: str
) -> bool:
    """Nothing is sent there any more; what was due is moot. False when it was closed already."""
    values = {"id": found.id, "at": codec.time_text(at)}
    if not connection.execute(_CLOSE, values).rowcount:
        return False
    connection.execute(_DROP_DUE, {**values, "error": reason})
    log.append(connection, (_event(kind, found, at, actor),))
    return True


_WORDS = {
    EventKind.CHANNEL_ADDED: "is told by",
    EventKind.CHANNEL_REMOVED: "is no more told by",
    EventKind.CHANNEL_CLOSED: "is no more told, since the receiver is gone, by",
}


def _event(kind: EventKind, found: Channel, at: datetime, actor: str) -> EventDraft:
    """Without the address: events are for ever, and an address may be a person's, or a secret."""
    who = found.account or "the publisher"
    return EventDraft(
        kind=kind,
        at=at,
        actor=actor,
        account=found.account,
        message=f"{who} {_WORDS[kind]} {found.kind} (channel {found.id})",
        details={
            "channel": found.id,
            "kind": found.kind.value,
            "topics": None if found.topics is None else [str(topic) for topic in found.topics],
        },
    )
