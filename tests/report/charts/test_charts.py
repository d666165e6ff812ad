"""Charts: what they show, and that nothing from outside becomes markup."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from reconciler.desired.timeline import Part, ReleaseSpans
from reconciler.report.charts import (
    Drawing,
    adopted_by,
    adoption,
    running,
    shares,
    timeline,
)
from reconciler.report.charts.axis import Axis

GOLDEN = Path(__file__).parent / "golden"
NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 11, 23, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
OPENS = datetime(2026, 12, 1, 5, tzinfo=UTC)
MARKUP = '<script>"&\u202e'


def _adoption() -> Drawing:
    hours = {START + timedelta(hours=2): 1, START + timedelta(hours=40): 30}
    return adoption(
        adopted_by(hours, 31, NOW),
        attachments=288,
        since=START,
        until=OPENS,
        now=NOW,
        zone=NEW_YORK,
    )


def _running() -> Drawing:
    counts = {"1.0.0": 1, "2.0.0": 257, "2.1.0": 31}
    return running(shares(counts, 4, current="2.0.0", pending="2.1.0"))


def _timeline() -> Drawing:
    pending = ReleaseSpans(
        version="2.1.0",
        part=Part.PENDING,
        accepted_at=START,
        tested=(START, OPENS),
        served=None,
    )
    current = ReleaseSpans(
        version="2.0.0",
        part=Part.CURRENT,
        accepted_at=START,
        tested=None,
        served=(START, None),
    )
    found = timeline([pending, current], NOW, NEW_YORK)
    return Drawing(svg="\n".join(one.svg for one in (*found.bars, found.foot)))


@pytest.mark.parametrize("draw", [_adoption, _running, _timeline])
def test_a_chart_is_drawn_as_it_was_looked_at(draw: Callable[[], Drawing]) -> None:
    path = GOLDEN / f"{draw.__name__.removeprefix('_')}.svg"
    drawn = draw().svg.replace("><", ">\n<") + "\n"
    if os.environ.get("RECONCILER_WRITE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("draw", [_adoption, _running])
def test_a_chart_is_well_formed_and_says_in_words_what_it_shows(
    draw: Callable[[], Drawing],
) -> None:
    root = ElementTree.fromstring(draw().svg)
    assert root.attrib["role"] == "img"
    assert "31" in root.attrib["aria-label"]
    assert all("style" not in element.attrib for element in root.iter())


def test_names_in_a_chart_are_never_markup() -> None:
    found = shares({"1.0.0": 3}, 0, current=None, pending=None)
    hostile = [replace(one, label=MARKUP) for one in found]
    drawn = running(hostile).svg
    assert "<script" not in drawn
    assert ElementTree.fromstring(drawn).attrib["aria-label"].startswith("<script>")


def test_current_and_pending_keep_their_colours_and_old_releases_share_one() -> None:
    counts = {f"1.{number}.0": 10 for number in range(12)}
    found = shares(counts, 0, current="1.0.0", pending="1.11.0")
    by_label = {one.label: one for one in found}
    assert by_label["1.0.0 (current)"].style == "series-0"
    assert by_label["1.11.0 (pending)"].style == "series-next"
    assert by_label["6 other releases"].number == 60
    assert sum(one.number for one in found) == 120


def test_the_line_ends_with_what_the_store_counts_now() -> None:
    hours = {START: 5, START + timedelta(hours=1): 5}
    points = adopted_by(hours, 7, NOW)
    assert points == ((START, 5), (START + timedelta(hours=1), 7), (NOW, 7))
    assert adopted_by({}, 0, NOW) == ((NOW, 0),)


def test_days_along_an_axis_are_few_and_begin_where_the_zone_begins_them() -> None:
    for length in (1, 3, 10, 40, 200, 900, 4000, 12_000):
        axis = Axis(since=START, until=START + timedelta(days=length))
        days = axis.days(NEW_YORK)
        assert 1 <= len(days) <= 6
        assert all(at.astimezone(NEW_YORK).hour == 0 for at, _ in days)


def test_a_chart_of_nothing_is_a_chart() -> None:
    assert "no attachments" in running(()).svg
    assert timeline([], NOW, NEW_YORK).bars == ()
