"""Freezes: when they hold, until when, and which windows they leave nothing of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from reconciler.desired.freezes import covers, cron_fault, duration_fault, frozen, placed
from reconciler.model.declarations import Freeze
from reconciler.model.windows import window
from reconciler.model.zones import zone

NEW_YORK = zone("America/New_York")
HAVANA = zone("America/Havana")
TICK = timedelta(microseconds=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dated(since: str, until: str, time_zone: str | None = None) -> Freeze:
    return Freeze(
        name="dated",
        from_on=date.fromisoformat(since),
        until_on=date.fromisoformat(until),
        time_zone=time_zone,
    )


def recurring(cron: str, duration: str, time_zone: str | None = None) -> Freeze:
    return Freeze(name="recurring", cron=cron, duration=duration, time_zone=time_zone)


def test_a_dated_freeze_holds_from_the_start_of_its_first_day_to_that_of_its_until() -> None:
    freezes = [dated("2026-11-26", "2026-11-30")]
    start, end = instant("2026-11-26T05:00"), instant("2026-11-30T05:00")
    assert frozen(freezes, start - TICK, NEW_YORK) is None
    held = frozen(freezes, start, NEW_YORK)
    assert held is not None
    assert held.until == end
    assert frozen(freezes, end - TICK, NEW_YORK) is not None
    assert frozen(freezes, end, NEW_YORK) is None


def test_a_freeze_in_its_own_zone_uses_that_zones_days() -> None:
    held = frozen(
        [dated("2026-12-01", "2026-12-02", "Asia/Tokyo")], instant("2026-11-30T15:00"), NEW_YORK
    )
    assert held is not None
    assert held.until == instant("2026-12-01T15:00")


def test_a_weekly_freeze_follows_the_local_day_that_is_not_the_utc_day() -> None:
    freezes = [recurring("0 20 * * fri", "2d")]
    friday_evening = instant("2026-11-28T01:00")
    assert frozen(freezes, friday_evening - TICK, NEW_YORK) is None
    held = frozen(freezes, friday_evening, NEW_YORK)
    assert held is not None
    assert held.until == instant("2026-11-30T01:00")


def test_local_days_keep_the_wall_clock_over_a_change_and_hours_do_not() -> None:
    saturday_noon = instant("2026-10-31T16:00")
    days = frozen([recurring("0 12 * * sat", "2d")], saturday_noon, NEW_YORK)
    hours = frozen([recurring("0 12 * * sat", "48h")], saturday_noon, NEW_YORK)
    assert days is not None
    assert hours is not None
    assert days.until == instant("2026-11-02T17:00")
    assert hours.until == instant("2026-11-02T16:00")


def test_freezes_that_meet_end_together() -> None:
    freezes = [dated("2026-11-26", "2026-11-30"), dated("2026-11-28", "2026-12-02")]
    held = frozen(freezes, instant("2026-11-27T00:00"), NEW_YORK)
    assert held is not None
    assert held.until == instant("2026-12-02T05:00")


def test_a_freeze_without_an_end_says_so() -> None:
    held = frozen([recurring("0 0 * * *", "2d")], instant("2026-11-27T00:00"), NEW_YORK)
    assert held is not None
    assert held.until is None


def test_a_firing_in_the_second_pass_of_a_repeated_hour_happens_once() -> None:
    freezes = [recurring("30 0 2 11 *", "1h")]
    first = instant("2025-11-02T04:30")
    assert frozen(freezes, first, HAVANA) is not None
    assert frozen(freezes, first + timedelta(hours=1), HAVANA) is None


def test_a_firing_in_a_gap_happens_at_the_end_of_the_gap() -> None:
    assert placed(datetime(2026, 3, 8, 0, 30), HAVANA) == instant("2026-03-08T05:00")


@pytest.mark.parametrize(
    ("freeze", "whole"),
    [
        (dated("2026-11-30", "2026-12-02"), True),
        (dated("2026-12-01", "2026-12-02"), True),
        (dated("2026-11-28", "2026-12-01"), False),
        (recurring("30 23 30 11 *", "1h"), False),
        (recurring("30 23 30 11 *", "2h"), True),
        (recurring("30 0 1 12 *", "2h"), False),
    ],
)
def test_only_a_freeze_over_the_whole_window_covers_it(freeze: Freeze, whole: bool) -> None:
    opening = window(date(2026, 12, 1), NEW_YORK)
    assert opening is not None
    assert (covers([freeze], opening, NEW_YORK) is not None) == whole


@pytest.mark.parametrize(
    "cron",
    [
        "0 0 31 2 *",
        "@reboot",
        "@daily",
        "0 0 * *",
        "0 0 * * * *",
        "R * * * *",
        "H 0 * * *",
        "0 0 L * *",
        "60 0 * * *",
        "* * * * 9",
        "0 0 * * fri#2",
        "",
        "a b c d e",
    ],
)
def test_what_is_no_five_field_cron_expression_that_fires_has_a_fault(cron: str) -> None:
    assert cron_fault(cron) is not None


@pytest.mark.parametrize("cron", ["0 20 * * fri", "*/15 0-6 1,15 * mon-fri", "0 0 29 2 *"])
def test_five_good_fields_have_none(cron: str) -> None:
    assert cron_fault(cron) is None


@pytest.mark.parametrize(
    ("text", "good"), [("36h", True), ("2d", True), ("0h", False), ("2w", False), ("1.5h", False)]
)
def test_durations_are_hours_or_days(text: str, good: bool) -> None:
    assert (duration_fault(text) is None) == good


@pytest.mark.parametrize("minute", range(0, 60, 7))
def test_every_minute_of_the_year_a_nightly_freeze_agrees_with_the_wall_clock(minute: int) -> None:
    freezes = [recurring("0 22 * * *", "4h")]
    at = datetime(2026, 1, 1, 0, minute, tzinfo=UTC)
    while at.year == 2026:
        local = at.astimezone(NEW_YORK)
        shifting = local.date() in (date(2026, 3, 8), date(2026, 11, 1))
        if not shifting:
            held = frozen(freezes, at, NEW_YORK)
            assert (held is not None) == (local.hour >= 22 or local.hour < 2), local
        at += timedelta(hours=5)
