"""An immediate release to all attachments of one pack, beside the same rows by plain SQL."""

from collections.abc import Iterator

from benchmarks import editions
from benchmarks.bench import Bench, World
from benchmarks.databases import Database
from benchmarks.measure import Criterion, Measurement

TARGET = 1_000_000
_CAUSE = (
    "Of small sizes most is starting the program and its git; of large ones finding the next "
    "batch, and on PostgreSQL locking its rows, since workers may share the release (ADR 17)."
)


def measure(bench: Bench) -> Iterator[Measurement]:
    """A history row for each attachment, the same batches on both sides."""
    for attachments in bench.sizes.attachments:
        for database in bench.databases:
            yield _measured(bench, database, attachments)


def _measured(bench: Bench, database: Database, attachments: int) -> Measurement:
    texts = editions.first_release(attachments)
    folder = bench.folder / f"editions-{database.name.lower()}-{attachments}"
    world = World(folder, bench.runner, texts)
    stored = world.stored(database)
    stored.apply()
    stored.fill("fill-editions")
    baseline = stored.plain("release")
    world.commit(editions.released("1.1.0"))
    run = stored.apply()
    world.remove()
    return Measurement(
        case="release to all attachments of a pack",
        store=database.name,
        size={"attachments": attachments},
        seconds=run.seconds,
        peak_mb=run.peak_mb,
        baseline="plain SQL, same rows and batches",
        baseline_seconds=baseline.seconds,
        criteria=(
            Criterion(what="× plain SQL", value=run.seconds / baseline.seconds, target=2.0),
            Criterion(what="peak", value=run.peak_mb, target=300.0, unit="MB"),
        ),
        at_target_size=attachments >= TARGET,
        cause=_CAUSE,
    )
