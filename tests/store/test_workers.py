"""Real workers beside the leader of a pass: every row once, whoever is killed or stopped."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest

from reconciler.model.events import EventKind
from reconciler.ports import Store
from reconciler.store import check

TOP = Path(__file__).parents[2]
BATCH = 100
DEADLINE_SECONDS = 60

# A worker stops in the middle of each batch for as long as the test holds the lock.
GATE = """
CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('application_name') LIKE 'worker%' THEN
        PERFORM pg_advisory_xact_lock_shared(7);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER gate AFTER INSERT ON history FOR EACH STATEMENT EXECUTE FUNCTION wait_for_the_test()
"""
AT_THE_GATE = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

LEAD = """
url, batch, deadly_one = given
from reconciler.store.session import SqlSession
SqlSession.batch = batch
store = open_store(url, mode="write", clock=Clock())
with store.session(60) as session:
    statements, deadly = 0, deadly_one
    session.roll_out(
        [Rollout(pack="orders")], gated=True, today=date(2026, 11, 22),
        at=datetime(2026, 11, 22, 16, tzinfo=UTC), actor="child",
    )
"""


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", BATCH)


def until(true: Callable[[], bool]) -> None:
    """Looks again and again, and fails when it takes too long."""
    ends, pause = monotonic() + DEADLINE_SECONDS, threading.Event()
    while not true():
        assert monotonic() < ends, "waited too long"
        pause.wait(0.02)


class Gate:
    """Where workers stop in the middle of a batch."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.execute(GATE)
        connection.execute("SELECT pg_advisory_lock(7)")

    def waits_for(self, workers: int) -> None:
        def found() -> bool:
            row = self._connection.execute(AT_THE_GATE).fetchone()
            return row is not None and row[0] == workers

        until(found)

    def opens(self) -> None:
        self._connection.execute("SELECT pg_advisory_unlock(7)")


@pytest.fixture
def gate(store: Store, store_url: str) -> Iterator[Gate]:  # noqa: ARG001
    with psycopg.connect(store_url, autocommit=True) as connection:
        yield Gate(connection)


