"""How far long work is -> a bar on a terminal, nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


# Fewer rows, or files, are done before a bar of them could be read.
_WORTH_A_BAR = 1_000
_SHOWN = 5


class Bars:
    """One bar for reading and one a fan-out, on stderr; of many, the last few."""

    def __init__(self, display: "Progress") -> None:
        self._display = display
        self._task: TaskID | None = None
        self._finished: list[TaskID] = []

    def begin(self, label: str, total: int, unit: str) -> None:
        """Starts a bar; there are `total` to do, and `unit` says what."""
        from rich.markup import escape

        if total < _WORTH_A_BAR:
            return
        self._task = self._display.add_task(escape(label), total=total, unit=unit, rate="")

    def advance(self, number: int) -> None:
        """So many more are done."""
        if self._task is not None:
            self._display.advance(self._task, number)
            speed = self._display.tasks[-1].speed or 0.0
            self._display.update(self._task, rate=f"{speed:,.0f}/s")

    def end(self) -> None:
        """The bar stays as it is, until newer ones need its place."""
        if self._task is not None:
            self._finished.append(self._task)
        self._task = None
        if len(self._finished) > _SHOWN:
            self._display.remove_task(self._finished.pop(0))


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
