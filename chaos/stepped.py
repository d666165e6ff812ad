"""`python -m chaos.stepped REPO STORE START SCHEDULE ACTOR`: the loop, on time that others tell.

Whenever the loop would sleep it prints the instant until which, and reads the instant at which it
is woken, or stop. Everything else is the program's own: processes, passes, leases.
"""

import sys
import threading
from datetime import datetime, timedelta

from reconciler import loop
from reconciler.errors import ReconcilerError
from reconciler.model.outcome import PassOutcome
from reconciler.settings import Settings
from reconciler.wiring import open_world

_YEAR_SECONDS = 366 * 86_400.0


class ToldTime(threading.Event):
    """Time that passes only while the loop sleeps."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self.instant = start

    def now(self) -> datetime:
        return self.instant

    def wait(self, timeout: float | None = None) -> bool:
        print((self.instant + timedelta(seconds=timeout or 0.0)).isoformat(), flush=True)
        told = sys.stdin.readline().strip()
        if told in ("", "stop"):
            self.set()
        else:
            self.instant = datetime.fromisoformat(told)
        return self.is_set()


def _say(told: PassOutcome | ReconcilerError) -> None:
    error = told if isinstance(told, ReconcilerError) else told.error
    if error is not None:
        print(error.message, file=sys.stderr)


def _main() -> None:
    repository, store_url, start, schedule, actor = sys.argv[1:]
    time = ToldTime(datetime.fromisoformat(start))
    settings = Settings(repository=repository, store_url=store_url, now=time.instant, actor=actor)
    with open_world(settings, store="create") as world:
        world.clock = time
        # One sleep to the next tick, not one for every few seconds of it.
        loop.run(world, schedule, time, _say, look_every_seconds=_YEAR_SECONDS)


if __name__ == "__main__":
    _main()
