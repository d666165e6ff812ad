"""Several processes and one store: who may write, and what a killed one leaves behind."""

import os
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.errors import LeaseHeld, LeaseLost
from reconciler.model.base import Applied
from reconciler.model.changes import Effects, Member
from reconciler.model.requests import Decision
from reconciler.ports import Refusal, Store
from reconciler.store import check, open_store


def _applied(store: Store) -> Applied:
    applied = store.applied()
    assert applied is not None
    return applied


ROLL_OUT = """
batch, url, deadly_one = given
from reconciler.store.session import SqlSession
SqlSession.batch = batch
store = open_store(url, mode="write", clock=Clock())
with store.session(60) as session:
    say("leased")
    statements, deadly = 0, deadly_one
    moved = session.roll_out(
        [Rollout(pack="orders")], gated=True, today=date(2026, 11, 22),
        at=datetime(2026, 11, 22, 16, tzinfo=UTC), actor="child",
    )
say(moved.attachments)
"""

ACCEPT = """
acceptance, members, url, deadly_one = given
store = open_store(url, mode="write", clock=Clock())
with store.session(60) as session:
    statements, deadly = 0, deadly_one
    session.accept(acceptance)
    session.membership(members, acceptance.plan.now, "child")
    session.settle(None, acceptance.plan.now)
"""

HOLD = """
store = open_store(given, mode="write", clock=Clock())
with store.session(60) as session:
    say("leased")
    sys.stdin.readline()
"""


def _ready_to_upgrade(store: Store, world: Any, count: int) -> None:
    rows = tuple(world.row(f"account-{n}", release="1.0.0") for n in range(count))
    world.fill(store, world.pack(), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))


