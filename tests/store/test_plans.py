"""What many ask, and what is looked for again and again, never reads a whole table."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.reminders import WINDOW_LEADS
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.events import EventKind
from reconciler.model.notices import NotificationState
from reconciler.model.requests import Decision
from reconciler.ports import Store
from reconciler.ports.views import EventsWanted
from reconciler.store import (
    access_of,
    deliveries_of,
    failing_deliveries,
    outbox_of,
    sqlite,
    views_of,
)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

_LARGE = "attachment|account|history|event|declaration|report|agent|notification|reminder|token"
# Of an index that holds a few rows, all are read.
_SMALL = "account_suspended|notification_dead|notification_moot"
_SCAN = re.compile(rf"SCAN (?:{_LARGE})\b(?! USING (?:COVERING )?INDEX (?:{_SMALL})\b)")
_LISTENS = "INSERT INTO channel (kind, address, created_at, created_by, since_event) VALUES"
_AT = "2026-11-22T15:00:00.000000Z"
_ALL_LISTEN = (
    f"{_LISTENS} ('slack', 'https://hooks.example/1', '{_AT}', 'ann', 0)",
    "INSERT INTO channel (account_id, kind, address, created_at, created_by, since_event)"
    " SELECT account.id, kind, address, created_at, created_by, 0 FROM account, channel",
)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What SQLite is asked from now on, with its values."""
    told: list[str] = []

    class Told(sqlite.SqliteConnection):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            self.set_trace_callback(told.append)

    monkeypatch.setattr(sqlite, "SqliteConnection", Told)
    return told


def _scans(path: Path, statements: list[str]) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            if not re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)", statement):
                continue
            if "temp." in statement:
                continue
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}"):
                if _SCAN.match(step):
                    yield f"{step}: {' '.join(statement.split())}"


def _dispatching(store: Store, now: Any) -> None:
    outbox = outbox_of(store)
    outbox.waiting(now)
    outbox.remind(now, WINDOW_LEADS)
    outbox.forget(now + timedelta(days=500))
    outbox.expand(now)
    outbox.claim(now, now + timedelta(minutes=2), 100, (77,))


def _housekeeping(store: Store, now: Any) -> None:
    deliveries_of(store).tell_overdue(now + timedelta(days=1), timedelta(hours=1))
    failing_deliveries(store)
    access_of(store).sweep(now + timedelta(days=1))


def _asking(store: Store, now: Any) -> None:
    views, outbox, deliveries = views_of(store), outbox_of(store), deliveries_of(store)
    for since in (None, now):
        views.events(EventsWanted(packs_of="acme", since=since), limit=5)
        views.events_after(EventsWanted(packs_of="acme", since=since), limit=5)
        views.events(EventsWanted(account="acme", since=since), limit=5)
    views.history(account="acme", pack="orders", limit=5)
    views.attachments(account="acme", limit=5)
    views.attachments(pack="orders", limit=5)
    views.of_account("acme", ["orders"])
    views.packs_of("acme", limit=5)
    outbox.channels("acme")
    outbox.notifications("acme")
    for state in (NotificationState.DEAD, NotificationState.MOOT):
        outbox.notifications(state=state)
    deliveries.mark()
    deliveries.stamps(["acme"])
    deliveries.asked("acme", "agent", now)
    deliveries.asked("acme", "agent", now + timedelta(days=2))
    access_of(store).token("0" * 64)
    access_of(store).session("0" * 64)
    store.request("acme", "orders", lambda _: Decision(action="adopt", message="seen"))


@pytest.mark.parametrize("work", [_dispatching, _housekeeping, _asking])
def test_no_statement_reads_a_whole_table(
    store: Store,
    store_path: Path,
    world: Any,
    sql: Callable[..., Any],
    statements: list[str],
    work: Callable[[Store, Any], None],
) -> None:
    world.fill(store, world.pack(pending="2.0.0"), rows=(world.row("acme", release="1.0.0"),))
    sql(f"{_LISTENS} ('slack', 'https://hooks.example/1', '{_AT}', 'ann', 0)")
    sql("UPDATE channel SET account_id = (SELECT id FROM account WHERE name = 'acme')")
    deliveries_of(store).asked("acme", "agent", world.clock.now())
    statements.clear()
    work(store, world.clock.now())
    assert statements
    assert list(_scans(store_path, statements)) == []


def test_accounts_without_the_pack_are_not_looked_at_for_the_values_that_it_needs(
    store: Store,
    world: Any,
    sql: Callable[..., Any],
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reconciler.store.reminders.ACCOUNTS", 1)
    others = tuple(world.row(f"other-{number}", "stock") for number in range(9))
    rows = (world.row("acme", release="1.0.0"), *others)
    world.fill(store, world.pack(pending="2.0.0"), world.pack("stock"), rows=rows)
    part = {"type": "string", "required": True}
    contains = [{"name": "erp", "type": "connection", "extensions": {"host": part}}]
    needing = world.declared(
        Kind.PACKAGED_COMPONENT, {}, component="sync", type="process", version="2.0.0",
        contains=contains,
    )  # fmt: skip
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(put=(needing,))))
    sql(*_ALL_LISTEN)
    statements.clear()
    outbox_of(store).remind(world.clock.now(), WINDOW_LEADS)
    told = [event.draft.account for event in store.events() if event.draft.account]
    assert told == ["acme"]
    assert statements.count("BEGIN IMMEDIATE") <= 2


def test_an_event_of_a_pack_that_few_have_is_told_at_once_however_many_listen(
    store: Store, world: Any, sql: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.expanding.CHANNELS", 2)
    others = tuple(world.row(f"other-{number}", "stock") for number in range(9))
    rows = (world.row("acme", release="1.0.0"), *others)
    world.fill(store, world.pack(pending="2.0.0"), world.pack("stock"), rows=rows)
    box = outbox_of(store)
    sql(*_ALL_LISTEN, "UPDATE channel SET since_event = (SELECT number FROM chain_end)")
    with store.session(0) as session:
        told = world.event(pack="orders", kind=EventKind.WITHDRAW)
        session.accept(world.acceptance(Effects(), told))
    box.expand(world.clock.now())
    assert not box.waiting(world.clock.now()).events
    assert [found.account for found in box.notifications()] == ["acme", None]
