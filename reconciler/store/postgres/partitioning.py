"""Tables of an install base -> the same in parts: by account, and history by month.

Attachments and template copies lie in parts by the hash of the account's number, history in one
part a month, and `history_rest` for lines of any other time. Names, constraints and indexes stay
what they are, so that every statement and every later migration finds the tables as before.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from reconciler.store.connection import Connection
from reconciler.store.postgres.connection import PostgresConnection

MONTHS_AHEAD = 24

_IS_DIVIDED = "SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)"
_OPTIONS = """
SELECT coalesce('WITH (' || array_to_string(reloptions, ', ') || ')', '')
FROM pg_class WHERE oid = to_regclass(:table)
"""
# Checks and NOT NULL come with the columns; keys before what refers to other tables.
_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = to_regclass(:table) AND contype IN ('p', 'u', 'f')
ORDER BY contype = 'f', conname
"""
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = to_regclass(:table)
    AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE conrelid = indrelid)
ORDER BY indexrelid
"""
_NUMBERED = """
SELECT attname, pg_get_serial_sequence(:table, attname) FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped
    AND pg_get_serial_sequence(:table, attname) IS NOT NULL
"""
_PARTS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = to_regclass(:table) ORDER BY relname
"""
_MONTHS = """
SELECT least((SELECT substr(min(at), 1, 7) FROM history), this), this
FROM (SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') COLLATE "C" AS this) AS clock
"""
_MONTH_OF_PART = re.compile(r"history_(\d{4})_(\d{2})")
_REST = "history_rest"


class _Table(NamedTuple):
    """What a table is beside its columns and rows."""

    name: str
    options: str
    constraints: list[tuple[str, str]]
    indexes: list[str]
    numbered: list[tuple[str, str]]


def divide(connection: PostgresConnection, parts: int) -> str:
    """Divides what is not divided yet, then makes the months up to two years ahead.

    Inside the caller's transaction, which copies every row once and keeps everybody else away.
    `parts` counts for tables that are not divided yet. Returns the first month without a part.
    """
    for name in ("attachment", "template_copy"):
        if not _is_divided(connection, name):
            with_parts = [
                (f"{name}_{part:03}", f"FOR VALUES WITH (MODULUS {parts}, REMAINDER {part})")
                for part in range(parts)
            ]
            _divided(connection, name, "HASH (account_id)", with_parts)
    first, this = _first_and_this_month(connection)
    end = _after(this, MONTHS_AHEAD + 1)
    if _is_divided(connection, "history"):
        _add_months(connection, first, end)
    else:
        months = [(_part_of(month), _bounds(month)) for month in _from(first, end)]
        _divided(connection, "history", "RANGE (at)", [*months, (_REST, "DEFAULT")])
    return end


def drop_months(connection: Connection, before: str) -> None:
    """Drops the parts of all months before `before` (YYYY-MM)."""
    if _is_divided(connection, "history"):
        for (name,) in connection.execute(_PARTS, {"table": "history"}).fetchall():
            found = _MONTH_OF_PART.fullmatch(name)
            if found and f"{found[1]}-{found[2]}" < before:
                connection.execute(f"DROP TABLE {name}")


def _is_divided(connection: Connection, table: str) -> bool:
    return bool(connection.execute(_IS_DIVIDED, {"table": table}).fetchone()[0])


def _divided(
    connection: PostgresConnection, name: str, by: str, parts: list[tuple[str, str]]
) -> None:
    """Moves the rows to a table of the same name in parts; keys are made when they are there."""
    table, whole = _read(connection, name), f"{name}_whole"
    connection.execute(f"ALTER TABLE {name} RENAME TO {whole}")
    connection.execute(
        f"CREATE TABLE {name} (LIKE {whole} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        f" PARTITION BY {by}"
    )
    for part, values in parts:
        connection.execute(f"CREATE TABLE {part} PARTITION OF {name} {values} {table.options}")
    connection.execute(f"INSERT INTO {name} SELECT * FROM {whole}")
    for column, sequence in table.numbered:
        connection.execute(f"ALTER SEQUENCE {sequence} OWNED BY {name}.{column}")
    connection.execute(f"DROP TABLE {whole}")
    for constraint, definition in table.constraints:
        connection.execute(f"ALTER TABLE {name} ADD CONSTRAINT {constraint} {definition}")
    for definition in table.indexes:
        connection.execute(definition)
    connection.execute(f"ANALYZE {name}")


def _read(connection: Connection, name: str) -> _Table:
    values = {"table": name}
    return _Table(
        name=name,
        options=connection.execute(_OPTIONS, values).fetchone()[0],
        constraints=connection.execute(_CONSTRAINTS, values).fetchall(),
        indexes=[definition for (definition,) in connection.execute(_INDEXES, values)],
        numbered=connection.execute(_NUMBERED, values).fetchall(),
    )


def _add_months(connection: Connection, first: str, end: str) -> None:
    """A month may have lines already, in the part for the rest: they move to the new part."""
    there = {name for (name,) in connection.execute(_PARTS, {"table": "history"})}
    missing = [month for month in _from(first, end) if _part_of(month) not in there]
    if not missing:
        return
    connection.execute(f"ALTER TABLE history DETACH PARTITION {_REST}")
    for month in missing:
        part = _part_of(month)
        connection.execute(f"CREATE TABLE {part} PARTITION OF history {_bounds(month)}")
        lines = f"FROM {_REST} WHERE at >= '{month}' AND at < '{_after(month)}'"
        connection.execute(f"INSERT INTO {part} SELECT * {lines}")
        connection.execute(f"DELETE {lines}")
    connection.execute(f"ALTER TABLE history ATTACH PARTITION {_REST} DEFAULT")


def _first_and_this_month(connection: Connection) -> tuple[str, str]:
    """The month of the oldest line, or this one where it is older; and this one, in UTC."""
    first, this = connection.execute(_MONTHS).fetchone()
    return first, this


def _from(first: str, end: str) -> Iterator[str]:
    while first < end:
        yield first
        first = _after(first)


def _after(month: str, months: int = 1) -> str:
    years, place = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + months, 12)
    return f"{years:04}-{place + 1:02}"


def _part_of(month: str) -> str:
    return f"history_{month[:4]}_{month[5:]}"


def _bounds(month: str) -> str:
    """A line's time is text of fixed width, so that it sorts between two months as they are."""
    return f"FOR VALUES FROM ('{month}') TO ('{_after(month)}')"
