"""`reconciler --version` beside `python -c pass`."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.measure import Criterion, Measurement, reconciler

_CAUSE = "Importing click is most of it."


def measure(bench: Bench) -> Iterator[Measurement]:
    """One size: there is nothing to grow."""
    times = 3 * bench.sizes.repetitions
    python = bench.runner.bare_python(times)
    run = bench.runner.median(reconciler("--version"), times)
    allowed = 2 * python.seconds + 0.060
    yield Measurement(
        case="start: reconciler --version",
        size={},
        seconds=run.seconds,
        peak_mb=run.peak_mb,
        baseline="python -c pass",
        baseline_seconds=python.seconds,
        criteria=(
            Criterion(what="× (2 × Python + 60 ms)", value=run.seconds / allowed, target=1.0),
        ),
        at_target_size=True,
        cause=_CAUSE,
    )
