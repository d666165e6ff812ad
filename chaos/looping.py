"""`reconciler run`, two on one store, started again whenever they end -> a season of releases."""

import signal
import subprocess
import time
from collections.abc import Callable
from random import Random

from chaos.arena import Arena, Fault, ended_in_one_line, until
from chaos.content import content, wrong
from chaos.publisher import Publisher
from chaos.server import Server
from reconciler.errors import ReconcilerError
from reconciler.settings import Settings
from reconciler.wiring import open_world

_RUN = ("run", "--schedule", "* * * * *")
_LOOPS = 2
_LOST_ITS_STORE = 1

Edit = Callable[[Publisher], None]
Blow = Callable[["Pair"], None]


def _edits(accounts: int) -> tuple[Edit, ...]:
    """Nothing that needs a date: these loops live in real time."""

    def begin(publisher: Publisher) -> None:
        publisher.members = range(accounts)

    def shrink(publisher: Publisher) -> None:
        publisher.members = range(accounts // 2)

    return (
        begin,
        lambda publisher: publisher.release("orders", "1.1.0"),
        shrink,
        lambda publisher: publisher.withdraw("orders", "1.1.0"),
        begin,
    )


class Pair:
    """Two loops, and whoever starts them again."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self.loops = [self._started() for _ in range(_LOOPS)]

    def _started(self) -> "subprocess.Popen[str]":
        return self.arena.start(*_RUN, environment={"CHAOS_RETRY_SECONDS": "0.2"})

    def tend(self) -> None:
        """Starts those that have ended. Raises Fault for an end that is none of ours."""
        for place, process in enumerate(self.loops):
            if process.poll() is None:
                continue
            done = self.arena.end(process)
            if done.code not in (-signal.SIGKILL, _LOST_ITS_STORE):
                raise Fault(f"a loop ended by itself with {done.code}: {done.told}")
            self.loops[place] = self._started()

    def kill(self, place: int) -> None:
        self.loops[place].kill()

    def until_applied(self, revision: str) -> None:
        """Keeps both alive until that revision is in force, and all of it carried out."""
        until(lambda: self._applied(revision))

    def _applied(self, revision: str) -> bool:
        self.tend()
        try:
            settings = Settings(store_url=self.arena.store_url)
            with open_world(settings, store="existing") as world:
                assert world.store is not None
                found = world.store.applied()
        except ReconcilerError:
            return False
        return found is not None and found.settled and found.revision == revision

    def stop(self) -> None:
        """SIGTERM ends each after its pass with code 0, or before it has begun."""
        for process in self.loops:
            process.send_signal(signal.SIGTERM)
        for process in self.loops:
            done = self.arena.end(process)
            if done.code not in (0, -signal.SIGTERM, -signal.SIGKILL):
                raise Fault(f"SIGTERM ended a loop with {done.code}: {done.told}")


def season(arena: Arena, new_url: Callable[[], str], rng: Random, blow: Blow, steps: int) -> int:
    """Strikes `steps` times, each in the middle of a pass or before it; returns the blows."""
    twin = new_url()
    for edit in _edits(arena.publisher.accounts)[:steps]:
        edit(arena.publisher)
        revision = arena.publisher.commit()
        ended_in_one_line(arena.end(arena.start("apply", url=twin)), 0)
        pair = Pair(arena)
        time.sleep(rng.uniform(0.2, 1.2))
        blow(pair)
        pair.until_applied(revision)
        pair.stop()
        trouble = wrong(arena.store_url, content(twin, dated=False), dated=False)
        if trouble:
            raise Fault("; ".join(trouble))
    return steps


def killing(rng: Random) -> Blow:
    """kill -9 to one of the two, or both."""

    def blow(pair: Pair) -> None:
        for place in rng.sample(range(_LOOPS), rng.randint(1, _LOOPS)):
            pair.kill(place)

    return blow


def restarting(server: Server, rng: Random) -> Blow:
    """The server restarts under both; they go on by themselves."""
    return lambda _: server.restart(rng.choice(("fast", "immediate")))