class Worker:
    """`reconciler work` in a process of its own."""

    def __init__(self, url: str, number: int, lease_seconds: str) -> None:
        words = ["work", "--store", f"{url}&application_name=worker-{number}", "--format", "json"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words, "--batch", str(BATCH)],
            env={
                **os.environ,
                "PYTHONPATH": str(TOP),
                "RECONCILER_LEASE_SECONDS": lease_seconds,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def ends(self, number: int = signal.SIGTERM) -> list[dict[str, Any]]:
        """Its log, after it was asked to end and did so."""
        self.send(number)
        told = self.process.communicate()[1]
        assert self.process.returncode == 0, told
        return [json.loads(line) for line in told.splitlines()]


@pytest.fixture
def workers(store_url: str) -> Iterator[Callable[..., list[Worker]]]:
    started: list[Worker] = []

    def start(number: int, *, lease_seconds: str = "30") -> list[Worker]:
        started.extend(Worker(store_url, n, lease_seconds) for n in range(number))
        return started

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.send(signal.SIGKILL)
            worker.process.wait()
        assert worker.process.stderr is not None
        worker.process.stderr.close()


def to_upgrade(store: Store, world: Any, count: int, instances: tuple[str, ...] = ("",)) -> None:
    rows = tuple(
        world.row(f"account-{n}", instance=instance, release="1.0.0")
        for n in range(count // len(instances))
        for instance in instances
    )
    multiple = len(instances) > 1
    world.fill(store, world.pack(multiple=multiple), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",), multiple=multiple))


def upgraded_once(store: Store, url: str, count: int) -> None:
    assert store.counts() == {"orders": {"2.0.0": count}}
    moves = [line for line in store.history() if line.action == "upgrade"]
    lines = [(line.account, line.instance) for line in moves]
    assert len(lines) == len(set(lines)) == count
    assert check(url) == []


def moved_by(log: list[dict[str, Any]]) -> int:
    return sum(line.get("attachments", 0) for line in log)


@pytest.mark.parametrize("instances", [("",), ("east", "north", "south", "west")])
def test_two_workers_and_a_leader_move_every_row_exactly_once(
    store: Store,
    store_url: str,
    world: Any,
    once: Any,
    gate: Gate,
    workers: Any,
    instances: tuple[str, ...],
) -> None:
    to_upgrade(store, world, 5000, instances)
    both = workers(2)

    def let_both_in() -> None:
        gate.waits_for(2)
        gate.opens()

    told: list[int] = []
    with store.session(0) as session:
        first = once(let_both_in)

        def progress(pack: str, rows: int) -> None:
            first()
            assert pack == "orders"
            told.append(rows)

        assert world.roll_out(session, progress=progress).attachments == 5000
        session.settle(None, world.clock.now())
    assert sum(told) == 5000
    upgraded_once(store, store_url, 5000)
    helped = [moved_by(worker.ends()) for worker in both]
    assert min(helped) >= BATCH
    assert sum(helped) < 5000


def test_the_rows_of_a_worker_killed_in_the_middle_of_a_batch_are_moved_by_others(
    store: Store, store_url: str, world: Any, once: Any, gate: Gate, workers: Any
) -> None:
    to_upgrade(store, world, 1000)
    killed, other = workers(2)

    def kill_one() -> None:
        gate.waits_for(2)
        killed.send(signal.SIGKILL)
        killed.process.wait()
        gate.opens()

    with store.session(0) as session:
        moved = world.roll_out(session, progress=once(kill_one))
        session.settle(None, world.clock.now())
    assert moved.attachments == 1000
    upgraded_once(store, store_url, 1000)
    assert moved_by(other.ends()) >= BATCH


def test_a_worker_stopped_past_its_time_in_the_middle_of_a_batch_writes_nothing_more_of_it(
    store: Store, store_url: str, world: Any, once: Any, gate: Gate, workers: Any
) -> None:
    to_upgrade(store, world, 1000)
    (stopped,) = workers(1, lease_seconds="0.5")

    def stop_it() -> None:
        gate.waits_for(1)
        stopped.send(signal.SIGSTOP)
        gate.opens()

    with store.session(0) as session:
        assert world.roll_out(session, progress=once(stop_it)).attachments == 1000
        session.settle(None, world.clock.now())
    upgraded_once(store, store_url, 1000)
    stopped.send(signal.SIGCONT)
    world.serve(store, world.pack(current="3.0.0", effective=("1.0.0", "2.0.0")), revision="c" * 40)
    with store.session(0) as session:
        world.roll_out(session)
        session.settle(None, world.clock.now())
    assert store.counts() == {"orders": {"3.0.0": 1000}}
    assert check(store_url) == []
    assert [line for line in stopped.ends() if line["level"] == "error"] != []


@pytest.mark.parametrize("deadly", [12, 16, 18, 20])
def test_workers_go_on_when_the_leader_is_killed_and_the_next_pass_finishes(
    store: Store, store_url: str, world: Any, child: Any, workers: Any, deadly: int
) -> None:
    to_upgrade(store, world, 1000)
    both = workers(2)
    leader = child(LEAD, (store_url, BATCH, deadly), lease_seconds="0.5")
    assert leader.wait() == -signal.SIGKILL

    def most_are_moved() -> bool:
        return store.counts()["orders"].get("2.0.0", 0) >= 1000 - BATCH

    until(most_are_moved)
    with store.session(60) as session:
        world.roll_out(session)
        session.settle(None, world.clock.now())
    upgraded_once(store, store_url, 1000)
    assert sum(moved_by(worker.ends()) for worker in both) >= 5 * BATCH


def test_what_fails_under_a_worker_is_set_aside_and_told_once_by_the_leader(
    store: Store, store_url: str, world: Any, once: Any, sql: Any, gate: Gate, workers: Any
) -> None:
    to_upgrade(store, world, 1000)
    sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'out of order'; END $$",
        "CREATE TRIGGER poison BEFORE UPDATE ON attachment FOR EACH ROW"
        " WHEN (NEW.account_id % 100 = 50) EXECUTE FUNCTION refuse()",
    )
    workers(2)

    def let_both_in() -> None:
        gate.waits_for(2)
        gate.opens()

    with store.session(0) as session, pytest.raises(Exception, match="10 accounts were set aside"):
        world.roll_out(session, progress=once(let_both_in))
    assert store.counts() == {"orders": {"1.0.0": 10, "2.0.0": 990}}
    assert [event.draft.kind for event in store.events()].count(EventKind.SET_ASIDE) == 1
    sql("DROP TRIGGER poison ON attachment")
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 10
        session.settle(None, world.clock.now())
    upgraded_once(store, store_url, 1000)


def test_a_worker_says_once_that_the_server_is_gone_and_helps_when_it_is_back(
    store: Store, postgres_server: str, world: Any, once: Any, sql: Any, gate: Gate, workers: Any
) -> None:
    to_upgrade(store, world, 1000)
    gate.opens()
    (worker,) = workers(1)
    ((name,),) = sql("SELECT current_database()")
    theirs = f"FROM pg_stat_activity WHERE application_name = 'worker-0' AND datname = '{name}'"
    theirs += " AND query LIKE '%FROM fan_out%'"
    until(lambda: sql(f"SELECT count(*) {theirs}") == [(1,)])
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute(f"SELECT pg_terminate_backend(pid) {theirs}")
        log = [json.loads(worker.process.stderr.readline()) for _ in range(2)]
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert ["was lost" in log[0]["message"], "not currently accept" in log[1]["message"]] == [
        True, True,
    ]  # fmt: skip

    def wait_for_help() -> None:
        until(lambda: store.counts()["orders"].get("2.0.0", 0) > BATCH)

    with store.session(0) as session:
        world.roll_out(session, progress=once(wait_for_help))
    log = worker.ends()
    assert moved_by(log) >= BATCH
    assert [line["level"] for line in log] == ["info", "info"]
