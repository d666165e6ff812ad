"""The next events of the log -> a notification for each channel that they concern, once.

Cost follows the events that are told, and for one that concerns all who have a pack, the channels
of accounts; each transaction looks at a bounded number.
"""

from datetime import datetime

from reconciler.desired.notices import audience, named_accounts, tells_the_same, topic_of
from reconciler.model.events import EventDraft
from reconciler.model.notices import Audience, Topic
from reconciler.store import codec, log
from reconciler.store.channels import ANY_OPEN, CURSOR, MOVE_CURSOR
from reconciler.store.connection import Connection, Values
from reconciler.store.places import listed

EVENTS = 200
CHANNELS = 2_000
_EVENTS_OF_MANY = 10

_NEXT = "SELECT number, content FROM event WHERE number > :event ORDER BY number LIMIT :limit"
_BEFORE = """
SELECT content FROM event WHERE pack = :pack AND at = :at AND number < :number
ORDER BY number DESC LIMIT 20
"""
_PUT = """
INSERT INTO notification (channel_id, event, topic, state, due_at, at)
SELECT id, :event, :topic, 'due', :now, :now FROM channel
WHERE closed_at IS NULL AND since_event < :event AND (topics IS NULL OR topics LIKE :wanted)
    AND {concern}
ORDER BY id
ON CONFLICT (channel_id, event) DO NOTHING
"""
_PUBLISHER = "account_id IS NULL"
_ACCOUNTS = "account_id IN (SELECT id FROM account WHERE name IN ({names}))"
_THE_PACK = "pack_id = (SELECT id FROM pack WHERE name = :pack)"
_HAVING = f"""
id > :after AND id <= :last AND EXISTS (
    SELECT 1 FROM attachment WHERE {_THE_PACK} AND attachment.account_id = channel.account_id
)
"""
_HAD = f"""
id > :after AND id <= :last AND (
    EXISTS (
        SELECT 1 FROM history WHERE history.account_id = channel.account_id AND {_THE_PACK}
    )
    OR EXISTS (
        SELECT 1 FROM attachment WHERE {_THE_PACK} AND attachment.account_id = channel.account_id
    )
)
"""
# Of a pack that few have, those few are asked whether they listen.
_HAVING_ONE_OF_FEW = f"account_id IN (SELECT account_id FROM attachment WHERE {_THE_PACK})"
_HAD_ONE_OF_FEW = f"""
account_id IN (
    SELECT account_id FROM attachment WHERE {_THE_PACK}
    UNION SELECT account_id FROM history WHERE {_THE_PACK}
)
"""
_MANY_HAVE = f"SELECT 1 FROM attachment WHERE {_THE_PACK} LIMIT 1 OFFSET :most"
_MANY_HAD = f"SELECT 1 FROM history WHERE {_THE_PACK} LIMIT 1 OFFSET :most"
_LAST = "SELECT id FROM channel WHERE id > :after ORDER BY id LIMIT 1 OFFSET :offset"
_HIGHEST = "SELECT coalesce(max(id), 0) FROM channel"


def expand(connection: Connection, now: datetime) -> None:
    """Inside the caller's transaction; the cursor keeps others out until it ends."""
    connection.lock(CURSOR)
    event, after = connection.execute(CURSOR).fetchone()
    if connection.execute(ANY_OPEN).fetchone() is None:
        event, after = connection.execute(log.END).fetchone()[0], 0
    else:
        are_many = connection.execute(_LAST, {"after": 0, "offset": CHANNELS // 10}).fetchone()
        limit = _EVENTS_OF_MANY if are_many else EVENTS
        events = connection.execute(_NEXT, {"event": event, "limit": limit}).fetchall()
        for number, content in events:
            reached = _tell(connection, number, codec.event_of(content), after, now)
            if reached is not None:
                after = reached
                break
            event, after = number, 0
    connection.execute(MOVE_CURSOR, {"event": event, "channel": after})


def _tell(
    connection: Connection, number: int, draft: EventDraft, after: int, now: datetime
) -> int | None:
    """Returns the last channel looked at, None when all of them were."""
    topic = topic_of(draft)
    if topic is None:
        return None
    values: Values = {
        "event": number,
        "topic": topic.value,
        "wanted": f'%"{topic.value}"%',
        "now": codec.time_text(now),
        "pack": draft.pack,
    }
    to = audience(topic)
    tells_owner = to in (Audience.OWNER, Audience.BOTH) and draft.account is not None
    if after == 0 and not (to is Audience.OWNER and tells_owner):
        connection.execute(_PUT.format(concern=_PUBLISHER), values)
    if tells_owner and draft.account is not None:
        _put_named(connection, (draft.account,), values)
    if to is not Audience.PACK or _is_told(connection, number, draft):
        return None
    named = named_accounts(draft)
    if named is not None:
        _put_named(connection, named, values)
        return None
    return _put_having(connection, topic, after, values)


def _put_named(connection: Connection, accounts: tuple[str, ...], values: Values) -> None:
    names, bound = listed(accounts)
    statement = _PUT.format(concern=_ACCOUNTS.format(names=names))
    connection.execute(statement, {**values, **bound})


def _put_having(connection: Connection, topic: Topic, after: int, values: Values) -> int | None:
    """The next channels, those of accounts that have the pack, or had it when it is about that."""
    had = topic is Topic.UNINSTALLED
    if after == 0 and not _are_many(connection, had, values):
        concern = _HAD_ONE_OF_FEW if had else _HAVING_ONE_OF_FEW
        connection.execute(_PUT.format(concern=concern), values)
        return None
    found = connection.execute(_LAST, {"after": after, "offset": CHANNELS - 1}).fetchone()
    last = found[0] if found else connection.execute(_HIGHEST).fetchone()[0]
    concern = _HAD if had else _HAVING
    connection.execute(_PUT.format(concern=concern), {**values, "after": after, "last": last})
    return last if found else None


def _are_many(connection: Connection, had: bool, values: Values) -> bool:
    """Whether more have the pack, or had it, than channels are looked at in one transaction."""
    asked = (_MANY_HAVE, _MANY_HAD) if had else (_MANY_HAVE,)
    given = {**values, "most": CHANNELS}
    return any(connection.execute(statement, given).fetchone() for statement in asked)


def _is_told(connection: Connection, number: int, draft: EventDraft) -> bool:
    """Whether an event before tells the accounts of the same moves."""
    values = {"pack": draft.pack, "at": codec.time_text(draft.at), "number": number}
    before = connection.execute(_BEFORE, values).fetchall()
    return any(tells_the_same(draft, codec.event_of(content)) for (content,) in before)
