"""Looking after a store: migrations, backups, exports and what a check finds."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.errors import LeaseHeld, StoreError
from reconciler.model.base import Applied, AttachmentOrigin, InstallBase, Settings, TemplateCopy
from reconciler.model.changes import Effects
from reconciler.model.events import EventKind
from reconciler.model.requests import Decision
from reconciler.ports import Store
from reconciler.store import backup, check, export, migrate, open_store, restore, schema, sqlite


def _applied(store: Store) -> Applied:
    applied = store.applied()
    assert applied is not None
    return applied


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def place(new_url: Any) -> str:
    """Where another store may be made."""
    return str(new_url())


@pytest.fixture
def full(store: Store, world: Any) -> Store:
    """A store with a bit of everything."""
    orders = world.pack("orders", "1.10.0", "2.0.0", effective=("1.9.0",), testing_period=1)
    returns = world.pack("returns", None, "1.0.0", multiple=True)
    rows = (
        world.row("acme", release="1.9.0", hold_until=date(2026, 12, 1), hold_reason="audit"),
        world.row("globex", release="2.0.0", adopt_requested="2.0.0", adopted_in=1, entitled=False),
        world.row(
            "globex",
            "returns",
            "test",
            origin=AttachmentOrigin.ACCOUNT,
            declared=Settings(environments=()),
            requested=Settings(extensions={"api": {"text": "é\u2028\n", "n": 1.5}}),
        ),
    )
    world.fill(store, orders, returns, rows=rows, suspended=("acme", "initech"))
    copy = TemplateCopy(
        account="acme", component="t", version="1", copied_at=world.clock.now(), actor="ann"
    )
    event = world.event("copied", kind=EventKind.ACCOUNT_COPY_TEMPLATE, account="acme")
    store.request("acme", None, lambda _: Decision(action="", message="", copy=copy, event=event))
    return store


def test_migrating_makes_a_store_and_does_nothing_to_a_new_one(
    store_url: str, content: Any, world: Any
) -> None:
    assert migrate(store_url) == schema.newest_version()
    store = open_store(store_url, mode="write", clock=world.clock)
    before = content()
    assert migrate(store_url) == schema.newest_version()
    assert content() == before
    assert check(store_url) == []
    assert store.store_id == open_store(store_url, mode="read", clock=world.clock).store_id


def test_a_migration_that_fails_leaves_the_version_before(store_path: Path) -> None:
    first, broken = schema.migrations()[0], schema.Migration(version=2, script="CREATE TABL x;")
    more = schema.Migration(version=2, script="-- Why.\nCREATE TABLE x (a);\nDROP TABLE component;")
    connection = sqlite3.connect(store_path, isolation_level=None, factory=sqlite.SqliteConnection)
    connection.execute("BEGIN")
    assert schema.create_or_migrate(connection, "x", known=[first]) == 1
    connection.execute("COMMIT")
    connection.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError):
        schema.create_or_migrate(connection, "x", known=[first, replace(broken, version=3)])
    connection.execute("ROLLBACK")
    assert schema.version_of(connection, "x") == 1
    connection.execute("BEGIN")
    assert schema.create_or_migrate(connection, "x", known=[first, more]) == 2
    connection.close()


def test_a_store_is_not_migrated_while_a_pass_runs(store: Store, store_url: str) -> None:
    with store.session(0), pytest.raises(LeaseHeld, match="was not migrated"):
        migrate(store_url)


@pytest.mark.usefixtures("full")
def test_a_store_with_everything_in_it_passes_the_check(store_url: str) -> None:
    assert check(store_url) == []


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["UPDATE event SET content = replace(content, 'ann', 'bob') WHERE number = 1"],
         "event 1 was changed: its digest"),
        (["UPDATE event SET pack = 'returns' WHERE number = 1"], "event 1 was changed: what it"),
        (["DELETE FROM event WHERE number = 1"], "event 1 is missing"),
        (["DELETE FROM event WHERE number = 2"], "the chain of events ends at event 1, it should"),
        (["UPDATE event SET previous = digest WHERE number = 2"], "event 2 does not follow"),
        (["UPDATE attachment SET release_id = (SELECT id FROM release WHERE version = '1.10.0')"
          " WHERE account_id = 1"], "acme orders runs 1.10.0, its history ends with 1.9.0"),
        (["UPDATE attachment SET adopted_in = 7 WHERE adopted_in = 1"],
         "globex orders runs 2.0.0, above 1.10.0"),
        (["UPDATE attachment SET adopted_in = 7 WHERE adopted_in = 1"],
         "globex orders adopted in testing period 7, the pack is at 1"),
        (["INSERT INTO history SELECT 99, pack_id, account_id, instance, 1, after_id, action,"
          " actor, revision, at FROM history WHERE number = 1"],
         "acme orders was moved from 1.10.0 (history line 99), but ran 1.9.0"),
        (["UPDATE history SET pack_id = 99 WHERE number = 1"], "history line 1 names a pack"),
        (["DELETE FROM declaration WHERE name = 'orders@1.9.0'"],
         "release orders@1.9.0 is recorded as declared, the"),
        (["UPDATE pack SET declared = FALSE WHERE name = 'orders'"],
         "pack orders is recorded as not declared, the"),
        (["UPDATE release SET promoted_at = NULL WHERE version = '1.10.0'"],
         "pack orders serves 1.10.0 as current, which was never"),
        (["UPDATE pack SET pending_id = (SELECT id FROM release WHERE version = '1.9.0')"
          " WHERE name = 'orders'"], "pack orders has 1.9.0 pending, which is not higher"),
        (["UPDATE release SET sort_key = 'x' WHERE version = '1.9.0'"],
         "release orders@1.9.0 is not sorted by its version"),
        (["UPDATE declaration SET name = 'elsewhere' WHERE kind = 'Publisher'"],
         "Publisher elsewhere is kept under a wrong name: it declares acme"),
        (["UPDATE declaration SET body = '{}' WHERE kind = 'Publisher'"],
         "Publisher acme can't be read"),
        (["UPDATE attachment SET declared = '[' WHERE account_id = 1"], "a row can't be read"),
        (["UPDATE applied SET settled = FALSE"], "is not carried out in full"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("full")
def test_a_check_finds(
    store_url: str, database: str, sql: Any, statements: list[str], words: str
) -> None:
    table = "" if database == "sqlite" else " ON event"
    triggers = [f"DROP TRIGGER event_is_never_{verb}{table}" for verb in ("changed", "deleted")]
    sql(*triggers, *statements)
    assert any(words in sentence for sentence in check(store_url)), check(store_url)


@on_sqlite
@pytest.mark.usefixtures("full")
def test_a_check_finds_references_that_only_a_file_can_break(store_url: str, sql: Any) -> None:
    sql("UPDATE attachment SET release_id = 999")
    assert any("attachment refers to a row of release" in words for words in check(store_url))


@on_sqlite
@pytest.mark.usefixtures("full")
def test_a_check_of_a_damaged_file_says_so(store_url: str, sql: Any) -> None:
    sql("PRAGMA writable_schema = ON", "DELETE FROM sqlite_schema WHERE type = 'index'"
         " AND name = 'attachment_by_account'")  # fmt: skip
    assert any("the file is damaged" in sentence for sentence in check(store_url))


@pytest.mark.usefixtures("full")
def test_events_can_not_be_changed_by_mistake(sql: Any) -> None:
    for statement in ("UPDATE event SET digest = ''", "DELETE FROM event"):
        with pytest.raises(
            (sqlite3.IntegrityError, psycopg.IntegrityError), match="events are never"
        ):
            sql(statement)


def test_a_backup_is_the_same_store(
    full: Store, store_url: str, tmp_path: Path, world: Any, facts: Any
) -> None:
    target = tmp_path / "backup.db"
    backup(store_url, str(target))
    copy = open_store(f"sqlite:///{target}", mode="read", clock=world.clock)
    assert copy.store_id == full.store_id
    assert facts(copy.base()) == facts(full.base())
    assert list(copy.history()) == list(full.history())
    assert check(f"sqlite:///{target}") == []
    with pytest.raises(StoreError, match="exists already"):
        backup(store_url, str(target))
    with pytest.raises(StoreError, match="can't be written"):
        backup(store_url, str(tmp_path / "none" / "backup.db"))
    assert not list(tmp_path.glob("*.partial"))


@on_sqlite
@pytest.mark.usefixtures("full")
def test_a_store_that_has_to_be_migrated_can_be_backed_up(
    store_url: str, sql: Any, tmp_path: Path
) -> None:
    sql("PRAGMA user_version = -1")
    backup(store_url, str(tmp_path / "backup.db"))
    with pytest.raises(StoreError, match="has schema version -1"):
        check(f"sqlite:///{tmp_path}/backup.db")


def test_a_backup_during_a_pass_holds_only_what_was_committed(
    store: Store, store_url: str, tmp_path: Path, world: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme"),))
    target = tmp_path / "backup.db"

    def decide(base: InstallBase) -> Decision:
        put = replace(next(iter(base.attachments.values())), release="1.0.0")
        backup(store_url, str(tmp_path / "inside.db"))
        return Decision(action="install", put=put, event=world.event(), message="")

    with store.session(0) as session:
        store.request("acme", "orders", decide)
        session.accept(world.acceptance(Effects()))
        backup(store_url, str(target))
        session.settle(None, world.clock.now())
    inside, copy = (
        open_store(f"sqlite:///{path}", mode="read", clock=world.clock)
        for path in (tmp_path / "inside.db", target)
    )
    assert inside.counts() == {"orders": {None: 1}}
    assert copy.counts() == {"orders": {"1.0.0": 1}}
    assert not _applied(copy).settled


def _restored(place: str, world: Any, lines: Iterable[str], **options: Any) -> Store:
    return restore(place, lines, clock=world.clock, **options)


def test_an_export_restores_the_same_install_base(
    full: Store, place: str, world: Any, facts: Any
) -> None:
    lines = list(export(full))
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    exported_at = world.clock.now()
    world.later(days=3)
    store = _restored(place, world, lines)
    assert facts(store.base()) == facts(full.base())
    assert store.store_id != full.store_id
    assert check(place) == []
    for name in ("acme", "globex"):
        before, after = (next(one.attached(account=name)) for one in (full, store))
        assert before.updated_at == after.updated_at
    (event,) = store.events()
    assert (event.draft.kind, event.draft.at) == (EventKind.RESTORED, world.clock.now())
    assert exported_at.isoformat()[:16] in event.draft.message
    assert event.draft.details["store"] == full.store_id
    again = list(export(store))
    assert again[1:-1] == lines[1:-1]


def test_suspended_accounts_and_what_a_pass_had_left_survive_a_restore(
    full: Store, place: str, world: Any
) -> None:
    with full.session(0) as session:
        newer = world.pack("orders", "3.0.0", effective=("1.9.0", "1.10.0"), testing_period=1)
        effects = Effects(packs=(newer,), suspensions={"globex": True, "acme": False})
        session.accept(world.acceptance(effects, gated=False))
    store = _restored(place, world, [line.rstrip("\n") for line in export(full)], rehearsal=True)
    assert store.rehearsal
    assert (_applied(store).settled, _applied(store).gated) == (False, False)
    with store.session(0) as session:
        moved = world.roll_out(session, today=date(2026, 12, 1))
    assert moved.attachments == 1
    assert next(store.attached(account="acme")).release == "3.0.0"


def test_an_empty_store_can_be_exported_and_restored(store: Store, place: str, world: Any) -> None:
    assert _restored(place, world, export(store)).applied() is None


def test_an_export_is_not_restored_over_a_store(
    full: Store, store_url: str, world: Any, facts: Any
) -> None:
    before = facts(full.base())
    with pytest.raises(StoreError, match=r"there is an install base at .* already"):
        restore(store_url, export(full), clock=world.clock)
    assert facts(full.base()) == before


def _closed(entries: list[Any]) -> list[str]:
    """Lines with a last line that fits them, as somebody who forges an export would write it."""
    lines = [json.dumps(entry) + "\n" for entry in entries]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    end = {"type": "end", "lines": len(lines), "sha256": digest}
    return [*lines, json.dumps(end) + "\n"]


def _changed(lines: list[str], kind: Any, /, **fields: Any) -> tuple[list[str], int]:
    """The lines with the first entry of this type changed, and the number of its line."""
    entries = [json.loads(line) for line in lines[:-1]]
    place = next(place for place, entry in enumerate(entries) if entry["type"] == kind)
    entries[place].update(fields)
    return _closed(entries), place + 1


@pytest.mark.parametrize("keep", [0, 1, 5, -1])
def test_an_export_that_is_cut_off_is_refused(
    full: Store, place: str, world: Any, keep: int
) -> None:
    lines = list(export(full))[:keep]
    trouble = f"is cut off after line {len(lines)}" if lines else "the export is empty"
    with pytest.raises(StoreError, match=trouble) as caught:
        _restored(place, world, lines)
    assert caught.value.hint == "nothing was written; take another export"
    with pytest.raises(StoreError, match="there is no install base"):
        open_store(place, mode="read", clock=world.clock)
    assert _restored(place, world, export(full)).applied() is not None


def test_an_export_that_is_no_text_is_refused(
    full: Store, tmp_path: Path, place: str, world: Any
) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes("".join(export(full)).encode() + b"\xff\n")
    with path.open(encoding="utf-8") as lines, pytest.raises(StoreError, match="is not UTF-8"):
        _restored(place, world, lines)


def test_an_export_that_was_edited_is_refused(full: Store, place: str, world: Any) -> None:
    lines = list(export(full))
    edited = [line.replace('"release":"1.9.0"', '"release":"1.10.0"') for line in lines]
    assert edited != lines
    with pytest.raises(StoreError, match=f"line {len(lines)} of the export does not fit"):
        _restored(place, world, edited)
    with pytest.raises(StoreError, match=f"line {len(lines) + 1} of the export comes after"):
        _restored(place, world, [*lines, lines[1]])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is no JSON"), ("[" * 100_000, "is no JSON"), ('{"a": NaN}', "is no JSON"),
        ("[]", "is no JSON object"), ("{}", "has no place there"),
        ('{"type": "header"}', "has no place there"), ('{"type": ["pack"]}', "has no place"),
        ('{"type": "account"}', "can't be read back"),
    ],
)  # fmt: skip
def test_a_malformed_line_is_refused_by_its_number(
    full: Store, place: str, world: Any, line: str, words: str
) -> None:
    lines = list(export(full))
    with pytest.raises(StoreError, match=f"line 3 of the export {words}"):
        _restored(place, world, [*lines[:2], line + "\n", *lines[2:]])


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("header", {"applied": {"revision": 1}}),
        ("account", {"name": None}),
        ("account", {"suspended": 7}),
        ("pack", {"mode": "double"}),
        ("release", {"version": "1.0"}),
        ("release", {"pack": "returns"}),
        ("release", {"body": {"unknown": 1}}),
        ("release", {"accepted_at": "2026-11-22T15:00:00"}),
        ("component", {"fingerprint": {}}),
        ("declaration", {"kind": "Unknown"}),
        ("declaration", {"name": "another"}),
        ("attachment", {"pack": "nowhere"}),
        ("attachment", {"release": "9.9.9"}),
        ("attachment", {"account": "nobody"}),
        ("attachment", {"instance": "second"}),
        ("attachment", {"declared": 5}),
        ("attachment", {"hold_until": "tomorrow"}),
        ("attachment", {"updated_at": "now"}),
        ("copy", {"account": "nobody"}),
    ],
)
def test_a_forged_line_is_refused_by_its_number(
    full: Store, place: str, world: Any, kind: Any, fields: dict[str, Any]
) -> None:
    lines, number = _changed(list(export(full)), kind, **fields)
    with pytest.raises(StoreError, match=f"line {number} of the export can't be read back"):
        _restored(place, world, lines)


def test_a_pack_that_serves_an_unknown_release_is_refused(
    full: Store, place: str, world: Any
) -> None:
    lines, _ = _changed(list(export(full)), "pack", current="7.7.7")
    with pytest.raises(StoreError, match=r"line \d+ of the export ends a pack"):
        _restored(place, world, lines)


def test_an_export_of_a_newer_program_is_refused(full: Store, place: str, world: Any) -> None:
    lines, _ = _changed(list(export(full)), "header", version=4)
    with pytest.raises(StoreError, match="version 4, this program reads reconciler-export up to"):
        _restored(place, world, lines)
