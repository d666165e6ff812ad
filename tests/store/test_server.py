"""A PostgreSQL server behind a store: the lease that runs out, rows that two want, what is said."""

import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.errors import LeaseHeld, LeaseLost, NoStore, StoreError
from reconciler.model.base import InstallBase
from reconciler.model.changes import Effects
from reconciler.model.requests import Decision
from reconciler.ports import Store
from reconciler.store import check, deliveries_of, migrate, open_store, schema
from reconciler.store.postgres import schema as tables
from reconciler.store.postgres.connection import connected, translated_statement
from reconciler.store.postgres.errors import explained
from reconciler.store.postgres.url import address_of


@pytest.fixture
def database() -> str:
    return "postgresql"


STOPPED = """
url, now = given
from reconciler.errors import LeaseLost
store = open_store(url, mode="write", clock=Clock())
try:
    with store.session(60) as session:
        say("leased")
        sys.stdin.readline()
        session.settle(None, now)
        say("written")
except LeaseLost:
    say("lost")
"""

STOPPED_INSIDE = """
url, now = given
from reconciler.errors import LeaseLost, StoreError
from reconciler.store import session as sessions
store = open_store(url, mode="write", clock=Clock())
try:
    with store.session(60) as session:
        with session._fenced() as connection:
            connection.execute("UPDATE applied SET zone_rules = 'stale'")
            say("inside")
            sys.stdin.readline()
    say("written")
except (LeaseLost, StoreError) as error:
    say(type(error).__name__)
"""


@pytest.mark.parametrize(("code", "word"), [(STOPPED, "leased"), (STOPPED_INSIDE, "inside")])
def test_a_process_stopped_past_its_lease_writes_nothing_when_it_goes_on(
    store: Store, store_url: str, world: Any, child: Any, facts: Any, code: str, word: str
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    stopped = child(code, (store_url, datetime(2030, 1, 1, tzinfo=UTC)), lease_seconds="0.5")
    assert stopped.stdout.readline() == f"{word}\n"
    stopped.send_signal(signal.SIGSTOP)
    with store.session(60) as session:
        session.accept(world.acceptance(Effects(), revision="b" * 40))
        before = facts(store.base())
        stopped.send_signal(signal.SIGCONT)
        told, errors = stopped.communicate("go\n")
        assert told.split() in (["lost"], ["StoreError"]), errors
        assert facts(store.base()) == before
        session.settle(None, world.clock.now())
    assert check(store_url) == []


def test_a_lease_is_renewed_while_nothing_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch, sql: Any
) -> None:
    monkeypatch.setenv("RECONCILER_LEASE_SECONDS", "0.6")
    with store.session(0) as session:
        with pytest.raises(LeaseHeld), store.session(2):
            pass
        session.settle(None, datetime(2026, 11, 22, tzinfo=UTC))
    assert sql("SELECT expires_at FROM lease") == [(None,)]


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan", "1e9"])
def test_a_lease_lasts_a_sensible_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("RECONCILER_LEASE_SECONDS", text)
    with pytest.raises(StoreError, match="which is no number of seconds"), store.session(0):
        pass


