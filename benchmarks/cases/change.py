"""A pass after a commit that changes ten manifests."""

import statistics
from collections.abc import Iterator

from benchmarks import worlds
from benchmarks.bench import Bench
from benchmarks.measure import Criterion, Measurement

TARGET = 100_000
_CAUSE = (
    "The pass reads all declarations of the revision and of the store, judges every rule over all "
    "of them and plans every pack and row, though only ten have changed."
)


def measure(bench: Bench) -> Iterator[Measurement]:
    """Ten attachments get another value of an extension, three times over."""
    for packs in bench.sizes.packs:
        world = bench.world(packs)
        world.apply()
        runs = []
        for timeout in (60, 90, 120):
            world.commit(worlds.edited_attachments(packs, 10, timeout=timeout))
            runs.append(world.apply())
        seconds = statistics.median(run.seconds for run in runs)
        peak = max(run.peak_mb for run in runs)
        beyond = seconds - bench.python.seconds
        yield Measurement(
            case="pass after a commit that changes 10 manifests",
            size={"manifests": world.manifests, "attachments": packs * worlds.ATTACHED},
            seconds=seconds,
            peak_mb=peak,
            baseline="python -c pass",
            baseline_seconds=bench.python.seconds,
            criteria=(
                Criterion(what="beyond starting Python", value=beyond, target=1.0, unit="s"),
            ),
            at_target_size=world.manifests >= TARGET,
            cause=_CAUSE,
        )
