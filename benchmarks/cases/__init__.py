"""What is measured, in the order in which the cases run: later ones use the worlds of earlier."""

from collections.abc import Callable, Iterator

from benchmarks.bench import Bench
from benchmarks.cases import change, idle, midnight, release, review, serving, starting, validation
from benchmarks.measure import Measurement

CASES: tuple[Callable[[Bench], Iterator[Measurement]], ...] = (
    starting.measure,
    release.measure,
    review.measure,
    validation.measure,
    change.measure,
    idle.measure,
    idle.measure_octodns,
    idle.measure_terraform,
    midnight.measure,
    serving.measure,
)
