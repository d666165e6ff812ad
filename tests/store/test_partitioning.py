"""A store in parts: by account and by month; and what a statement touches of it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.errors import LeaseHeld, StoreError
from reconciler.model.base import InstallBase
from reconciler.model.requests import Decision
from reconciler.ports import Store
from reconciler.store import check, copy, open_store, partition
from reconciler.store.postgres import partitioning

PARTS = 4


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def large(store: Store, sql: Callable[..., Any], world: Any) -> Store:
    """Four hundred accounts, each with fifty instances of one pack: 20,000 rows."""
    rows = tuple(world.row(f"account-{n:03}", instance="i00", release="1.0.0") for n in range(400))
    world.fill(store, world.pack(multiple=True), rows=rows)
    sql(
        "INSERT INTO attachment (pack_id, account_id, instance, mode, release_id, origin, entitled,"
        " updated_at) SELECT pack_id, account_id, 'i' || lpad(n::text, 2, '0'), mode, release_id,"
        " origin, entitled, updated_at FROM attachment, generate_series(1, 49) AS n RETURNING 1"
    )
    return store


def _columns(sql: Callable[..., Any], column: str) -> Counter[str]:
    """A figure of each table, once all other connections have gone and told theirs."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    others += " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    deadline = datetime.now(UTC).timestamp() + 30
    while sql(others) != [(0,)]:
        assert datetime.now(UTC).timestamp() < deadline, "connections that do not go"
    statement = f"SELECT relname, {column} FROM pg_stat_user_tables"
    return Counter({name: int(figure or 0) for name, figure in sql(statement)})


def _touched(before: Counter[str], after: Counter[str], table: str) -> set[str]:
    return {name for name in after - before if re.fullmatch(rf"{table}_\w+", name)}


def test_dividing_keeps_everything_and_the_store_goes_on(
    large: Store, store_url: str, sql: Callable[..., Any], world: Any
) -> None:
    before, lines = list(large.attached()), list(large.history())
    partition(store_url, PARTS)
    assert (list(large.attached()), list(large.history())) == (before, lines)
    assert check(store_url) == []
    world.later(days=30)
    world.serve(large, world.pack(current="2.0.0", effective=("1.0.0",), multiple=True))
    with large.session(0) as session:
        assert world.roll_out(session).attachments == 20_000
        session.settle(None, world.clock.now())
    assert check(store_url) == []
    assert sql("SELECT count(DISTINCT number), count(*) FROM history") == [(20_400, 20_400)]
    assert sql("SELECT DISTINCT tableoid::regclass::text FROM history ORDER BY 1") == [
        ("history_2026_11",), ("history_2026_12",),
    ]  # fmt: skip


def test_parts_have_the_keys_and_the_room_of_the_whole(
    store: Store,  # noqa: ARG001
    store_url: str,
    sql: Callable[..., Any],
) -> None:
    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid::regclass::text IN ('attachment', 'template_copy', 'history')"
        " AND contype <> 'n' ORDER BY 1, 2"
    )
    indexes = (
        "SELECT tablename, indexname, replace(indexdef, ' ONLY ', ' ') FROM pg_indexes"
        " WHERE tablename IN ('attachment', 'template_copy', 'history') ORDER BY 1, 2"
    )
    room = "SELECT DISTINCT reloptions FROM pg_class WHERE relkind = 'r' AND relname LIKE 'attach%'"
    before = sql(constraints), sql(indexes), sql(room)
    partition(store_url, PARTS)
    assert (sql(constraints), sql(indexes), sql(room)) == before
    assert sql("SELECT count(*) FROM pg_class WHERE relname ~ '^attachment_0..$'") == [(PARTS,)]
    partition(store_url, 2 * PARTS)
    assert sql("SELECT count(*) FROM pg_class WHERE relname ~ '^attachment_0..$'") == [(PARTS,)]


