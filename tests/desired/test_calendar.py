"""What will happen without a new commit, in order of time."""

from datetime import datetime
from typing import Any

from reconciler.desired.calendar import entries
from reconciler.model.base import InstallBase
from reconciler.report import calendar as report

NOW = "2026-11-10T12:00"


def told(shop: Any, days: int = 30) -> list[tuple[str, str, int]]:
    found = entries(shop.base, shop.instant(NOW), days)
    return [(f"{e.at:%m-%d %H:%M}", e.summary, e.attachments) for e in found]


def test_windows_holds_suspensions_and_freezes_are_listed_in_order(shop: Any) -> None:
    shop.publisher(
        freezes=[
            {"name": "sales", "from": "2026-11-26", "until": "2026-11-30", "reason": "busy"},
            {"name": "monday", "cron": "0 9 * * 1", "duration": "2h", "reason": "standup"},
        ]
    )
    shop.pack("stock", attachment="multiple", suspended={"reason": "bug", "until": "2026-11-12"})
    shop.attach("acme", "orders", hold={"until": "2026-11-13", "reason": "audit"})
    shop.attach("globex", "orders")
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    assert told(shop, 22) == [
        ("11-12 05:00", "the suspension of stock ends", 0),
        ("11-13 05:00", "holds of orders end", 1),
        ("11-16 14:00", 'freeze "monday": standup', 0),
        ("11-23 14:00", 'freeze "monday": standup', 0),
        ("11-26 05:00", 'freeze "sales": busy', 0),
        ("11-30 14:00", 'freeze "monday": standup', 0),
        ("12-01 05:00", "orders 1.1.0 becomes current", 2),
    ]


def test_what_lies_beyond_the_days_asked_for_is_left_out(shop: Any) -> None:
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    assert told(shop, 20) == []
    assert len(told(shop, 21)) == 1


def test_a_release_that_waits_for_a_freeze_comes_at_its_end(shop: Any) -> None:
    freeze = {"name": "quiet", "from": "2026-11-09", "until": "2026-11-20", "reason": "sales"}
    shop.publisher(freezes=[freeze])
    shop.release("orders", "1.1.0")
    shop.apply(NOW)
    summary = 'orders 1.1.0 goes out; until then it is held by freeze "quiet"'
    assert ("11-20 05:00", summary, 1) in told(shop)


def test_a_release_whose_window_is_open_comes_with_the_next_pass(shop: Any) -> None:
    shop.release("orders", "1.1.0", on="2026-11-10")
    shop.apply("2026-11-09T12:00")
    assert told(shop) == [("11-10 12:00", "orders 1.1.0 becomes current at the next pass", 1)]


def test_an_ics_entry_keeps_its_uid_when_the_release_is_moved(shop: Any) -> None:
    uids = []
    for date in ("2026-12-01", "2026-12-03"):
        shop.release("orders", "1.1.0", on=date)
        shop.apply(NOW)
        at: datetime = shop.instant(NOW)
        text = report.icalendar(entries(shop.base, at, 60), "store", "Packs", at)
        uids += [line for line in text.splitlines() if line.startswith("UID:")]
        assert f"DTSTART:{date.replace('-', '')}T050000Z" in text
    assert len(uids) == 2
    assert len(set(uids)) == 1


def test_a_cold_store_has_an_empty_calendar(shop: Any) -> None:
    assert entries(InstallBase(), shop.instant(NOW), 30) == ()
