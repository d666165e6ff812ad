"""The file behind a store: what readers leave alone, and what is said when it can't be used."""

import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import StoreError
from reconciler.model.base import Applied
from reconciler.model.changes import Effects
from reconciler.ports import Store
from reconciler.store import open_store, schema


def _applied(store: Store) -> Applied:
    applied = store.applied()
    assert applied is not None
    return applied


@pytest.fixture
def database() -> str:
    """Only SQLite has a file."""
    return "sqlite"


# What is imported is imported before: another user may not get to this Python's files.
READ = """
from reconciler.errors import StoreError
from reconciler.store import file_database, schema, store
schema.newest_version()
os.setuid(65534)
try:
    store = open_store(given, mode="read", clock=Clock())
    say(store.applied().revision)
    say(len(store.base().attachments))
except StoreError as error:
    say(error)
"""

WRITE = """
from reconciler.store import file_database, schema, store
schema.newest_version()
os.setuid(65534)
from reconciler.errors import StoreError
try:
    store = open_store(given, mode="write", clock=Clock())
    with store.session(0) as session:
        session.settle(None, Clock().now())
        say("written")
except StoreError as error:
    say(error)
"""


@dataclass
class Statements:
    """What connections were told to run, and what they counted."""

    connections: list[sqlite3.Connection]
    told: list[str]

    def total_changes(self) -> int:
        return sum(connection.total_changes for connection in self.connections)

    def writing(self) -> list[str]:
        words = (statement.split(None, 1)[0] for statement in self.told)
        return [word for word in words if word not in ("SELECT", "PRAGMA")]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Watches all connections that are opened from now on."""
    seen, connect = Statements([], []), sqlite3.connect

    def watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(seen.told.append)
        seen.connections.append(connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    return seen


def test_recording_a_revision_writes_one_row(
    store: Store, world: Any, statements: Statements
) -> None:
    world.fill(store, world.pack())
    with store.session(0) as session:
        connection = statements.connections[-1]
        before = connection.total_changes
        session.record("b" * 40, world.plan(revision="b" * 40), "2026a")
        assert connection.total_changes - before == 1
    assert _applied(store).revision == "b" * 40


def test_a_roll_out_with_nothing_to_move_begins_no_transaction(
    store: Store, world: Any, statements: Statements
) -> None:
    rows = (world.row("acme", release="1.0.0"), world.row("held"))
    world.fill(store, world.pack(), rows=rows, suspended=("held",))
    with store.session(0) as session:
        statements.told.clear()
        assert world.roll_out(session).attachments == 0
        assert session.membership((), world.clock.now(), "ann").attachments == 0
        assert statements.writing() == []


def test_reading_changes_no_byte_of_the_file(
    store: Store, store_path: Path, store_url: str, world: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    before, modified = store_path.read_bytes(), store_path.stat().st_mtime_ns
    reader = open_store(store_url, mode="read", clock=world.clock)
    reader.base()
    list(reader.attached())
    list(reader.events())
    assert (store_path.read_bytes(), store_path.stat().st_mtime_ns) == (before, modified)


def test_the_log_is_empty_after_a_session_and_after_a_request(
    store: Store, store_path: Path, world: Any
) -> None:
    log = store_path.with_name("install-base.db-wal")
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    assert not log.exists() or log.stat().st_size == 0
    reader = store.attached()
    next(reader)
    world.fill(store, world.pack(), rows=(world.row("globex", release="1.0.0"),))
    assert [row.key.account for row in reader] == []
    world.fill(store, world.pack())
    assert not log.exists() or log.stat().st_size == 0


def test_a_reader_sees_one_state_however_much_is_written_beside_it(
    store: Store, world: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("a"), world.row("b"), world.row("c")))
    reader = store.attached()
    assert next(reader).release is None
    with store.session(0) as session:
        world.roll_out(session)
    assert [row.release for row in reader] == [None, None]
    assert [row.release for row in store.attached()] == ["1.0.0"] * 3


def test_the_log_stays_short_during_a_long_pass(
    store: Store, store_path: Path, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.sqlite._LARGE_LOG_BYTES", 100_000)
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", 500)
    world.fill(store, world.pack(), rows=tuple(world.row(f"a{n}") for n in range(5000)))
    log, lengths = store_path.with_name("install-base.db-wal"), []
    with store.session(0) as session:
        world.roll_out(session, progress=lambda *_: lengths.append(log.stat().st_size))
    assert len(lengths) == 10
    assert max(lengths) < 400_000
    assert 0 in lengths


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_missing_store_is_not_made_by_looking(
    store_url: str, store_path: Path, world: Any, mode: Any
) -> None:
    with pytest.raises(StoreError, match=r"^there is no install base at .*install-base.db$") as it:
        open_store(store_url, mode=mode, clock=world.clock)
    assert str(it.value.hint).startswith("run reconciler apply first")
    store_path.touch()
    with pytest.raises(StoreError, match="there is no install base"):
        open_store(store_url, mode=mode, clock=world.clock)
    assert store_path.stat().st_size == 0


def test_a_store_needs_a_folder(tmp_path: Path, world: Any) -> None:
    with pytest.raises(StoreError, match="there is no folder") as caught:
        open_store(f"sqlite:///{tmp_path}/none/x.db", mode="create", clock=world.clock)
    assert caught.value.hint == "create the folder"


@pytest.mark.parametrize(
    "url",
    [
        "", "install-base.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///x/",
        "mysql://host/x", "file:x",
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_store_is_refused(world: Any, url: str) -> None:
    with pytest.raises(StoreError, match="is not the URL of a store") as caught:
        open_store(url, mode="create", clock=world.clock)
    assert "sqlite:///install-base.db" in str(caught.value.hint)


def test_a_password_in_a_url_is_not_repeated(world: Any) -> None:
    with pytest.raises(StoreError) as caught:
        open_store("mysql://ann:secret@host/db", mode="read", clock=world.clock)
    assert "secret" not in str(caught.value)


def test_a_relative_path_is_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///with space?#%41.db", mode="create", clock=world.clock)
    assert (tmp_path / "with space?#%41.db").exists()


@pytest.mark.parametrize("mode", ["read", "write", "create"])
def test_a_file_that_is_no_database_is_left_alone(
    store_url: str, store_path: Path, world: Any, mode: Any
) -> None:
    store_path.write_bytes(b"apiVersion: reconciler/v1\n" * 100)
    with pytest.raises(StoreError, match="is not a database"):
        open_store(store_url, mode=mode, clock=world.clock)
    assert store_path.read_bytes() == b"apiVersion: reconciler/v1\n" * 100


@pytest.mark.parametrize("mode", ["read", "write", "create"])
def test_a_database_of_something_else_is_left_alone(
    store_url: str, store_path: Path, world: Any, mode: Any
) -> None:
    connection = sqlite3.connect(store_path)
    connection.execute("CREATE TABLE orders (id)")
    connection.close()
    before = store_path.read_bytes()
    with pytest.raises(StoreError, match="is a SQLite database, but no install base"):
        open_store(store_url, mode=mode, clock=world.clock)
    assert store_path.read_bytes() == before


@pytest.mark.parametrize("mode", ["read", "write", "create"])
@pytest.mark.parametrize(("version", "words"), [(99, "has schema version 99"), (-1, "needs")])
def test_a_store_of_another_schema_version_is_refused(
    store: Store, store_url: str, store_path: Path, world: Any, mode: Any, version: int, words: str
) -> None:
    connection = sqlite3.connect(store_path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(StoreError, match=words) as caught:
        open_store(store_url, mode=mode, clock=world.clock)
    assert ("newer" if version > 0 else "store migrate") in str(caught.value.hint)
    with pytest.raises(StoreError, match=words), store.session(0):
        pass


def test_a_damaged_store_is_said_to_be_damaged(store: Store, store_path: Path, world: Any) -> None:
    world.fill(store, world.pack(), rows=tuple(world.row(f"a{n}") for n in range(2000)))
    content = bytearray(store_path.read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 12288)
    store_path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged") as caught:
        store.base()
    assert "restore a backup" in str(caught.value.hint)


def test_a_full_disk_is_said_to_be_full_and_nothing_is_half_written(
    store: Store, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fill(store, world.pack())
    monkeypatch.setattr(
        "reconciler.store.sqlite._WRITER_PRAGMAS", ("foreign_keys = ON", "max_page_count = 1")
    )
    rows = tuple(world.row(f"account-{n}", release="1.0.0") for n in range(3000))
    with pytest.raises(StoreError, match="is full; nothing more was written") as caught:
        world.fill(store, world.pack(current="2.0.0"), rows=rows)
    assert caught.value.hint == "make room and run again"
    assert store.base().attachments == {}
    assert store.base().packs["orders"].current == "1.0.0"


def test_a_limit_on_file_sizes_ends_a_pass_that_the_next_one_finishes(
    store: Store, store_path: Path, world: Any
) -> None:
    rows = tuple(world.row(f"account-{n}", release="1.0.0") for n in range(3000))
    world.fill(store, world.pack())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (store_path.stat().st_size + 20_000, before[1]))
    try:
        with pytest.raises(StoreError, match="can't be read or written"):
            world.fill(store, world.pack(current="2.0.0"), rows=rows)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert store.base().attachments == {}
    world.fill(store, world.pack(current="2.0.0", effective=("1.0.0",)), rows=rows)
    assert store.counts() == {"orders": {"1.0.0": 3000}}


def test_a_store_that_another_program_locks_is_said_to_be_locked(
    store: Store, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.sqlite._BUSY_SECONDS", 0.05)
    other = sqlite3.connect(store_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(StoreError, match="is locked by another program"),
        store.session(0) as session,
    ):
        session.settle(None, datetime(2026, 11, 22, tzinfo=UTC))
    other.close()


def test_a_writer_that_never_ends_is_named_as_the_reason(
    store: Store, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reconciler.store import locks

    monkeypatch.setattr("reconciler.store.sqlite._WRITE_WAIT_SECONDS", 0.05)
    with (
        locks.held(store_path.with_name("install-base.db.write"), 0),
        pytest.raises(StoreError, match="another process has been writing"),
        store.session(0),
    ):
        pass


needs_root = pytest.mark.skipif(
    os.getuid() != 0, reason="only root can become a user whom permissions bind"
)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users can get to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o777)
        yield path
        path.chmod(0o777)


@needs_root
def test_a_store_in_a_read_only_folder_can_be_read(
    store: Store, store_path: Path, shared: Path, world: Any, child: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    copy = shared / "copy.db"
    shutil.copyfile(store_path, copy)
    shared.chmod(0o555)
    told, errors = child(READ, f"sqlite:///{copy}").communicate()
    assert told.split() == ["a" * 40, "1"], errors
    assert list(shared.iterdir()) == [copy]
    told, errors = child(WRITE, f"sqlite:///{copy}").communicate()
    assert "can't be written: Permission denied" in told, errors


@needs_root
def test_a_log_that_nobody_may_finish_is_not_read_past(
    store: Store, store_path: Path, shared: Path, world: Any, child: Any
) -> None:
    copy, log = shared / "copy.db", shared / "copy.db-wal"
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(packs=(world.pack(),))))
        shutil.copyfile(store_path, copy)
        shutil.copyfile(store_path.with_name("install-base.db-wal"), log)
    assert log.stat().st_size > 0
    shared.chmod(0o555)
    told, errors = child(READ, f"sqlite:///{copy}").communicate()
    assert "can't be opened" in told, errors
    shared.chmod(0o777)
    told, errors = child(READ, f"sqlite:///{copy}").communicate()
    assert told.split() == ["a" * 40, "0"], errors


@needs_root
@pytest.mark.usefixtures("store")
def test_a_read_only_file_is_said_to_be_read_only(
    store_path: Path, shared: Path, child: Any
) -> None:
    copy = shared / "copy.db"
    shutil.copyfile(store_path, copy)
    copy.chmod(0o444)
    told, errors = child(WRITE, f"sqlite:///{copy}").communicate()
    assert "is read-only" in told, errors


def test_all_migrations_are_numbered_and_lead_to_the_newest_version() -> None:
    known = schema.migrations()
    assert [migration.version for migration in known] == list(range(1, len(known) + 1))
    assert schema.newest_version() == known[-1].version
    for migration in known:
        assert "".join(migration.statements()).strip() == migration.script.strip()
