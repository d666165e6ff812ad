"""A cron schedule and what is due -> pass after pass, until asked to stop (SPEC section 6)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from croniter import croniter

from reconciler.desired.freezes import cron_fault, placed
from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.outcome import PassOutcome
from reconciler.model.zones import zone
from reconciler.reconcile import reconcile
from reconciler.steps.world import World, needed_store

# A slot that an account chooses while the loop sleeps, and a clock that is set forward, are noticed
# within this time.
_LOOK_EVERY_SECONDS = 2.0
# A pass that failed may have been about a window that opens before the next tick.
_RETRY = timedelta(seconds=30)


def run(
    world: World,
    schedule: str,
    stop: threading.Event,
    on_pass: Callable[[PassOutcome | ReconcilerError], None],
    *,
    full_every: int = 100,
    look_every_seconds: float = _LOOK_EVERY_SECONDS,
) -> None:
    """Fetches and reconciles at once, at each tick of `schedule`, and at each due instant.

    The schedule is a five-field cron expression on the publisher's clock (UTC before the first
    revision is applied). Meanwhile it looks every so many seconds whether something has become due
    earlier. One pass in `full_every`, the last of so many, looks at everything.
    Returns when `stop` is set, never in the middle of a transaction. Trouble is told to `on_pass`
    and tried again soon. Raises UsageError for a bad schedule.
    """
    fault = cron_fault(schedule)
    if fault is not None:
        raise UsageError(
            f"--schedule {schedule!r}: {fault}", 'for example --schedule "*/5 * * * *"'
        )
    for number in count(1):
        if stop.is_set():
            return
        started = world.clock.now()
        retry = _pass(world, on_pass, complete=number % full_every == 0)
        tick = next_tick(world, schedule, started)
        latest = tick if retry is None else min(tick, retry)
        _sleep(world, started, latest, stop, look_every_seconds)


def next_tick(world: World, schedule: str, after: datetime) -> datetime:
    """The first instant (UTC) after `after` at which the schedule fires, publisher's clock."""
    where = zone(needed_store(world).publisher_zone() or "UTC")
    local = after.astimezone(where).replace(tzinfo=None, fold=0)
    ticks = croniter(schedule, local)
    while True:
        found = placed(ticks.get_next(datetime), where)
        if found > after:
            return found


def _pass(
    world: World, on_pass: Callable[[PassOutcome | ReconcilerError], None], *, complete: bool
) -> datetime | None:
    """One pass; returns when to try again what failed."""
    try:
        outcome = reconcile(world, complete=complete)
    except ReconcilerError as error:
        on_pass(error)
        return world.clock.now() + _RETRY
    on_pass(outcome)
    return None


def _sleep(
    world: World, started: datetime, latest: datetime, stop: threading.Event, at_most: float
) -> None:
    """Until `latest`, or until something is due: the store is asked for that again and again.

    What was due already when the last pass began was left by it, and is tried again after a while.
    """
    while not stop.is_set():
        due = _next_due(world)
        if due is not None and due <= started:
            due = started + _RETRY
        instant = latest if due is None else min(latest, due)
        left = (instant - world.clock.now().astimezone(UTC)).total_seconds()
        if left <= 0:
            return
        stop.wait(min(left, at_most))


def _next_due(world: World) -> datetime | None:
    """When something is due by itself; None also where the store can't tell, as a pass will say."""
    try:
        applied = needed_store(world).applied()
    except ReconcilerError:
        return None
    return None if applied is None else applied.next_due
