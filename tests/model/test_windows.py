"""Release windows in every zone: SPEC section 6 and the table of time's failure modes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reconciler.model.windows import WINDOW, day_start, next_window, parse_date, today, window
from reconciler.model.zones import zone, zone_names

SECOND = timedelta(seconds=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "day", "opens"),
    [
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00"),
        ("America/Havana", "2025-11-02", "2025-11-02T04:00"),
        ("Africa/Cairo", "2026-10-30", "2026-10-29T22:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00"),
        ("Europe/Paris", "2024-02-29", "2024-02-28T23:00"),
    ],
)
def test_the_window_opens_where_the_table_says_and_lasts_an_hour(
    name: str, day: str, opens: str
) -> None:
    found = window(date.fromisoformat(day), zone(name))
    assert found is not None
    assert found.opens_at == instant(opens)
    assert found.closes_at - found.opens_at == timedelta(seconds=3600)


def test_a_date_that_the_zone_skipped_has_no_window() -> None:
    assert window(date(2011, 12, 30), zone("Pacific/Apia")) is None
    assert day_start(date(2011, 12, 30), zone("Pacific/Apia")) == day_start(
        date(2011, 12, 31), zone("Pacific/Apia")
    )


def transitions(where: ZoneInfo) -> list[date]:
    """Local dates around every change of offset from 1995 to 2037."""
    found: list[date] = []
    at = datetime(1995, 1, 1, tzinfo=UTC)
    end = datetime(2037, 12, 31, tzinfo=UTC)
    step = timedelta(days=7)
    offset = at.astimezone(where).utcoffset()
    while at < end:
        at += step
        following = at.astimezone(where).utcoffset()
        if following != offset:
            first = (at - step).astimezone(where).date()
            found += [first + timedelta(days=days) for days in range(9)]
            offset = following
    return found


@pytest.mark.parametrize("name", sorted(zone_names()))
def test_around_every_transition_a_window_starts_on_its_date_and_once(name: str) -> None:
    where = zone(name)
    for day in transitions(where):
        found = window(day, where)
        if found is None:
            assert day_start(day, where).astimezone(where).date() > day
            continue
        assert found.closes_at - found.opens_at == WINDOW
        assert found.opens_at.astimezone(where).date() == day
        assert (found.opens_at - SECOND).astimezone(where).date() < day
        assert today(found.opens_at, where) == day
        assert today(found.opens_at - timedelta(microseconds=1), where) < day
        assert today(found.closes_at, where) >= day


def test_the_next_window_is_the_one_that_now_lies_in_or_else_tomorrows() -> None:
    where = zone("America/New_York")
    opens = instant("2026-12-01T05:00")
    tick = timedelta(microseconds=1)
    assert next_window(opens, where).opens_at == opens
    assert next_window(opens + WINDOW - tick, where).opens_at == opens
    assert next_window(opens + WINDOW, where).opens_at == opens + timedelta(days=1)
    assert next_window(opens - tick, where).opens_at == opens


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "2026-W01-1", "20261201", "2025-02-29", ""]
)
def test_what_no_calendar_has_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "name", ["EST", "Etc/GMT+5", "UTC+2", "+05:00", "Mars/Phobos", "../etc", ""]
)
def test_offsets_abbreviations_and_unknown_names_are_no_zones(name: str) -> None:
    with pytest.raises(LookupError):
        zone(name)