def test_lines_of_a_month_without_a_part_are_kept_and_move_when_it_is_made(
    store: Store, store_url: str, sql: Callable[..., Any], world: Any
) -> None:
    end = partition(store_url, PARTS)
    assert end > f"{datetime.now(UTC).year + 2}-"
    *_, ahead, last = partitioning._from("2026-11", end)
    parts = [f"history_{month.replace('-', '_')}" for month in (ahead, last)]
    sql(f"DROP TABLE {', '.join(parts)}", "SELECT 1")
    world.clock.at = datetime.fromisoformat(f"{ahead}-28T23:59:00+00:00")
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    where = "SELECT tableoid::regclass::text FROM history"
    assert sql(where) == [("history_rest",)]
    assert partition(store_url, PARTS) == end
    assert sql(where) == [(parts[0],)]
    assert check(store_url) == []


def test_an_account_touches_one_part_and_a_batch_all_of_them(
    large: Store, store_url: str, sql: Callable[..., Any], world: Any
) -> None:
    partition(store_url, PARTS)

    def upgrade(base: InstallBase) -> Decision:
        row = next(iter(base.attachments.values()))
        put = replace(row, requested=world.settings(environments=("test",)))
        return Decision(action="configure", put=put, event=world.event(), message="set")

    scans = "coalesce(seq_scan, 0) + coalesce(idx_scan, 0)"
    before = _columns(sql, scans)
    large.request("account-007", "orders", upgrade)
    after = _columns(sql, scans)
    assert len(_touched(before, after, "attachment")) == 1
    assert next(large.attached(account="account-007")).requested is not None

    world.serve(large, world.pack(current="2.0.0", effective=("1.0.0",), multiple=True))
    before, written = _columns(sql, scans), _columns(sql, "n_tup_ins")
    with large.session(0) as session:
        assert world.roll_out(session).attachments == 20_000
    assert len(_touched(before, _columns(sql, scans), "attachment")) == PARTS
    assert _touched(written, _columns(sql, "n_tup_ins"), "history") == {"history_2026_11"}


@pytest.mark.parametrize("divided", [False, True])
def test_a_release_leaves_every_row_on_its_page_and_the_indexes_alone(
    store: Store, store_url: str, sql: Callable[..., Any], world: Any, divided: bool
) -> None:
    rows = tuple(world.row(f"account-{n:04}", release="1.0.0") for n in range(3_000))
    world.fill(store, world.pack(), rows=rows)
    if divided:
        partition(store_url, PARTS)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))
    before = [_columns(sql, column) for column in ("n_tup_upd", "n_tup_hot_upd")]
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 3_000
    after = [_columns(sql, column) for column in ("n_tup_upd", "n_tup_hot_upd")]
    moved, hot = (
        sum(figures[name] - earlier[name] for name in figures if name.startswith("attachment"))
        for earlier, figures in zip(before, after, strict=True)
    )
    assert (moved, hot) == (3_000, 3_000)


def test_nothing_is_divided_while_a_pass_runs(store: Store, store_url: str) -> None:
    with store.session(0), pytest.raises(LeaseHeld):
        partition(store_url, PARTS)


def test_a_file_is_not_divided(tmp_path: Any, world: Any) -> None:
    url = f"sqlite:///{tmp_path}/install-base.db"
    open_store(url, mode="create", clock=world.clock)
    with pytest.raises(StoreError, match="is a file, which is not divided"):
        partition(url, PARTS)


def test_a_store_in_parts_is_copied_like_any_other(
    large: Store, store_url: str, new_url: Callable[..., str], tmp_path: Any, world: Any
) -> None:
    partition(store_url, PARTS)
    file, back = f"sqlite:///{tmp_path}/copy.db", new_url()
    copy(store_url, file)
    copy(file, back)
    found = open_store(back, mode="read", clock=world.clock)
    assert list(found.attached()) == list(large.attached())
    assert list(found.history()) == list(large.history())
    assert check(back) == []


def test_months_follow_each_other_over_the_years() -> None:
    months = list(partitioning._from("2026-11", "2027-02"))
    assert months == ["2026-11", "2026-12", "2027-01"]
