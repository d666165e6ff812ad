"""The right to help with a fan-out: whoever claims rows without it, or after it, writes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler.errors import LeaseLost
from reconciler.ports import Store
from reconciler.store import check
from reconciler.store.fan_out import FanOut, walks
from reconciler.store.postgres import helping, sharing
from reconciler.store.postgres.connection import PostgresWriter, connected
from reconciler.store.postgres.url import address_of

BATCH = 100


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", BATCH)


def to_upgrade(store: Store, world: Any) -> None:
    rows = tuple(world.row(f"account-{n}", release="1.0.0") for n in range(1000))
    world.fill(store, world.pack(), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))


@contextmanager
def offered(url: str) -> Iterator[Callable[[], object]]:
    """A worker that has seen what is offered, and found rows, but did not claim them yet."""
    address = address_of(url)
    with connected(address) as connection:
        offer = sharing.offered(connection)
        assert offer is not None
        helper = helping.Helper(PostgresWriter(address, connection), offer)
        left = walks(connection, sharing.works(connection, offer), 0.5)
        fan_out = FanOut(helper, left, batch=BATCH, wait=False)
        claims = fan_out.claims()
        assert claims
        yield lambda: fan_out.move(claims)


def test_a_leader_that_was_cut_short_leaves_no_right_to_help_once_another_writes(
    store: Store, store_url: str, world: Any, once: Any, sql: Any
) -> None:
    to_upgrade(store, world)

    def give_up() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.session(0) as session:
        world.roll_out(session, progress=once(give_up))
    with offered(store_url) as old, store.session(0) as session:
        session.settle(None, world.clock.now())
        before = sql("SELECT * FROM attachment ORDER BY account_id")
        with pytest.raises(helping._Over):
            old()
        assert sql("SELECT * FROM attachment ORDER BY account_id") == before
        assert sql("SELECT * FROM fan_out") == []


def test_a_worker_that_comes_late_touches_no_row_of_a_settled_pass(
    store: Store, store_url: str, world: Any, once: Any, sql: Any
) -> None:
    to_upgrade(store, world)
    late: list[Any] = []

    def see_what_is_offered() -> None:
        late.append(offered(store_url))
        late.append(late[0].__enter__())

    with store.session(0) as session:
        world.roll_out(session, progress=once(see_what_is_offered))
        session.settle(None, world.clock.now())
    world.serve(store, world.pack(current="3.0.0", effective=("1.0.0", "2.0.0")), revision="c" * 40)
    with pytest.raises(helping._Over):
        late[1]()
    late[0].__exit__(None, None, None)
    upgraded = [line for line in store.history() if line.action == "upgrade"]
    assert {line.after for line in upgraded} == {"2.0.0"}
    assert sql("SELECT (SELECT count(*) FROM rollout), (SELECT count(*) FROM helped)") == [(0, 0)]


def test_the_leader_loses_its_lease_and_workers_their_right_with_the_next_holder(
    store: Store, store_url: str, world: Any, once: Any, sql: Any
) -> None:
    to_upgrade(store, world)

    def lose() -> None:
        sql("UPDATE lease SET token = token + 1, expires_at = NULL")

    with pytest.raises(LeaseLost), store.session(0) as session:
        world.roll_out(session, progress=once(lose))
    assert len(sql("SELECT * FROM fan_out")) == 1
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 900
        session.settle(None, world.clock.now())
    assert sql("SELECT * FROM fan_out") == []
    upgraded = [line.account for line in store.history() if line.action == "upgrade"]
    assert len(upgraded) == len(set(upgraded)) == 1000
    assert check(store_url) == []
