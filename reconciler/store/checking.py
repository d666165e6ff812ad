"""A store -> what is wrong with it: the file, the chain of events, and what no constraint holds."""

import json
from collections.abc import Callable, Iterator

from reconciler.model.declarations import Kind
from reconciler.model.decode import restored
from reconciler.model.versions import semver_key
from reconciler.store import log, reading
from reconciler.store.connection import Connection, Database
from reconciler.store.schema import BEFORE_FIRST

_NAMED = 20
"""How many rows a check names; a damaged store could have millions."""

_DECLARED = """
SELECT 'pack ' || pack.name || ' is recorded as ' || CASE WHEN pack.declared THEN '' ELSE 'not ' END
    || 'declared, the declarations say otherwise'
FROM pack
LEFT JOIN declaration ON kind = 'IntegrationPack' AND declaration.name = pack.name
WHERE pack.declared <> (declaration.name IS NOT NULL)
UNION ALL
SELECT 'release ' || pack.name || '@' || version || ' is recorded as '
    || CASE WHEN release.declared THEN '' ELSE 'not ' END
    || 'declared, the declarations say otherwise'
FROM release
JOIN pack ON pack.id = pack_id
LEFT JOIN declaration ON kind = 'Release' AND declaration.name = pack.name || '@' || version
WHERE release.declared <> (declaration.name IS NOT NULL)
"""
_SERVED = """
SELECT 'pack ' || pack.name || ' serves ' || current.version
    || ' as current, which was never recorded as effective'
FROM pack JOIN release AS current ON current.id = current_id
WHERE current.promoted_at IS NULL OR current.current_at IS NULL
UNION ALL
SELECT 'pack ' || pack.name || ' has ' || pending.version
    || ' pending, which is not higher than its current release ' || current.version
FROM pack
JOIN release AS current ON current.id = current_id
JOIN release AS pending ON pending.id = pending_id
WHERE pending.sort_key <= current.sort_key
"""
_ROW = "account.name || ' ' || pack.name || CASE instance WHEN '' THEN '' ELSE ' ' || instance END"
# Nothing keeps a row above its target, so that one is wrong once a pass was settled.
_ABOVE = f"""
SELECT {_ROW} || ' runs ' || release.version || ', above ' || coalesce(current.version, 'nothing')
    || ', which is current'
FROM attachment
JOIN pack ON pack.id = attachment.pack_id
JOIN account ON account.id = account_id
JOIN release ON release.id = release_id
LEFT JOIN release AS current ON current.id = pack.current_id
LEFT JOIN release AS pending ON pending.id = pack.pending_id
WHERE (SELECT settled FROM applied)
    AND (current.sort_key IS NULL OR release.sort_key > current.sort_key)
    AND (
        release.id IS DISTINCT FROM pack.pending_id
        OR NOT coalesce(
            adopt_declared = pending.version
            OR (adopted_in = pack.testing_period AND adopt_requested = pending.version),
            FALSE
        )
    )
"""
_PERIOD = f"""
SELECT {_ROW} || ' adopted in testing period ' || adopted_in || ', the pack is at '
    || testing_period
FROM attachment
JOIN pack ON pack.id = attachment.pack_id
JOIN account ON account.id = account_id
WHERE adopted_in > testing_period
"""
_LAST_MOVE = f"""
SELECT {_ROW} || ' runs ' || coalesce(release.version, 'nothing') || ', its history ends with '
    || coalesce(after.version, 'nothing')
FROM (
    SELECT pack_id, account_id, instance, after_id FROM history
    WHERE number IN (SELECT max(number) FROM history GROUP BY pack_id, account_id, instance)
) AS last
JOIN pack ON pack.id = last.pack_id
JOIN account ON account.id = last.account_id
LEFT JOIN attachment USING (pack_id, account_id, instance)
LEFT JOIN release ON release.id = release_id
LEFT JOIN release AS after ON after.id = after_id
WHERE release_id IS DISTINCT FROM after_id
"""
_CHAIN_OF_MOVES = f"""
SELECT {_ROW} || ' was moved from ' || coalesce(before.version, 'nothing') || ' (history line '
    || number || '), but ran ' || coalesce(earlier.version, 'nothing')
FROM (
    SELECT number, pack_id, account_id, instance, before_id,
        lag(after_id, 1, before_id) OVER (
            PARTITION BY pack_id, account_id, instance ORDER BY number
        ) AS earlier_id
    FROM history
) AS move
JOIN pack ON pack.id = move.pack_id
JOIN account ON account.id = move.account_id
LEFT JOIN release AS before ON before.id = before_id
LEFT JOIN release AS earlier ON earlier.id = earlier_id
WHERE before_id IS DISTINCT FROM earlier_id
"""
_HISTORY = """
SELECT 'history line ' || number || ' names a pack, account or release that is not there'
FROM history
WHERE pack_id NOT IN (SELECT id FROM pack)
    OR account_id NOT IN (SELECT id FROM account)
    OR (before_id IS NOT NULL AND before_id NOT IN (SELECT id FROM release))
    OR (after_id IS NOT NULL AND after_id NOT IN (SELECT id FROM release))
"""
_UNSETTLED = """
SELECT 'revision ' || revision || ' was accepted at ' || passed_at
    || ' and is not carried out in full: a pass was cut short, or one is running'
FROM applied WHERE NOT settled
"""
_SET_ASIDE = """
SELECT account.name || ' of ' || pack.name || ' is set aside: ' || error
FROM set_aside
JOIN pack ON pack.id = pack_id
JOIN account ON account.id = account_id
"""
_OUTBOX = """
SELECT 'notification ' || notification.number || ' tells of event ' || notification.event
    || CASE WHEN event.number IS NULL THEN ', which is not there'
        ELSE ', which the outbox has not come to' END
FROM notification
LEFT JOIN event ON event.number = notification.event
WHERE event.number IS NULL
    OR notification.event > (SELECT event + CASE WHEN channel > 0 THEN 1 ELSE 0 END FROM outbox)
UNION ALL
SELECT 'the outbox is at event ' || event || ', the log ends before it'
FROM outbox WHERE event > (SELECT number FROM chain_end)
"""
_SIGNED_IN = """
SELECT 'a session of token ' || token_id || ' is there, which was revoked'
FROM session JOIN token ON token.id = token_id WHERE revoked_at IS NOT NULL
"""
_QUERIES = (
    _DECLARED, _SERVED, _ABOVE, _PERIOD, _LAST_MOVE, _CHAIN_OF_MOVES, _HISTORY, _UNSETTLED,
    _SET_ASIDE, _OUTBOX, _SIGNED_IN,
)  # fmt: skip


