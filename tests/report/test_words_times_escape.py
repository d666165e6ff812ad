"""The words, times and escapes that all reports share."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.windows import Window
from reconciler.model.zones import zone
from reconciler.report import escape, times
from reconciler.report.words import counted, listed, share, short, versions

NEW_YORK = zone("America/New_York")
NOW = datetime(2026, 11, 22, 20, 4, tzinfo=UTC)
OPENS = datetime(2026, 12, 1, 5, tzinfo=UTC)
WINDOW = Window(opens_at=OPENS, closes_at=OPENS + timedelta(hours=1))


def test_numbers_have_thousands_separators_and_nouns_a_plural() -> None:
    assert counted(1204, "attachment") == "1,204 attachments"
    assert counted(1, "attachment") == "1 attachment"
    assert counted(4, "PublishedProcess") == "4 PublishedProcesses"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert (share(96, 97), share(97, 97), share(0, 0)) == ("98 %", "100 %", "–")
    assert (short("9e1b2d4aaa"), short(None)) == ("9e1b2d4", "the working tree")
    assert (versions("1.4.0", "1.5.1"), versions(None, "1.0.0")) == ("1.4.0 → 1.5.1", "1.0.0")


def test_times_are_local_with_the_place_and_the_year_where_it_differs() -> None:
    assert times.moment(OPENS, NEW_YORK, NOW) == "Tue 1 Dec 00:00 New York"
    assert times.moment(OPENS, NEW_YORK) == "Tue 1 Dec 2026 00:00 New York"
    later = datetime(2027, 1, 1, 5, tzinfo=UTC)
    assert times.moment(later, NEW_YORK, NOW) == "Fri 1 Jan 2027 00:00 New York"


def test_a_window_is_told_in_the_publishers_time_and_in_utc() -> None:
    assert (
        times.span_and_utc(WINDOW, NEW_YORK, NOW)
        == "Tue 1 Dec 00:00–01:00 New York = 05:00–06:00 UTC"
    )
    auckland = zone("Pacific/Auckland")
    assert times.elsewhere(WINDOW, auckland, NEW_YORK) == "18:00–19:00"
    los_angeles = zone("America/Los_Angeles")
    assert times.elsewhere(WINDOW, los_angeles, NEW_YORK) == "Mon 30 Nov 21:00–22:00"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=8, hours=3), "in 8 days"),
        (timedelta(hours=30), "in 30 h"),
        (timedelta(minutes=90), "in 90 min"),
        (timedelta(seconds=20), "now"),
        (timedelta(seconds=-1), "overdue"),
    ],
)
def test_how_far_ahead_is_told_in_whole_units(left: timedelta, words: str) -> None:
    assert times.ahead(NOW + left, NOW) == words


def test_machines_get_rfc_3339_in_utc() -> None:
    assert times.iso(OPENS.astimezone(ZoneInfo("Asia/Tokyo"))) == "2026-12-01T05:00:00Z"


@given(st.text())
def test_a_terminal_never_gets_a_control_character(text: str) -> None:
    assert escape.terminal(text).isprintable()


def test_escape_sequences_and_bidirectional_tricks_show_as_text() -> None:
    assert escape.terminal("\x1b[31mred\u202e\n") == "\\x1b[31mred\\u202e\\n"


def test_markdown_from_names_stays_text() -> None:
    told = escape.markdown("<img src=x> @all [a](http://x) **b** `c` #1 | d www.x.example")
    assert "<" not in told
    assert "@" not in told
    assert "://" not in told
    assert "www." not in told
    for mark in "[]()*`|":
        assert f"\\{mark}" in told


def test_annotations_can_not_be_forged() -> None:
    assert escape.annotation("a%b\n::error::c") == "a%25b%0A::error::c"
    assert escape.annotation_property("a:b,c") == "a%3Ab%2Cc"
    assert escape.log_line("::error::x") == ": :error::x"


@given(st.text())
def test_a_log_line_never_starts_a_workflow_command(text: str) -> None:
    line = escape.log_line(text)
    assert not line.lstrip().startswith("::")
    assert "\n" not in line
    assert "##[" not in line
