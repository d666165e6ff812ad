"""What comes near -> events that remind of it, each once however many look for it.

The row that says "was told" is written in the transaction of the event. Looking writes nothing, and
while nobody has a channel there is not even a look.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from reconciler.desired import reminders
from reconciler.desired.extensibility import SettingName, unfilled
from reconciler.desired.reminders import Near
from reconciler.model.declarations import Kind, Publisher
from reconciler.model.events import EventDraft
from reconciler.model.tree import Tree
from reconciler.model.zones import zone
from reconciler.store import codec, log, part
from reconciler.store.channels import ANY_OPEN
from reconciler.store.connection import Connection, Database
from reconciler.store.places import chunks, listed

T = TypeVar("T")

ACCOUNTS = 500
_KEPT = timedelta(days=400)

_PENDING = """
SELECT current.version, pack.name, pending.version, pending.body, pending.declared,
    pending.accepted_at, pending.promoted_at, pending.current_at, pending.opens_at
FROM pack
JOIN release AS pending ON pending.id = pending_id
LEFT JOIN release AS current ON current.id = current_id
WHERE pack.name NOT LIKE '%~%' AND (pending.opens_at <= :until OR pending.accepted_at > :since)
ORDER BY pack.name
"""
_TOKENS = """
SELECT token.id, token.name, account.name, created_at, expires_at
FROM token LEFT JOIN account ON account.id = account_id
WHERE revoked_at IS NULL AND expires_at > :now AND expires_at <= :until AND EXISTS (
    SELECT 1 FROM channel
    WHERE channel.account_id IS NOT DISTINCT FROM token.account_id AND closed_at IS NULL
)
ORDER BY token.id
"""
_TOLD = "SELECT key FROM reminder WHERE key IN ({names})"
_TELL = "INSERT INTO reminder (key, at) VALUES (:key, :at) ON CONFLICT (key) DO NOTHING"
_THE_PACK = "pack_id = (SELECT id FROM pack WHERE name = :pack)"
FORGET = "DELETE FROM reminder WHERE at < :before"
# Of all packs together these are as many as there are attachments, where to ask each channel about
# each pack would be as many as there are of both.
_LISTENING = f"""
SELECT DISTINCT account_id FROM attachment
WHERE {_THE_PACK} AND account_id > :after AND EXISTS (
    SELECT 1 FROM channel
    WHERE channel.account_id = attachment.account_id AND closed_at IS NULL
)
ORDER BY account_id LIMIT :limit
"""
_VALUES = f"""
SELECT account.id, account.name, declared, requested
FROM attachment JOIN account ON account.id = account_id
WHERE {_THE_PACK} AND account_id IN ({{numbers}})
ORDER BY account.id
"""


def forgotten_before(now: datetime) -> str:
    """Reminders from before this are of no use: what they were about is long over."""
    return codec.time_text(now - _KEPT)


def remind(database: Database, now: datetime, leads: Sequence[timedelta]) -> None:
    """Appends the events that are due. Raises StoreError."""
    with database.reading() as connection:
        if connection.execute(ANY_OPEN).fetchone() is None:
            return
        publisher = _publisher(connection)
        if publisher is None:
            return
        its_zone = zone(publisher.time_zone)
        found = list(_near(connection, publisher, its_zone, leads, now))
        due = {
            f"window-near {one.stage}": reminders.window_near(one, its_zone, now)
            for one in found
            if one.lead is not None
        }
        due.update(_tokens(connection, now))
        due = _untold(connection, due)
        stages = _untold(connection, {f"values-missing {one.stage}": one for one in found})
    if due:
        with database.writing() as writer, writer.transaction() as connection:
            _tell(connection, due.items(), now)
    for key, one in stages.items():
        _tell_missing(database, key, one, its_zone, now)


def _publisher(connection: Connection) -> Publisher | None:
    found = part.declared(connection, kinds=[Kind.PUBLISHER])
    return cast(Publisher, found[0].spec) if found else None


def _near(
    connection: Connection,
    publisher: Publisher,
    its_zone: ZoneInfo,
    leads: Sequence[timedelta],
    now: datetime,
) -> Iterator[Near]:
    values = {
        "until": codec.time_text(now + max(leads, default=timedelta())),
        "since": codec.time_text(now - reminders.BEGINNING),
    }
    for current, *columns in connection.execute(_PENDING, values).fetchall():
        record = codec.release_of(tuple(columns))
        found = reminders.near(record, current, publisher, its_zone, leads, now)
        if found is not None:
            yield found


def _tokens(connection: Connection, now: datetime) -> Iterator[tuple[str, EventDraft]]:
    until = now + max(reminders.TOKEN_LEADS)
    values = {"now": codec.time_text(now), "until": codec.time_text(until)}
    for number, name, account, created_at, expires_at in connection.execute(_TOKENS, values):
        token = reminders.Token(
            id=number,
            name=name,
            account=account,
            created_at=codec.time_of(created_at),
            expires_at=codec.time_of(expires_at),
        )
        began_at, ends_at = token.created_at, token.expires_at
        lead = reminders.reached_lead(reminders.TOKEN_LEADS, began_at, ends_at, now)
        if lead is not None:
            key = f"token-expiring {number} {expires_at} {lead.total_seconds():.0f}"
            yield key, reminders.token_expiring(token, now)


def _untold(connection: Connection, due: dict[str, T]) -> dict[str, T]:
    told: set[str] = set()
    for some in chunks(due):
        places, values = listed(some)
        rows = connection.execute(_TOLD.format(names=places), values).fetchall()
        told.update(key for (key,) in rows)
    return {key: value for key, value in due.items() if key not in told}


def _tell(connection: Connection, due: Iterable[tuple[str, EventDraft]], now: datetime) -> None:
    """Inside the caller's transaction; what another has told meanwhile is left out."""
    at = codec.time_text(now)
    log.append(
        connection,
        [draft for key, draft in due if connection.execute(_TELL, {"key": key, "at": at}).rowcount],
    )


