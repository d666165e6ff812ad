"""The loop: a pass at once, at each tick and at each due instant, whatever goes wrong."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.desired.requests import adopt
from reconciler.errors import ReconcilerError, UsageError
from reconciler.loop import next_tick, run
from reconciler.model.outcome import PassOutcome
from reconciler.wiring import FixedClock, open_world


class Days(threading.Event):
    """Time that passes only by waiting: the loop sleeps, and the clock has moved."""

    def __init__(self, start: datetime, until: datetime) -> None:
        super().__init__()
        self.instant, self.until = start, until

    def now(self) -> datetime:
        return self.instant

    def wait(self, timeout: float | None = None) -> bool:
        self.instant += timedelta(seconds=timeout or 0.0)
        if self.instant >= self.until:
            self.set()
        return self.is_set()


def passes(
    office: Any,
    start: str,
    until: str,
    schedule: str,
    before: Any = None,
    days: type["Days"] | None = None,
) -> list[Any]:
    """What each pass of a loop told, with its instant; `before` is called after each."""
    with open_world(office.settings(start), store="create") as world:
        ends = (datetime.fromisoformat(start), datetime.fromisoformat(until))
        clock = Days(*ends) if days is None else days(*ends)
        world.clock = clock
        told: list[Any] = []

        def on_pass(outcome: PassOutcome | ReconcilerError) -> None:
            told.append((clock.instant, outcome))
            if before is not None:
                before(clock.instant)

        # Days in which nothing is asked for are slept through in long naps.
        nap = 3600.0 if days is None else 2.0
        run(world, schedule, clock, on_pass, look_every_seconds=nap)
    return told


def test_the_loop_wakes_at_the_window_however_sparse_the_schedule(office: Any) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    told = passes(office, "2026-11-20T12:00+00:00", "2026-12-10T00:00+00:00", "0 12 1 * *")
    moved = [(at, outcome.moved, outcome.late) for at, outcome in told if outcome.moved]
    assert [(at.isoformat(), rows, late) for at, rows, late in moved] == [
        ("2026-11-20T12:00:00+00:00", 5, 0),
        ("2026-12-01T05:00:00+00:00", 3, 0),
    ]
    assert office.runs()["acme/orders"] == "1.1.0"


def test_what_is_due_goes_on_while_git_is_gone(office: Any) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply("2026-11-20T12:00")
    (office.folder / ".git").rename(office.folder / "gone")
    told = passes(office, "2026-11-21T00:00+00:00", "2026-12-02T00:00+00:00", "0 12 * * *")
    assert {type(outcome) for _, outcome in told} >= {PassOutcome}
    assert all(outcome.exit_code == 1 for _, outcome in told)
    assert office.runs()["acme/orders"] == "1.1.0"


def test_a_bad_commit_is_refused_once_while_what_is_due_goes_on(office: Any) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply("2026-11-20T12:00")
    office.documents["Release", "orders@1.1.0"]["spec"]["schedule"] = {"date": "2026-02-30"}
    office.commit()
    told = passes(office, "2026-11-30T00:00+00:00", "2026-12-02T00:00+00:00", "0 * * * *")
    assert {outcome.exit_code for _, outcome in told} == {3}
    assert sum(outcome.moved for _, outcome in told) == 3
    with open_world(office.settings("2026-12-02T00:00"), store="existing") as world:
        assert world.store is not None
        kinds = [str(event.draft.kind) for event in world.store.events()]
        refusal = world.store.last_refusal()
    assert kinds.count("refused") == 1
    assert kinds.count("contested") == 1
    assert refusal is not None
    assert refusal.reason == "invalid"


def test_the_schedule_is_on_the_publishers_clock_and_fires_once_in_a_repeated_hour(
    office: Any,
) -> None:
    office.publisher("America/Havana")
    office.commit()
    office.apply("2025-10-20T12:00")
    with open_world(office.settings("2025-10-20T12:00"), store="existing") as world:
        at = datetime.fromisoformat("2025-11-02T03:00+00:00")
        ticks = []
        for _ in range(3):
            at = next_tick(world, "30 0 * * *", at)
            ticks.append(at.isoformat())
    assert ticks == [
        "2025-11-02T04:30:00+00:00",
        "2025-11-03T05:30:00+00:00",
        "2025-11-04T05:30:00+00:00",
    ]


@pytest.mark.parametrize("schedule", ["@reboot", "* * * *", "0 0 31 2 *", "R * * * *"])
def test_a_schedule_that_is_none_is_refused(office: Any, schedule: str) -> None:
    office.commit()
    with (
        open_world(office.settings("2026-11-20T12:00"), store="create") as world,
        pytest.raises(UsageError, match="schedule"),
    ):
        run(world, schedule, threading.Event(), lambda _: None)


def test_a_loop_that_is_told_to_stop_ends_after_its_pass(office: Any) -> None:
    office.commit()
    stop = threading.Event()
    told: list[Any] = []

    def on_pass(outcome: PassOutcome | ReconcilerError) -> None:
        told.append(outcome)
        stop.set()

    with open_world(office.settings("2026-11-20T12:00"), store="create") as world:
        world.clock = FixedClock(instant=world.clock.now())
        run(world, "* * * * *", stop, on_pass)
    assert len(told) == 1


def test_a_slot_that_is_chosen_while_the_loop_sleeps_is_served_when_it_comes(office: Any) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    slot = datetime.fromisoformat("2026-11-20T13:00+00:00")

    class Chosen(Days):
        """An account asks a second before its slot, in the middle of a sleep."""

        asked = False

        def wait(self, timeout: float | None = None) -> bool:
            if not self.asked and self.instant >= slot - timedelta(seconds=2):
                self.asked = True
                office.ask("acme", "orders", self.instant, adopt, version=None, at=slot)
            return super().wait(timeout)

    told = passes(
        office, "2026-11-20T12:59+00:00", "2026-11-20T13:01+00:00", "0 12 1 * *", days=Chosen
    )
    moved = [(at, outcome.moved) for at, outcome in told]
    assert [rows for _, rows in moved] == [5, 1]
    assert slot <= moved[-1][0] < slot + timedelta(seconds=5)
    assert office.runs()["acme/orders"] == "1.1.0"
