"""How far long work is -> bars on a terminal, lines in a log, nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from reconciler.report.fan_outs import Stand

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


# Fewer rows, or files, are done before a bar of them could be read.
_WORTH_A_BAR = 1_000
_SHOWN = 5
_LOG_SECONDS = 10.0


class Bars:
    """A bar for reading, and bars for fan-outs, on stderr; of those that are done, the last few."""

    def __init__(self, display: "Progress") -> None:
        self._display = display
        self._finished: list[TaskID] = []

    def begin(self, label: str, total: int, unit: str) -> "_Bar":
        """Starts a bar; there are `total` to do, and `unit` says what."""
        from rich.markup import escape

        if total < _WORTH_A_BAR:
            return _Bar(self, self._display, None)
        task = self._display.add_task(escape(label), total=total, unit=unit, rate="")
        return _Bar(self, self._display, task)

    def finished(self, task: "TaskID") -> None:
        """The bar stays as it is, until newer ones need its place."""
        self._finished.append(task)
        if len(self._finished) > _SHOWN:
            self._display.remove_task(self._finished.pop(0))


@dataclass(frozen=True, slots=True, eq=False)
class _Bar:
    """One of them; without a task it is not shown."""

    bars: Bars
    display: "Progress"
    task: "TaskID | None"

    def advance(self, number: int) -> None:
        if self.task is None:
            return
        self.display.advance(self.task, number)
        speed = next((t.speed for t in self.display.tasks if t.id == self.task), None) or 0.0
        self.display.update(self.task, rate=f"{speed:,.0f}/s")

    def end(self) -> None:
        if self.task is not None:
            self.bars.finished(self.task)


@contextmanager
def progress() -> Iterator[Bars | None]:
    """Bars while the block runs; None where no terminal shows them."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} / {task.total:,.0f} {task.fields[unit]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as display:
        yield Bars(display)


class Lines:
    """Tells `log` how far long work is, at most every ten seconds; short work is not told of.

    `seconds` is a clock that never goes back.
    """

    def __init__(
        self, log: Callable[[Stand], None], seconds: Callable[[], float] = monotonic
    ) -> None:
        self._log = log
        self._seconds = seconds
        self._open: list[_Line] = []
        self._started = self._told = 0.0

    def begin(self, label: str, total: int, unit: str) -> "_Line":
        """Starts a piece of work beside those that go on."""
        if not any(line.going for line in self._open):
            self._open.clear()
            self._started = self._told = self._seconds()
        line = _Line(self, label, total, unit)
        self._open.append(line)
        return line

    def tell(self) -> None:
        """One line about all of it, unless the last one is too fresh."""
        now = self._seconds()
        if now - self._told < _LOG_SECONDS:
            return
        self._told = now
        done = sum(line.done for line in self._open)
        total = max(done, sum(line.total for line in self._open))
        rate = done / (now - self._started)
        self._log(
            Stand(
                labels=tuple(line.label for line in self._open),
                unit=self._open[-1].unit,
                done=done,
                total=total,
                rate=rate,
                left_seconds=(total - done) / rate if rate else None,
            )
        )


class _Line:
    """One piece of work, as far as it is."""

    def __init__(self, lines: Lines, label: str, total: int, unit: str) -> None:
        self._lines = lines
        self.label, self.total, self.unit = label, total, unit
        self.done = 0
        self.going = True

    def advance(self, number: int) -> None:
        self.done += number
        self._lines.tell()

    def end(self) -> None:
        self.going = False
