"""Bars and lines of long work: for big ones, the last few of many, and not too often."""

import io

from rich.console import Console
from rich.progress import Progress

from reconciler.cli.progress import Bars, Lines
from reconciler.report.fan_outs import Stand


def shown(display: Progress) -> list[str]:
    return [task.description for task in display.tasks]


def test_a_fan_out_that_is_over_at_once_has_no_bar() -> None:
    display = Progress(console=Console(file=io.StringIO()))
    bar = Bars(display).begin("orders 1.0.0", 10, "attachments")
    bar.advance(10)
    bar.end()
    assert shown(display) == []


def test_of_many_bars_the_last_stay_and_names_are_no_markup() -> None:
    display = Progress(console=Console(file=io.StringIO()))
    bars = Bars(display)
    for number in range(8):
        bar = bars.begin(f"[red]pack-{number}", 5000, "attachments")
        bar.advance(5000)
        bar.end()
    assert shown(display) == [f"\\[red]pack-{number}" for number in range(3, 8)]


def test_several_bars_go_on_at_once() -> None:
    display = Progress(console=Console(file=io.StringIO()))
    bars = Bars(display)
    orders, stock = (bars.begin(name, 5000, "attachments") for name in ("orders", "stock"))
    orders.advance(10)
    stock.advance(20)
    orders.advance(10)
    assert [task.completed for task in display.tasks] == [20, 20]


def test_a_log_has_a_line_every_ten_seconds_about_all_that_goes_on() -> None:
    seconds, told = 0.0, list[Stand]()
    lines = Lines(told.append, lambda: seconds)
    lines.begin("reading", 100, "files").end()
    orders, stock = (lines.begin(name, 1000, "attachments") for name in ("orders", "stock"))
    for bar in (orders, stock, orders, stock):
        seconds += 5
        bar.advance(100)
    assert told == [
        Stand(
            labels=("orders", "stock"), unit="attachments", done=done, total=2000,
            rate=20.0, left_seconds=left,
        )
        for done, left in ((200, 90.0), (400, 80.0))
    ]  # fmt: skip


def test_work_that_is_done_within_ten_seconds_has_no_line() -> None:
    seconds, told = 0.0, list[Stand]()
    lines = Lines(told.append, lambda: seconds)
    for _ in range(5):
        seconds += 9
        bar = lines.begin("orders", 10, "attachments")
        seconds += 9
        bar.advance(10)
        bar.end()
    assert told == []
