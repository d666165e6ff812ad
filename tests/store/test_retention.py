"""The history of old months is dropped: what is left is true, and an event tells of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.errors import LeaseHeld, StoreError
from reconciler.model.events import EventKind
from reconciler.ports import Store
from reconciler.store import check, partition, trim


@pytest.fixture(params=["sqlite", "postgresql", "parts"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _upgrade(store: Store, world: Any, version: str, *effective: str) -> None:
    world.serve(store, world.pack(current=version, effective=effective), revision=version[0] * 40)
    with store.session(0) as session:
        world.roll_out(session)
        session.settle(None, world.clock.now())


@pytest.fixture
def old(store: Store, world: Any) -> Store:
    """Two accounts that installed in November and moved in December and February."""
    rows = (world.row("acme", release="1.0.0"), world.row("globex", release="1.0.0"))
    world.fill(store, world.pack(), rows=rows)
    world.clock.at = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    _upgrade(store, world, "2.0.0", "1.0.0")
    world.clock.at = datetime(2027, 2, 1, 0, 0, tzinfo=UTC)
    _upgrade(store, world, "3.0.0", "2.0.0", "1.0.0")
    return store


def test_older_months_go_and_the_rest_is_as_it_was(
    old: Store, store_url: str, world: Any, facts: Any
) -> None:
    before, lines = facts(old.base()), list(old.history())
    assert trim(old, "2027-01", "ann") == 4
    assert facts(old.base()) == before
    assert list(old.history()) == lines[4:]
    assert check(store_url) == []
    event = next(old.events(limit=1)).draft
    assert (event.kind, event.at, event.actor) == (EventKind.TRIMMED, world.clock.now(), "ann")
    assert event.details == {"before": "2027-01", "lines": 4}


def test_a_store_without_its_old_history_goes_on(old: Store, store_url: str, world: Any) -> None:
    assert trim(old, "2027-02", "ann") == 4
    _upgrade(old, world, "4.0.0", "3.0.0", "2.0.0", "1.0.0")
    assert [line.after for line in old.history()] == ["3.0.0", "3.0.0", "4.0.0", "4.0.0"]
    assert check(store_url) == []


def test_what_is_gone_already_is_not_told_again(old: Store) -> None:
    trim(old, "2027-02", "ann")
    told = len(list(old.events()))
    assert trim(old, "2027-02", "ann") == trim(old, "2020-01", "ann") == 0
    assert len(list(old.events())) == told


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_whole_months_go_without_their_rows_being_read(
    old: Store, store_url: str, sql: Callable[..., Any]
) -> None:
    partition(store_url, 2)
    trim(old, "2027-02", "ann")
    months = "SELECT min(relname::text) FROM pg_class WHERE relkind = 'r'"
    assert sql(months + " AND relname LIKE 'history_2%'") == [("history_2027_02",)]


def test_a_month_that_is_not_over_is_kept(old: Store) -> None:
    with pytest.raises(StoreError, match="the month before 2027-03 is not over"):
        trim(old, "2027-03", "ann")


def test_a_line_written_late_is_not_taken_out_of_the_middle(
    old: Store, store_url: str, world: Any
) -> None:
    """A killed pass is finished as of its own instant, which may lie before another line."""
    world.clock.at = datetime(2027, 1, 31, 23, 59, tzinfo=UTC)
    _upgrade(old, world, "4.0.0", "3.0.0", "2.0.0", "1.0.0")
    world.clock.at = datetime(2027, 3, 1, 0, 0, tzinfo=UTC)
    with pytest.raises(StoreError, match="can't be cut at 2027-02: acme orders moved"):
        trim(old, "2027-02", "ann")
    assert trim(old, "2027-01", "ann") == 4
    assert trim(old, "2027-03", "ann") == 4
    assert check(store_url) == []


def test_nothing_is_dropped_while_a_pass_runs(old: Store) -> None:
    with old.session(0), pytest.raises(LeaseHeld):
        trim(old, "2027-01", "ann")