def _tell_missing(
    database: Database, stage: str, found: Near, its_zone: ZoneInfo, now: datetime
) -> None:
    """Accounts of the pack with channels, some at a time; begun again where it was cut short."""
    after: int | None = 0
    while after is not None:
        with database.reading() as connection:
            required = _required(connection, found)
            accounts, after = _lacking(connection, found, required, after)
        due = {
            f"{stage} {number}": reminders.values_missing(found, name, missing, its_zone, now)
            for number, (name, missing) in accounts.items()
        }
        if not due and after is not None:
            continue
        with database.writing() as writer, writer.transaction() as connection:
            _tell(connection, due.items(), now)
            if after is None:
                connection.execute(_TELL, {"key": stage, "at": codec.time_text(now)})


def _required(connection: Connection, found: Near) -> tuple[SettingName, ...]:
    release = found.record.release
    names = [
        (Kind.INTEGRATION_PACK, release.pack),
        (Kind.RELEASE, f"{release.pack}@{release.version}"),
    ]
    for component, version in release.components.items():
        name = f"{component}@{version}"
        names += [(Kind.PACKAGED_COMPONENT, name), (Kind.PUBLISHED_PROCESS, name)]
    tree = Tree(part.declared(connection, names))
    return reminders.required_settings(tree, release.pack, release.version)


def _lacking(
    connection: Connection, found: Near, required: Sequence[SettingName], after: int
) -> tuple[dict[int, tuple[str, list[SettingName]]], int | None]:
    """account number -> its name and what it lacks; and where to go on, None at the end."""
    lacking: dict[int, tuple[str, list[SettingName]]] = {}
    if not required:
        return lacking, None
    pack = found.record.release.pack
    values = {"after": after, "limit": ACCOUNTS, "pack": pack}
    numbers = [number for (number,) in connection.execute(_LISTENING, values).fetchall()]
    if not numbers:
        return lacking, None
    statement = _VALUES.format(numbers=", ".join(map(str, numbers)))
    rows = connection.execute(statement, {"pack": pack})
    for number, name, declared, requested in rows:
        given = [codec.settings_of(text).extensions for text in (declared, requested)]
        missing = list(unfilled(required, *given))
        if missing:
            had = lacking.get(number, (name, []))[1]
            lacking[number] = (name, sorted({*had, *missing}))
    return lacking, numbers[-1] if len(numbers) == ACCOUNTS else None
