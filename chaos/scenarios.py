"""The scenarios by name: what is done to an install base, and on which database."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from chaos import killing, looping, month, outages, pausing, storage, working
from chaos.arena import Arena
from chaos.server import Server

FILE, SERVER = "SQLite", "PostgreSQL"
WORKERS_KILLED = "leader and workers killed"
_KILLS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a scenario plays with; `disk` is None where no file system can be mounted."""

    arena: Arena
    new_url: Callable[[], str]
    rng: Random
    server: Server
    disk: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`play` returns how often the fault struck; raises Fault when the product did wrong."""

    name: str
    database: str
    play: Callable[[Setting], int]
    most_accounts: int = 3_000

    @property
    def batches(self) -> int:
        """How many batches the largest fan-out of a round has at most; each may be struck."""
        return 2_000 if self.name == WORKERS_KILLED else 10


def _killed_at_writes(s: Setting) -> int:
    return killing.at_writes(s.arena, s.new_url, s.rng, s.rng.randint(1, 5))


def _killed_at_random(s: Setting) -> int:
    return killing.at_random_moments(s.arena, s.new_url, s.rng, s.rng.randint(1, 5))


def _paused(s: Setting) -> int:
    return pausing.paused(s.arena, s.new_url, s.rng)


def _month(s: Setting) -> int:
    return month.two_as_one(s.arena, s.new_url, s.rng)


def _loops_killed(s: Setting) -> int:
    return looping.season(s.arena, s.new_url, s.rng, looping.killing(s.rng), steps=5)


def _loops_restarted(s: Setting) -> int:
    blow = looping.restarting(s.server, s.rng)
    return looping.season(s.arena, s.new_url, s.rng, blow, steps=5)


def _full_disk(s: Setting) -> int:
    return 0 if s.disk is None else storage.full_disk(s.arena, s.new_url, s.rng, s.disk)


def _limited_files(s: Setting) -> int:
    return storage.limited_files(s.arena, s.new_url, s.rng)


def _locked_file(s: Setting) -> int:
    return storage.locked_file(s.arena, s.new_url, s.rng)


def _locked_tables(s: Setting) -> int:
    return storage.locked_tables(s.arena, s.new_url, s.rng, s.server)


def _workers_killed(s: Setting) -> int:
    return working.killed(s.arena, s.new_url, s.rng, _KILLS)


def _outage(
    play: Callable[[Arena, Callable[[], str], Random, Server], int], setting: Setting
) -> int:
    return play(setting.arena, setting.new_url, setting.rng, setting.server)


_ON_BOTH: tuple[tuple[str, Callable[[Setting], int], int], ...] = (
    ("killed at a write", _killed_at_writes, 3_000),
    ("killed at a random moment", _killed_at_random, 3_000),
    ("stopped past its lease", _paused, 3_000),
    ("two loops for a month", _month, 300),
    ("two loops, killed", _loops_killed, 3_000),
)
_ON_SERVER: tuple[tuple[str, Callable[[Setting], int], int], ...] = (
    ("two loops, server restarted", _loops_restarted, 3_000),
    ("server restarted in a pass", partial(_outage, outages.restarted), 3_000),
    ("connection cut", partial(_outage, outages.cut_off), 3_000),
    ("slow server", partial(_outage, outages.slow), 600),
    ("silent server", partial(_outage, outages.silent), 3_000),
    (WORKERS_KILLED, _workers_killed, 20_000),
    ("worker stopped in a batch", partial(_outage, working.paused), 3_000),
    ("a row that can't be moved", partial(_outage, working.poisoned), 3_000),
    ("tables locked", _locked_tables, 3_000),
    ("disk full", _full_disk, 3_000),
)
_ON_FILE: tuple[tuple[str, Callable[[Setting], int], int], ...] = (
    ("files that may not grow", _limited_files, 3_000),
    ("file locked", _locked_file, 1_500),
)
SCENARIOS = tuple(
    Scenario(name=name, database=database, play=play, most_accounts=most)
    for rows, databases in (
        (_ON_BOTH, (FILE, SERVER)),
        (_ON_SERVER, (SERVER,)),
        (_ON_FILE, (FILE,)),
    )
    for name, play, most in rows
    for database in databases
)