def test_a_pass_that_writes_nothing_changes_no_row_but_the_lease(
    store: Store, world: Any, content: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    before = content()
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 0
    assert content() == before


def test_requests_beside_a_fan_out_lose_nothing_on_either_side(
    store: Store, store_url: str, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(world.row(f"a{n}", release="1.0.0") for n in range(400))
    world.fill(store, world.pack("orders", "1.0.0", "3.0.0"), rows=rows)
    world.serve(store, world.pack("orders", "2.0.0", "3.0.0", effective=("1.0.0",)))
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", 20)
    asking = [f"a{n}" for n in range(0, 400, 8)]

    def adopt(base: InstallBase) -> Decision:
        (row,) = base.attachments.values()
        put = replace(row, release="3.0.0", adopt_requested="3.0.0", adopted_in=0)
        return Decision(action="adopt", put=put, event=world.event("adopts"), message="")

    def ask(accounts: list[str]) -> None:
        for account in accounts:
            store.request(account, "orders", adopt)

    threads = [threading.Thread(target=ask, args=(asking[half::2],)) for half in (0, 1)]
    with store.session(0) as session:
        for thread in threads:
            thread.start()
        world.roll_out(session)
        for thread in threads:
            thread.join()
        world.roll_out(session)
        session.settle(None, world.clock.now())
    assert store.counts() == {"orders": {"2.0.0": 350, "3.0.0": 50}}
    assert check(store_url) == []


def test_two_who_make_a_store_at_once_make_one(store_url: str, world: Any, child: Any) -> None:
    code = "say(open_store(given, mode='create', clock=Clock()).store_id)"
    both = [child(code, store_url) for _ in range(2)]
    told = {process.communicate()[0] for process in both}
    assert told == {open_store(store_url, mode="read", clock=world.clock).store_id + "\n"}


def test_a_missing_store_is_not_made_by_looking(store_url: str, world: Any, sql: Any) -> None:
    with pytest.raises(NoStore, match="there is no install base at postgresql://"):
        open_store(store_url, mode="read", clock=world.clock)
    assert sql("SELECT count(*) FROM pg_class WHERE relname = 'store'") == [(0,)]


@pytest.mark.parametrize("mode", ["read", "write", "create"])
def test_a_database_of_something_else_is_left_alone(
    store_url: str, world: Any, sql: Any, mode: Any
) -> None:
    sql("CREATE TABLE orders (id INTEGER)")
    with pytest.raises(StoreError, match="is a PostgreSQL database, but no install base"):
        open_store(store_url, mode=mode, clock=world.clock)
    assert sql("SELECT count(*) FROM pg_class WHERE relname IN ('store', 'orders')") == [(1,)]


@pytest.mark.parametrize("mode", ["read", "write", "create"])
@pytest.mark.parametrize(("version", "words"), [(99, "has schema version 99"), (-1, "needs")])
def test_a_store_of_another_schema_version_is_refused(
    store: Store, store_url: str, world: Any, sql: Any, mode: Any, version: int, words: str
) -> None:
    sql(f"UPDATE install_base SET version = {version}")
    with pytest.raises(StoreError, match=words):
        open_store(store_url, mode=mode, clock=world.clock)
    with pytest.raises(StoreError, match=words), store.session(0):
        pass


def test_a_migration_that_fails_leaves_the_version_before(
    store_url: str, store: Store, world: Any, sql: Any
) -> None:
    newest = tables.newest_version()
    more = "CREATE TABLE more (x INTEGER); DROP TABLE refusal;"
    good = schema.Migration(version=newest + 1, script=more)
    broken = schema.Migration(version=newest + 2, script="CREATE TABL x;")
    with connected(address_of(store_url)) as connection:
        connection.execute("BEGIN")
        with pytest.raises(psycopg.errors.SyntaxError):
            tables.create_or_migrate(connection, "x", known=[*tables.migrations(), good, broken])
        connection.execute("ROLLBACK")
        assert tables.version_of(connection, "x") == newest
    assert sql("SELECT count(*) FROM pg_class WHERE relname = 'more'") == [(0,)]
    assert migrate(store_url) == tables.newest_version()
    assert open_store(store_url, mode="write", clock=world.clock).store_id == store.store_id


def test_both_databases_have_the_same_schema_version() -> None:
    assert tables.newest_version() == schema.newest_version()


def test_rows_move_on_their_pages_and_touch_no_index(store: Store, world: Any, sql: Any) -> None:
    rows = tuple(world.row(f"a{n}", release="1.0.0") for n in range(3000))
    world.fill(store, world.pack(), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))
    with store.session(0) as session:
        world.roll_out(session)
    statement = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = "
    moved, pause = 0, threading.Event()
    while moved < 3000:  # told by the server a moment after the session has ended
        ((moved, on_their_page),) = sql(f"{statement}'attachment'")
        pause.wait(0.02)
    assert moved == 3000
    assert on_their_page > 2900


def test_a_server_that_is_not_there_is_named_without_the_password(world: Any) -> None:
    url = "postgresql://ann:hush@127.0.0.1:1/install_base?password=hush"
    with pytest.raises(StoreError, match="can't be connected to: ") as caught:
        open_store(url, mode="read", clock=world.clock)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint == "check the URL of the store, and that the server runs"


@pytest.mark.parametrize(
    "url", ["postgresql://ann:hu/sh@db:x/y", "postgresql://ann@db/x?hush=1", "postgresql://[/hush"]
)
def test_what_is_no_url_of_a_server_is_not_repeated(world: Any, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url, mode="read", clock=world.clock)
    assert "hu" not in str(caught.value)
    assert "percent-encode" in str(caught.value.hint)


def test_a_missing_database_and_an_unknown_user_are_named(store_url: str, world: Any) -> None:
    name = store_url.rpartition("/test_")[2].partition("?")[0]
    with pytest.raises(StoreError, match="is in a database that does not exist") as caught:
        open_store(store_url.replace(f"test_{name}", "nowhere"), mode="create", clock=world.clock)
    assert "createdb" in str(caught.value.hint)
    with pytest.raises(StoreError, match="refuses the user") as caught:
        open_store(f"{store_url}&user=nobody-here", mode="read", clock=world.clock)
    assert "PGPASSWORD" in str(caught.value.hint)


def test_a_read_only_server_is_said_to_be_read_only(
    store: Store, store_url: str, world: Any, sql: Any
) -> None:
    (name,) = sql("SELECT current_database()")[0]
    sql(f"CREATE ROLE reader_{name} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO"
        f" reader_{name}")  # fmt: skip
    reader = f"{store_url}&user=reader_{name}"
    try:
        found = open_store(reader, mode="read", clock=world.clock)
        assert found.base().store_id == store.store_id
        with pytest.raises(StoreError, match="can't be used by this user"), found.session(0):
            pass
    finally:
        sql(f"DROP OWNED BY reader_{name}", f"DROP ROLE reader_{name}")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.DiskFull("could not extend file"), "is full; nothing more was written"),
        (psycopg.errors.ReadOnlySqlTransaction(), "is read-only"),
        (psycopg.errors.TooManyConnections("sorry"), "has no connection left"),
        (psycopg.errors.AdminShutdown("terminating"), "was lost: terminating"),
        (psycopg.errors.LockNotAvailable(), "is locked by another program"),
        (psycopg.errors.DataCorrupted("invalid page"), "is damaged"),
        (psycopg.errors.InvalidPassword("no"), "refuses the user"),
        (psycopg.OperationalError("FATAL:\n password authentication failed"), "refuses the user"),
        (psycopg.OperationalError("no pg_hba.conf entry for host"), "lets this user in"),
    ],
)
def test_each_trouble_is_one_line_with_a_hint(error: psycopg.Error, words: str) -> None:
    found = explained(error, "postgresql://db/x")
    assert words in str(found)
    assert "\n" not in str(found)
    assert found.hint


