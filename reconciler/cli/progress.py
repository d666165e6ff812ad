"""How far a fan-out is -> a bar on a terminal, nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


# A fan-out below this many rows is over before a bar of it could be read.
_WORTH_A_BAR = 1_000
_SHOWN = 5


class Bars:
    """One bar a fan-out, on stderr; of many, the last few."""

    def __init__(self, display: "Progress") -> None:
        self._display = display
        self._task: TaskID | None = None
        self._finished: list[TaskID] = []

    def begin(self, label: str, total: int) -> None:
        """Starts a bar; `total` rows are to be moved."""
        from rich.markup import escape

        if total < _WORTH_A_BAR:
            return
        self._task = self._display.add_task(escape(label), total=total)

    def advance(self, rows: int) -> None:
        """So many rows more."""
        if self._task is not None:
            self._display.advance(self._task, rows)

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
        TextColumn("{task.completed:,.0f} / {task.total:,.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as display:
        yield Bars(display)
