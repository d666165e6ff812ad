"""Many packs that are due at the same midnight, beside the same rows by plain SQL."""

from collections.abc import Iterator

from benchmarks import worlds
from benchmarks.bench import MIDNIGHT, Bench, World
from benchmarks.databases import Database
from benchmarks.measure import Criterion, Measurement

TARGET = 10_000


def measure(bench: Bench) -> Iterator[Measurement]:
    """The pass that opens the window; each pack has five attachments."""
    for packs in bench.sizes.midnights:
        texts = worlds.manifests(packs, pending=True)
        world = World(bench.folder / f"midnight-{packs}", bench.runner, texts)
        for database in bench.databases:
            yield _measured(world, database, packs)
        world.remove()


def _measured(world: World, database: Database, packs: int) -> Measurement:
    stored = world.stored(database)
    stored.apply()
    database.settled(stored.url)
    baseline = stored.plain("promote")
    run = stored.apply(MIDNIGHT)
    return Measurement(
        case="packs due at the same midnight",
        store=database.name,
        size={"packs": packs, "attachments": packs * worlds.ATTACHED},
        seconds=run.seconds,
        peak_mb=run.peak_mb,
        baseline="plain SQL, same rows, one transaction a pack",
        baseline_seconds=baseline.seconds,
        criteria=(Criterion(what="all applied in", value=run.seconds, target=300.0, unit="s"),),
        at_target_size=packs >= TARGET,
    )