def violations(database: Database) -> list[str]:
    """One sentence for each thing that is wrong; empty when all is well. Raises StoreError."""
    with database.reading() as connection:
        damaged = list(database.damage(connection))
        if damaged:
            return damaged
        checks: tuple[Callable[[Connection], Iterator[str]], ...] = (
            database.references,
            _events,
            _bodies,
            _sort_keys,
            *(_query(statement) for statement in _QUERIES),
        )
        return [sentence for check in checks for sentence in _first(check(connection))]


def _first(sentences: Iterator[str]) -> Iterator[str]:
    for place, sentence in enumerate(sentences):
        if place == _NAMED:
            yield "and more of the same"
            return
        yield sentence


def _query(statement: str) -> Callable[[Connection], Iterator[str]]:
    def found(connection: Connection) -> Iterator[str]:
        return (row[0] for row in connection.stream(statement))

    return found


def _events(connection: Connection) -> Iterator[str]:
    expected, previous = 1, BEFORE_FIRST
    statement = """
    SELECT number, at, kind, pack, account, content, previous, digest FROM event ORDER BY number
    """
    for number, *beside, content, its_previous, digest in connection.stream(statement):
        if number != expected:
            yield f"event {expected} is missing"
        elif its_previous != previous:
            yield f"event {number} does not follow event {number - 1}: the chain is broken"
        if log.digest(its_previous, content) != digest:
            yield f"event {number} was changed: its digest is not that of its content"
        elif not _beside(content, beside):
            yield f"event {number} was changed: what it is found by differs from its content"
        expected, previous = number + 1, digest
    last, digest = connection.execute("SELECT number, digest FROM chain_end").fetchone()
    if (expected - 1, previous) != (last, digest):
        yield f"the chain of events ends at event {expected - 1}, it should end at event {last}"


def _beside(content: str, columns: list[str | None]) -> bool:
    said = json.loads(content)
    return [said[name] for name in ("at", "kind", "pack", "account")] == columns


def _bodies(connection: Connection) -> Iterator[str]:
    """Whatever base() reads can be read, and declarations bear the names of their bodies."""
    for kind, name, body in connection.stream("SELECT kind, name, body FROM declaration"):
        try:
            its_name = restored(Kind(kind), body).name
        except (KeyError, TypeError, ValueError) as error:
            yield f"{kind} {name} can't be read: {error!r}"
            continue
        if its_name != name:
            yield f"{kind} {name} is kept under a wrong name: it declares {its_name}"
    try:
        reading.applied(connection)
        reading.packs(connection)
        for _ in reading.copies(connection):
            pass
        for _ in reading.attached(connection):
            pass
    except (KeyError, TypeError, ValueError) as error:
        yield f"a row can't be read: {error!r}"


def _sort_keys(connection: Connection) -> Iterator[str]:
    statement = """
    SELECT pack.name, version, sort_key FROM release JOIN pack ON pack.id = pack_id
    """
    for pack, version, key in connection.execute(statement):
        if key != semver_key(version):
            yield f"release {pack}@{version} is not sorted by its version"
