"""Loops on one store, and one alone on another -> a month of releases, told by the same events.

The repository is the same. At each instant at which one of the loops wants to wake, all that want
to are woken: one after the other in either order, or at once, as the seed says.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from chaos.arena import TOP, Arena, Fault
from chaos.content import content, wrong
from chaos.publisher import account

_START = "2026-11-20T12:00:00+00:00"
_END = datetime.fromisoformat("2026-12-20T00:00:00+00:00")
_SCHEDULE = "0 */6 * * *"
_LONGEST_SECONDS = 120.0
_FREEZE = {"name": "sale", "from": "2026-12-06", "until": "2026-12-08", "reason": "sales"}

Deed = Callable[[Arena, tuple[str, ...]], None]


@dataclass
class Loop:
    """A process that sleeps until it is told the time; `wakes_at` is when it would wake."""

    process: "subprocess.Popen[str]"
    wakes_at: datetime

    @classmethod
    def begun(cls, arena: Arena, url: str, actor: str) -> "Loop":
        words = (str(arena.publisher.folder), url, _START, _SCHEDULE, actor)
        process = subprocess.Popen(
            [sys.executable, "-m", "chaos.stepped", *words],
            env={
                **os.environ,
                "PYTHONPATH": str(TOP),
                "XDG_CACHE_HOME": str(arena.folder / "cache"),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        arena.started.append(process)
        return cls(process=process, wakes_at=datetime.fromisoformat(_START))

    def wake(self, at: datetime) -> None:
        self._tell(at.isoformat())

    def sleeps(self) -> None:
        """Waits until it sleeps again. Raises Fault when it does not."""
        assert self.process.stdout is not None
        limit = threading.Timer(_LONGEST_SECONDS, self.process.kill)
        limit.start()
        line = self.process.stdout.readline()
        limit.cancel()
        if not line:
            raise Fault(f"a loop ended: {self.process.communicate()[1]}")
        self.wakes_at = datetime.fromisoformat(line.strip())

    def end(self) -> str:
        """What it said of trouble."""
        self._tell("stop")
        return self.process.communicate()[1]

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def two_as_one(arena: Arena, new_url: Callable[[], str], rng: Random) -> int:
    """Raises Fault unless two loops leave what one leaves; returns how often they were woken."""
    urls = (new_url(), arena.store_url)
    arena.publisher.members = range(arena.publisher.accounts - 1)
    arena.publisher.commit()
    alone = [Loop.begun(arena, urls[0], "alone")]
    alone[0].sleeps()
    pair = [Loop.begun(arena, urls[1], actor) for actor in ("first", "second")]
    for loop in pair:
        loop.sleeps()
    woken, deeds = 0, list(_deeds())
    while (now := min(loop.wakes_at for loop in (*alone, *pair))) < _END:
        while deeds and deeds[0][0] <= now:
            at, deed = deeds.pop(0)
            deed(arena, ("--now", at.isoformat()))
        for loops in (alone, pair):
            woken += _woken([loop for loop in loops if loop.wakes_at <= now], now, rng)
    told = [loop.end() for loop in (*alone, *pair)]
    if any("Traceback" in words for words in told):
        raise Fault(f"a loop showed its insides: {told}")
    trouble = wrong(urls[1], content(urls[0]))
    if trouble:
        raise Fault("two loops did not do what one did: " + "; ".join(trouble))
    if deeds:
        raise Fault(f"the month ended before {deeds[0][0]}")
    return woken


def _woken(loops: list[Loop], now: datetime, rng: Random) -> int:
    rng.shuffle(loops)
    together = rng.random() < 0.5
    for loop in loops:
        loop.wake(now)
        if not together:
            loop.sleeps()
    if together:
        for loop in loops:
            loop.sleeps()
    return len(loops)


def _deeds() -> list[tuple[datetime, Deed]]:
    """What publisher and accounts do, and when; a commit is seen at the next tick."""

    def commit(edit: Callable[[Arena], object]) -> Deed:
        def done(arena: Arena, _: tuple[str, ...]) -> None:
            edit(arena)
            arena.publisher.commit()

        return done

    deeds: list[tuple[str, Deed]] = [
        ("11-21T08:00", commit(lambda a: a.publisher.release("orders", "1.1.0", "2026-12-01"))),
        ("11-22T08:00", commit(lambda a: a.publisher.release("stock", "1.1.0", "2026-12-05"))),
        ("11-23T09:30", _adopting("orders", account(1))),
        ("11-24T09:30", _adopting("stock", account(0), "--instance", "east")),
        ("11-26T08:00", commit(lambda a: a.publisher.withdraw("stock", "1.1.0"))),
        ("12-03T08:00", commit(lambda a: a.publisher.freezes.append(_FREEZE))),
        ("12-06T12:30", commit(lambda a: a.publisher.release("orders", "1.2.0"))),
        ("12-10T08:00", commit(lambda a: a.publisher.withdraw("orders", "1.2.0"))),
        ("12-12T08:00", commit(_grow)),
        ("12-14T08:00", lambda arena, _: arena.publisher.break_manifests()),
        ("12-15T08:00", lambda arena, _: arena.publisher.mend_manifests()),
        ("12-16T08:00", commit(lambda a: a.publisher.release("stock", "1.2.0"))),
    ]
    return [(datetime.fromisoformat(f"2026-{text}:00+00:00"), deed) for text, deed in deeds]


def _grow(arena: Arena) -> None:
    arena.publisher.members = range(arena.publisher.accounts)


def _adopting(pack: str, name: str, *more: str) -> Deed:
    def done(arena: Arena, clock: tuple[str, ...]) -> None:
        for url in _stores(arena):
            adopted = arena.end(arena.start("account", "adopt", name, pack, *more, *clock, url=url))
            if adopted.code:
                raise Fault(f"{name} could not adopt {pack}: {adopted.told}")

    return done


def _stores(arena: Arena) -> list[str]:
    """Those of the loops, which carry them as their second argument."""
    return sorted({str(process.args[4]) for process in arena.started})  # type: ignore[index]
