"""The lines of an export -> a new store, complete or not at all."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from reconciler.errors import StoreError
from reconciler.model.base import ComponentRecord, PackRecord, ReleaseRecord
from reconciler.model.declarations import Kind
from reconciler.model.decode import canonical, restored
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.versions import semver_key
from reconciler.ports import Clock
from reconciler.store import accepting, codec, deciding, log
from reconciler.store.connection import Connection, Database
from reconciler.store.exporting import FORMAT, VERSION
from reconciler.store.store import SqlStore

_HINT = "nothing was written; take another export"
_ACTOR = "store restore"
_DUE_SINCE = 2  # the version of exports that tell when packs are due
_SET_IDENTITY = "UPDATE store SET store_id = :store_id"
_SUSPEND = "UPDATE account SET suspended = :suspended WHERE name = :name"
_PUT_APPLIED = """
INSERT INTO applied
    (one, revision, applied_at, passed_at, settled, gated, next_due, zone_rules, refusals)
VALUES (1, :revision, :applied_at, :passed_at, :settled, :gated, :next_due, :zone_rules, 0)
"""

# What a line can do wrong beyond being no JSON: a field is missing, of another type, or unknown.
_MALFORMED: tuple[type[Exception], ...] = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class Line(NamedTuple):
    """One line of an export, counted from 1."""

    number: int
    entry: Mapping[str, Any]


def restored_store(
    database: Database,
    lines: Iterable[str],
    clock: Clock,
    rehearsal: bool,
    event: EventDraft | None = None,
) -> SqlStore:
    """Makes the store in one transaction; `event` is told instead of that. Raises StoreError."""
    with database.writing(create=True) as writer, writer.transaction() as connection:
        now = clock.now()
        header = _filled(database, connection, lines, now, rehearsal)
        applied = header["applied"]
        event = event or EventDraft(
            kind=EventKind.RESTORED,
            at=now,
            actor=_ACTOR,
            revision=None if applied is None else applied["revision"],
            message=f"restored from an export of {header['exported_at']}; what accounts asked for"
            " after that is not known, nor are the events and the history before",
            details={"exported_at": header["exported_at"], "store": header["store"]},
        )
        log.append(connection, (event,))
    return SqlStore(database, clock)


def read_back(database: Database, lines: Iterable[str], clock: Clock) -> SqlStore:
    """The exported store itself, to be read and thrown away: it bears that one's identity.

    Raises StoreError.
    """
    with database.writing(create=True) as writer, writer.transaction() as connection:
        header = _filled(database, connection, lines, clock.now(), rehearsal=False)
        connection.execute(_SET_IDENTITY, {"store_id": header["store"]})
    return SqlStore(database, clock)


def _filled(
    database: Database,
    connection: Connection,
    lines: Iterable[str],
    now: datetime,
    rehearsal: bool,
) -> Mapping[str, Any]:
    """Makes the tables, and all rows of the export; returns its header. Raises StoreError."""
    if not database.create(connection, rehearsal=rehearsal, at=codec.time_text(now)):
        raise StoreError(
            f"there is an install base at {database.shown} already",
            "restore to a place where there is none",
        )
    return _Restoring(connection, database.malformed).put(_checked(lines))


def _checked(lines: Iterable[str]) -> Iterator[Line]:
    """Every line but the last, which must close the export as it was written."""
    sha256, number, closed = hashlib.sha256(), 0, False
    for number, line in enumerate(_decoded(lines), start=1):
        if closed:
            raise _wrong(number, "comes after its end")
        text = line.rstrip("\r\n")
        entry = _parsed(number, text)
        if entry.get("type") == "end":
            closed = True
            if (entry.get("lines"), entry.get("sha256")) != (number - 1, sha256.hexdigest()):
                raise _wrong(number, "does not fit the lines before: the export was changed")
            continue
        sha256.update(f"{text}\n".encode())
        yield Line(number, entry)
    if not number:
        raise StoreError("the export is empty", _HINT)
    if not closed:
        raise StoreError(f"the export is cut off after line {number}", _HINT)


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    """A file that is no text fails while its lines are read."""
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise StoreError(f"the export is not UTF-8: {error.reason}", _HINT) from error


def _parsed(number: int, text: str) -> Mapping[str, Any]:
    try:
        entry = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise _wrong(number, "is no JSON") from None
    if not isinstance(entry, dict):
        raise _wrong(number, "is no JSON object")
    return entry


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


# Kept, since json.loads would make one for every line.
_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _wrong(number: int, trouble: str) -> StoreError:
    return StoreError(f"line {number} of the export {trouble}", _HINT)


def _malformed(error: Exception) -> str:
    """What is wrong with a line, in words: what Python says of a type tells a reader nothing."""
    if isinstance(error, KeyError):
        return f"it lacks {error.args[0]!r}"
    return str(error) if type(error) is ValueError else "a value of it is of the wrong kind"


class _Restoring:
    """Writes entry after entry; a pack waits for the releases on the lines that follow it."""

    def __init__(self, connection: Connection, malformed: tuple[type[Exception], ...]) -> None:
        self._connection = connection
        self._malformed: tuple[type[Exception], ...] = (*_MALFORMED, *malformed)
        self._pack: PackRecord | None = None
        self._releases: dict[str, ReleaseRecord] = {}
        self._known: set[tuple[str, str | None]] = set()
        self._header: Mapping[str, Any] = {}

    def put(self, lines: Iterator[Line]) -> Mapping[str, Any]:
        """All lines; returns the header. Raises StoreError."""
        writers = {
            "account": self._account,
            "pack": self._start_pack,
            "release": self._release,
            "component": self._component,
            "declaration": self._declaration,
            "attachment": self._attachment,
            "copy": self._copy,
        }
        number = 0
        for number, entry in lines:
            kind = str(entry.get("type"))
            write = writers.get(kind) if number > 1 else {"header": self._start}.get(kind)
            if write is None:
                raise _wrong(number, f"has no place there: its type is {kind!r}")
            if kind != "release":
                self._finish_pack(number - 1)
            try:
                write(entry)
            except self._malformed as error:
                raise _wrong(number, f"can't be read back: {_malformed(error)}") from error
        self._finish_pack(number)
        if not self._header:
            raise _wrong(1, "is no header")
        return self._header

    def _start(self, entry: Mapping[str, Any]) -> None:
        if entry["format"] != FORMAT or entry["version"] > VERSION:
            raise StoreError(
                f"the export has format {entry['format']!r} version {entry['version']!r}, this"
                f" program reads {FORMAT} up to version {VERSION}",
                "use the version of reconciler that wrote it, or a newer one",
            )
        codec.time_of(entry["exported_at"])
        str(entry["store"])
        applied = entry["applied"]
        if applied is not None:
            if entry["version"] < _DUE_SINCE:
                applied = {**applied, "zone_rules": ""}
            columns = codec.applied_of(tuple(applied[name] for name in codec.APPLIED_COLUMNS))
            self._connection.execute(_PUT_APPLIED, codec.applied_row(columns))
        self._header = entry

    def _account(self, entry: Mapping[str, Any]) -> None:
        values = {"name": entry["name"], "suspended": int(entry["suspended"])}
        self._connection.execute(accepting.PUT_ACCOUNT, values)
        self._connection.execute(_SUSPEND, values)

    def _start_pack(self, entry: Mapping[str, Any]) -> None:
        known = {"due_at": None, **entry}
        columns = tuple(known[name] for name in codec.PACK_COLUMNS)
        self._pack, self._releases = codec.pack_of(columns, {}), {}
        self._known.add((self._pack.name, None))

    def _release(self, entry: Mapping[str, Any]) -> None:
        columns = {name: entry[name] for name in codec.RELEASE_COLUMNS}
        columns["body"] = canonical(entry["body"])
        record = codec.release_of(tuple(columns.values()))
        if self._pack is None or record.release.pack != self._pack.name:
            raise ValueError("a release stands after its pack")
        semver_key(record.release.version)
        self._releases[record.release.version] = record
        self._known.add((self._pack.name, record.release.version))

    def _finish_pack(self, number: int) -> None:
        """`number`: the last line of the pack and its releases."""
        if self._pack is None:
            return
        record, self._pack = replace(self._pack, releases=self._releases), None
        try:
            accepting.put_packs(self._connection, (record,))
        except StoreError as error:
            raise _wrong(number, f"ends a pack that can't be read back: {error}") from error
        except self._malformed as error:
            told = _malformed(error)
            raise _wrong(number, f"ends a pack that can't be read back: {told}") from error

    def _component(self, entry: Mapping[str, Any]) -> None:
        record = ComponentRecord(
            component=entry["component"],
            version=entry["version"],
            fingerprint=entry["fingerprint"],
        )
        accepting.put_components(self._connection, (record,))

    def _declaration(self, entry: Mapping[str, Any]) -> None:
        found = restored(Kind(entry["kind"]), canonical(entry["body"]))
        if found.name != entry["name"]:
            raise ValueError(f"the body is that of {found.name}")
        accepting.write_declarations(self._connection, (found,))

    def _attachment(self, entry: Mapping[str, Any]) -> None:
        known = {"adopt_at": None, **entry}
        columns = {name: known[name] for name in codec.ATTACHED_COLUMNS}
        for name in ("declared", "requested"):
            columns[name] = None if columns[name] is None else canonical(columns[name])
        row = codec.attached_of(tuple(columns.values()))
        if (row.key.pack, row.release) not in self._known:
            raise ValueError(f"{row.key.pack} {row.release or ''} is not in the export")
        written = codec.attached_row(row, columns["updated_at"])
        if deciding.put_attached(self._connection, written) != 1:
            raise ValueError(f"account {row.key.account} is not in the export")

    def _copy(self, entry: Mapping[str, Any]) -> None:
        columns = (entry[name] for name in codec.COPY_COLUMNS)
        copy = codec.copy_of(tuple(columns))
        if deciding.put_copy(self._connection, codec.copy_row(copy)) != 1:
            raise ValueError(f"account {copy.account} is not in the export")
