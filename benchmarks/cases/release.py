"""An immediate release to all attachments of one pack, beside the same rows by plain SQL."""

import shutil
from collections.abc import Iterator

from benchmarks import editions
from benchmarks.bench import Bench, World
from benchmarks.measure import Criterion, Measurement, plain_sql

TARGET = 1_000_000
_CAUSE = (
    "The plan reads every row of the install base into Python, to count what each change hits "
    "(ADR 4), and the pass does so before it writes. Moving the rows is a small part of it."
)


def measure(bench: Bench) -> Iterator[Measurement]:
    """A history row for each attachment, the same batches on both sides."""
    for attachments in bench.sizes.attachments:
        texts = editions.first_release(attachments)
        world = World(bench.folder / f"editions-{attachments}", bench.runner, texts)
        world.apply()
        world.fill("fill-editions")
        baseline = bench.runner.run(plain_sql("release", world.copied_store()))
        world.commit(editions.released("1.1.0"))
        run = world.apply()
        yield Measurement(
            case="release to all attachments of a pack",
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
        shutil.rmtree(world.folder)
