"""A pass after a commit that changes ten manifests."""

import statistics
from collections.abc import Iterator
from itertools import count

from benchmarks import worlds
from benchmarks.bench import Bench, World
from benchmarks.databases import Database
from benchmarks.measure import Criterion, Measurement

TARGET = 100_000
_TIMES = 3
_CAUSE = "It is imports, git, and reading what the ten touch; nothing of it grows."


def measure(bench: Bench) -> Iterator[Measurement]:
    """Ten attachments get another value of an extension, several times over."""
    for packs in bench.sizes.packs:
        timeouts = count(60)
        for database in bench.databases:
            yield _measured(bench, bench.world(packs), database, packs, timeouts)


def _measured(
    bench: Bench, world: World, database: Database, packs: int, timeouts: Iterator[int]
) -> Measurement:
    stored = world.stored(database)
    stored.apply()
    runs = []
    for _ in range(_TIMES):
        world.commit(worlds.edited_attachments(packs, 10, timeout=next(timeouts)))
        runs.append(stored.apply())
    seconds = statistics.median(run.seconds for run in runs)
    beyond = seconds - bench.python.seconds
    return Measurement(
        case="pass after a commit that changes 10 manifests",
        store=database.name,
        size={"manifests": world.manifests, "attachments": packs * worlds.ATTACHED},
        seconds=seconds,
        peak_mb=max(run.peak_mb for run in runs),
        baseline="python -c pass",
        baseline_seconds=bench.python.seconds,
        criteria=(Criterion(what="beyond starting Python", value=beyond, target=1.0, unit="s"),),
        at_target_size=world.manifests >= TARGET,
        cause=_CAUSE,
    )