def test_names_of_values_become_places_and_nothing_else_does() -> None:
    statement = "SELECT ':x', a::text, '50%' LIKE '%~%' WHERE b % 2 = :b_c AND name = :name"
    assert translated_statement(statement) == (
        "SELECT ':x', a::text, '50%%' LIKE '%%~%%' WHERE b %% 2 = %(b_c)s AND name = %(name)s"
    )


def test_a_session_that_the_server_ended_is_reported_in_one_line(
    store: Store, world: Any, sql: Any
) -> None:
    world.fill(store, world.pack())
    with store.session(0) as session:
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(StoreError, match=r"the connection to .* was lost"):
            session.settle(None, world.clock.now())


def test_the_lease_names_this_process(store: Store, sql: Any, tmp_path: Path) -> None:
    with store.session(0) as session:
        assert sql("SELECT host, pid FROM lease") == [(os.uname().nodename, os.getpid())]
        sql("UPDATE lease SET token = token + 1")
        with pytest.raises(LeaseLost):
            session.settle(None, datetime(2026, 11, 22, tzinfo=UTC))
    assert not list(tmp_path.iterdir())


def test_a_delivery_that_ends_while_it_is_told_of_as_overdue_is_not_told_of(
    store: Store, store_url: str, world: Any, sql: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    kept, hour = deliveries_of(store), timedelta(hours=1)
    kept.asked("acme", "runtime", world.clock.now())
    world.later(hours=2)
    told: list[int] = []
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(store_url) as other:
        other.execute("UPDATE report SET behind_since = NULL")
        teller = threading.Thread(
            target=lambda: told.append(kept.tell_overdue(world.clock.now(), hour))
        )
        teller.start()
        while not sql(waiting):
            assert teller.is_alive()
        other.commit()
    teller.join()
    assert told == [0]
    assert check(store_url) == []
