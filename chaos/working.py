"""A leader and its workers -> killed again and again during one release to everybody."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from random import Random

from chaos.arena import Arena, Done, Fault, ended_in_one_line, proceed, until, until_stopped
from chaos.content import compared, content, wrong
from chaos.proxy import Line, between
from chaos.publisher import account
from chaos.server import Server

NewUrl = Callable[[], str]
_INSTALLED, _RELEASED = "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"
_WORKERS = 2
_WHOLE = 10_000
# Writes that a process lives to see: a handful of batches.
_FEWEST_WRITES, _MOST_WRITES, _MOST_OF_LEADER = 5, 30, 150
_MESSAGE = "out of order"


class Crew:
    """A leader and two workers, each started again with a new fate, until the kills are used up."""

    def __init__(self, arena: Arena, rng: Random, kills: int) -> None:
        self.arena, self.rng = arena, rng
        self.kills_left = kills
        self.worker_kills = 0
        self.done: Done | None = None
        self.leader = self._leading()
        self.workers = [self._working() for _ in range(_WORKERS)]

    def _fate(self, most_writes: int = _MOST_WRITES) -> str:
        if not self.kills_left:
            return ""
        return f"kill:{self.rng.randint(_FEWEST_WRITES, most_writes)}"

    def _leading(self) -> "subprocess.Popen[str]":
        return self.arena.start("apply", "--now", _RELEASED, fate=self._fate(_MOST_OF_LEADER))

    def _working(self) -> "subprocess.Popen[str]":
        return self.arena.start("work", "--batch", str(self.arena.batch), fate=self._fate())

    def tend(self) -> bool:
        """Starts again whoever was killed; True when the leader has finished."""
        for place, process in enumerate(self.workers):
            if process.poll() is not None:
                self._buried(process)
                self.worker_kills += 1
                self.workers[place] = self._working()
        if self.leader.poll() is None:
            return False
        if self.leader.returncode == 0:
            self.done = self.arena.end(self.leader)
            return True
        self._buried(self.leader)
        self.leader = self._leading()
        return False

    def _buried(self, process: "subprocess.Popen[str]") -> None:
        done = self.arena.end(process)
        if done.code != -signal.SIGKILL:
            raise Fault(f"{process.args!r} ended by itself with {done.code}: {done.told}")
        self.kills_left = max(0, self.kills_left - 1)

    def stop(self) -> None:
        """SIGTERM ends a worker after its batch, with code 0."""
        for process in self.workers:
            process.send_signal(signal.SIGTERM)
        for process in self.workers:
            done = self.arena.end(process)
            if done.code not in (0, -signal.SIGTERM, -signal.SIGKILL):
                raise Fault(f"SIGTERM ended a worker with {done.code}: {done.told}")


def _ready(arena: Arena, twin: Arena) -> None:
    """Everybody has 1.0.0; 1.1.0 is released in git, and on the twin has gone out."""
    arena.publisher.members = range(arena.publisher.accounts)
    arena.publisher.commit()
    for each in (twin, replace(arena, batch=_WHOLE, started=[])):
        each.finish(_INSTALLED)
    arena.publisher.release("orders", "1.1.0")
    arena.publisher.commit()
    twin.finish(_RELEASED)


def killed(arena: Arena, new_url: NewUrl, rng: Random, kills: int) -> int:
    """A release to everybody during which leader and workers are killed; how often they were."""
    twin = replace(arena, store_url=new_url(), batch=_WHOLE, started=[])
    _ready(arena, twin)
    crew = Crew(arena, rng, kills)
    until(crew.tend, seconds=600)
    crew.stop()
    _like(arena, twin)
    return kills - crew.kills_left


def _like(arena: Arena, twin: Arena) -> None:
    trouble = wrong(arena.store_url, content(twin.store_url))
    if trouble:
        raise Fault("; ".join(trouble))


def paused(arena: Arena, new_url: NewUrl, rng: Random, server: Server) -> int:
    """A worker is stopped in the middle of a batch: the pass ends without it, and it does no harm.

    The leader is slow, so that there is something to help with.
    """
    twin = replace(arena, store_url=new_url(), started=[])
    _ready(arena, twin)
    with between(server.home, Line(delay_seconds=0.005)) as folder:
        url = arena.store_url.replace(str(server.home), str(folder))
        leader = arena.start("apply", "--now", _RELEASED, url=url)
        words = ("work", "--batch", str(arena.batch))
        worker = arena.start(*words, fate=f"stop:{rng.randint(1, 12)}")
        until_stopped(worker)
        ended_in_one_line(arena.end(leader), 0)
    _like(arena, twin)
    proceed(worker)
    worker.send_signal(signal.SIGTERM)
    done = arena.end(worker)
    if done.code not in (0, -signal.SIGTERM):
        raise Fault(f"a worker that went on ended with {done.code}: {done.told}")
    _like(arena, twin)
    return 1


_NUMBER = "SELECT id FROM account WHERE name = '(ACCOUNT)'"
_POISON = f"""
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$;
CREATE TRIGGER poison BEFORE UPDATE ON attachment FOR EACH ROW
WHEN (NEW.account_id = (ACCOUNT)) EXECUTE FUNCTION refuse();
"""
_CURE = "DROP TRIGGER poison ON attachment; DROP FUNCTION refuse()"


def poisoned(arena: Arena, new_url: NewUrl, rng: Random, server: Server) -> int:
    """One account can't be moved: all others are, it is named, and moved once it can be."""
    twin = replace(arena, store_url=new_url(), started=[])
    _ready(arena, twin)
    database = arena.store_url.partition("?")[0].rpartition("/")[2]
    name = account(rng.randrange(arena.publisher.accounts))
    ((number,),) = server.sql(_NUMBER.replace("(ACCOUNT)", name), database)
    server.sql(_POISON.replace("(ACCOUNT)", str(number)), database)
    workers = [arena.start("work", "--batch", str(arena.batch)) for _ in range(_WORKERS)]
    for _ in range(2):
        done = ended_in_one_line(arena.run("apply", "--now", _RELEASED), 1)
        if name not in done.told or _MESSAGE not in done.told:
            raise Fault(f"it does not say which account was set aside, and why: {done.told!r}")
    left = server.sql(_BEHIND, database)
    if left != [(name,)]:
        raise Fault(f"behind are {left}, not {name} alone")
    server.sql(_CURE, database)
    arena.finish(_RELEASED)
    for process in workers:
        process.send_signal(signal.SIGTERM)
        arena.end(process)
    _like_but_for(arena, twin, "set-aside")
    return 1


_BEHIND = """
SELECT account.name FROM attachment
JOIN account ON account.id = account_id
JOIN pack ON pack.id = pack_id AND pack.name = 'orders'
WHERE release_id IS DISTINCT FROM current_id
"""


def _like_but_for(arena: Arena, twin: Arena, kind: str) -> None:
    """The twin was told nothing of that kind."""
    found = content(arena.store_url)
    told = [event for event in found.events if event[0] == kind]
    if len(told) != 1:
        raise Fault(f"{len(told)} events tell of what was set aside, not one")
    others = tuple(event for event in found.events if event not in told)
    trouble = compared(replace(found, events=others), content(twin.store_url))
    if trouble:
        raise Fault("; ".join(trouble))
