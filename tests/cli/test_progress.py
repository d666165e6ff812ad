"""Bars of long work: for big ones, the last few of many."""

import io

from rich.console import Console
from rich.progress import Progress

from reconciler.cli.progress import Bars


def shown(display: Progress) -> list[str]:
    return [task.description for task in display.tasks]


def test_a_fan_out_that_is_over_at_once_has_no_bar() -> None:
    display = Progress(console=Console(file=io.StringIO()))
    bars = Bars(display)
    bars.begin("orders 1.0.0", 10, "attachments")
    bars.advance(10)
    bars.end()
    assert shown(display) == []


def test_of_many_bars_the_last_stay_and_names_are_no_markup() -> None:
    display = Progress(console=Console(file=io.StringIO()))
    bars = Bars(display)
    for number in range(8):
        bars.begin(f"[red]pack-{number}", 5000, "attachments")
        bars.advance(5000)
        bars.end()
    assert shown(display) == [f"\\[red]pack-{number}" for number in range(3, 8)]