@pytest.mark.parametrize("deadly", range(1, 16))
def test_a_roll_out_killed_at_any_write_is_finished_by_the_next(
    database: str, store: Store, store_url: str, world: Any, child: Any, deadly: int
) -> None:
    _ready_to_upgrade(store, world, 30)
    if database == "postgresql":  # whose leader also offers the work, and ends that
        deadly = 2 * deadly - 1
    killed = child(ROLL_OUT, (10, store_url, deadly), lease_seconds="0.5")
    assert killed.wait() == -signal.SIGKILL
    moved = store.counts()["orders"].get("2.0.0", 0)
    assert moved == (10 * ((deadly - 1) // 5) if database == "sqlite" else moved // 10 * 10)
    assert not _applied(store).settled
    with store.session(60) as session:
        assert world.roll_out(session).attachments == 30 - moved
        session.settle(None, world.clock.now())
    upgraded = [line.account for line in store.history() if line.action == "upgrade"]
    assert len(upgraded) == len(set(upgraded)) == 30
    assert check(store_url) == []


def test_a_pass_killed_at_any_write_leaves_all_of_an_acceptance_or_nothing(
    database: str, new_url: Any, world: Any, child: Any, facts: Any
) -> None:
    pack = world.pack()
    rows = tuple(world.row(f"account-{n}", release="1.0.0") for n in range(3))
    members = tuple(Member(None, row) for row in rows)
    effects = Effects(renames={}, put=world.tree(pack, accounts=("a",)), packs=(pack,), members=3)
    acceptance = world.acceptance(effects, world.event())
    deadly, expected, outcomes = 0, None, set()
    while expected is None:
        deadly += 1 if database == "sqlite" else 2
        url = new_url(made=True)
        store = open_store(url, mode="create", clock=world.clock)
        killed = child(ACCEPT, (acceptance, members, url, deadly), lease_seconds="0.5").wait()
        if killed == 0:
            expected = facts(store.base())
        accepted = store.applied()
        outcomes.add((accepted is None, len(list(store.events())), len(store.base().attachments)))
        with store.session(60) as session:
            if accepted is None:
                session.accept(acceptance)
            session.membership(members, world.clock.now(), "ann")
            session.settle(None, world.clock.now())
        if expected is not None:
            assert facts(store.base()) == expected
        assert check(url) == []
        assert len(list(store.history())) == len(rows)
    assert deadly > 15
    assert outcomes == {(True, 0, 0), (False, 1, 0), (False, 1, 3)}


def test_a_creation_killed_at_any_write_is_finished_by_the_next(
    new_url: Any, world: Any, child: Any
) -> None:
    code = "url, deadly = given\nopen_store(url, mode='create', clock=Clock())"
    deadly, killed = -2, -signal.SIGKILL
    while killed == -signal.SIGKILL:
        deadly += 3
        url = new_url()
        killed = child(code, (url, deadly)).wait()
        store = open_store(url, mode="create", clock=world.clock)
        assert store.applied() is None
        assert check(url) == []
    assert (killed, deadly > 3) == (0, True)


def test_two_processes_that_upgrade_at_once_move_each_row_once(
    store: Store, store_url: str, world: Any, child: Any
) -> None:
    _ready_to_upgrade(store, world, 2000)
    both = [child(ROLL_OUT, (100, store_url, 0)) for _ in range(2)]
    told = [process.communicate()[0].split() for process in both]
    assert sorted(words[1] for words in told) == ["0", "2000"]
    assert len([line for line in store.history() if line.action == "upgrade"]) == 2000


def test_the_lease_is_refused_while_another_process_holds_it(
    store: Store, store_url: str, child: Any
) -> None:
    holder = child(HOLD, store_url)
    assert holder.stdout.readline() == "leased\n"
    with pytest.raises(LeaseHeld) as caught, store.session(0.2):
        pass
    words = (
        f"another reconciler \\(host {os.uname().nodename}, pid {holder.pid}\\) holds this store"
    )
    assert caught.match(words + r" since [\d:]{8} UTC and renewed \d+ s ago; waited 0 s")
    assert caught.value.hint == "run again, or stop the other one"
    holder.communicate("go\n")
    assert holder.returncode == 0
    with store.session(0):
        pass


def test_the_lease_goes_with_the_process_that_held_it(
    store: Store, store_url: str, child: Any
) -> None:
    holder = child(HOLD, store_url, lease_seconds="0.5")
    assert holder.stdout.readline() == "leased\n"
    holder.kill()
    with store.session(60):
        pass


def test_a_stopped_process_keeps_the_lease_and_others_still_read_and_ask(
    store: Store, store_url: str, world: Any, child: Any
) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    holder = child(HOLD, store_url)
    assert holder.stdout.readline() == "leased\n"
    holder.send_signal(signal.SIGSTOP)
    with pytest.raises(LeaseHeld), store.session(0):
        pass
    removal = Decision(
        action="uninstall",
        removed=world.row("acme").key,
        event=world.event("asked"),
        message="gone",
    )
    assert store.request("acme", "orders", lambda _: removal).message == "gone"
    assert store.base().attachments == {}
    holder.send_signal(signal.SIGCONT)
    holder.communicate("go\n")
    assert holder.returncode == 0


def test_waiting_for_the_lease_ends_when_it_is_free(
    store: Store, store_url: str, child: Any
) -> None:
    with store.session(0):
        waiting = child(HOLD, store_url)
    assert waiting.stdout.readline() == "leased\n"
    waiting.communicate("go\n")
    assert waiting.returncode == 0


def test_each_holder_has_a_higher_token(store: Store, sql: Any) -> None:
    tokens = []
    for _ in range(3):
        with store.session(0) as session:
            session.settle(None, datetime(2026, 11, 22, tzinfo=UTC))
        tokens += sql("SELECT token, pid FROM lease")
    assert tokens == [(number, os.getpid()) for number in (1, 2, 3)]


def test_nothing_is_written_once_the_lease_was_taken_over(
    store: Store, sql: Any, world: Any, facts: Any
) -> None:
    _ready_to_upgrade(store, world, 3)
    refusal = Refusal(revision="c" * 40, reason="limit", message="", at=world.clock.now())
    row = world.row("acme")
    with store.session(0) as session:
        sql("UPDATE lease SET token = token + 1")
        before = facts(store.base())
        for write in (
            lambda: session.record("c" * 40, world.plan(), "2026a"),
            lambda: session.accept(world.acceptance(Effects(packs=(world.pack("new"),)))),
            lambda: session.membership([Member(None, row)], world.clock.now(), "ann"),
            lambda: world.roll_out(session),
            lambda: session.settle(None, world.clock.now()),
            lambda: session.refuse(refusal, (world.event(),)),
        ):
            with pytest.raises(LeaseLost):
                write()
    assert facts(store.base()) == before
    assert store.last_refusal() is None
