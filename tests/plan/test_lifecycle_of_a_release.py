"""SPEC section 5 in memory: testing periods, adoption, supersession, withdrawal, rollback."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.base import AttachmentKey, RowsInMemory
from reconciler.model.changes import Gate, Plan
from reconciler.model.declarations import Kind

Told = Callable[[Plan], list[str]]
DEC1_OPENS = "2026-12-01T05:00"


def test_an_immediate_release_reaches_everybody_at_the_next_pass(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0")
    assert shortened(desk.apply("2026-11-02T12:00")) == ["release 1.0.0>1.1.0 x2"]
    assert desk.runs() == {"a/orders": "1.1.0", "b/orders": "1.1.0"}


def test_a_scheduled_release_waits_for_its_window_and_then_moves_all_but_adopters(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0", on="2026-12-01")
    plan = desk.apply("2026-11-02T12:00")
    assert shortened(plan) == ["schedule 1.0.0>1.1.0 x2"]
    assert plan.next_due is not None
    assert plan.next_due.isoformat() == "2026-12-01T05:00:00+00:00"
    desk.adopt("a")
    assert shortened(desk.apply("2026-12-01T04:59:59.999999")) == []
    promoted = desk.apply(DEC1_OPENS)
    assert shortened(promoted) == ["promote 1.0.0>1.1.0 x1"]
    assert not promoted.changes[0].late
    assert desk.runs() == {"a/orders": "1.1.0", "b/orders": "1.1.0"}


def test_a_pass_after_the_window_promotes_late(desk: Any) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    assert not desk.plan("2026-12-01T05:59:59.999999").changes[0].late
    assert desk.plan("2026-12-01T06:00").changes[0].late


def test_a_hotfix_supersedes_the_pending_release_for_adopters_too(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.adopt("a")
    desk.release("1.1.1")
    found = shortened(desk.apply("2026-11-03T12:00"))
    assert found == ["release 1.0.0>1.1.1 x2", "supersede 1.1.0>None"]
    assert desk.runs() == {"a/orders": "1.1.1", "b/orders": "1.1.1"}
    assert shortened(desk.apply("2026-12-02T12:00")) == []


def test_a_withdrawn_release_takes_its_adopters_back(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.adopt("a")
    desk.drop(Kind.RELEASE, "orders@1.1.0")
    assert shortened(desk.apply("2026-11-03T12:00")) == [
        "withdraw 1.1.0>None",
        "revert 1.1.0>1.0.0 x1",
    ]
    desk.release("1.1.0", on="2026-12-01")
    assert shortened(desk.apply("2026-11-04T12:00")) == ["schedule 1.0.0>1.1.0 x2"]
    assert desk.runs()["a/orders"] == "1.0.0", "its own adoption ended with the withdrawal"


def test_another_date_keeps_the_testing_period(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.adopt("a")
    desk.release("1.1.0", on="2026-12-05")
    assert shortened(desk.apply("2026-11-03T12:00")) == ["reschedule 2026-12-01>2026-12-05 x2"]
    assert desk.runs()["a/orders"] == "1.1.0"
    assert shortened(desk.apply("2026-12-02T12:00")) == []


def test_a_pending_release_made_immediate_is_promoted(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.release("1.1.0")
    assert shortened(desk.apply("2026-11-03T12:00")) == ["promote 1.0.0>1.1.0 x2"]


def test_deleting_the_current_release_rolls_back_and_stays_rolled_back(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0")
    desk.apply("2026-11-02T12:00")
    desk.drop(Kind.RELEASE, "orders@1.1.0")
    plan = desk.apply("2026-11-03T12:00")
    assert shortened(plan) == ["rollback 1.1.0>1.0.0 x2"]
    assert plan.changes[0].destructive
    assert len(plan.changes[0].members) == 2
    assert shortened(desk.apply("2026-11-04T12:00")) == []


def test_a_superseded_release_that_comes_back_is_named_as_never_having_been_current(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.release("1.1.1")
    desk.apply("2026-11-03T12:00")
    desk.drop(Kind.RELEASE, "orders@1.1.1")
    plan = desk.apply("2026-12-03T12:00")
    assert shortened(plan) == ["rollback 1.1.1>1.1.0 x2"]
    assert "never been current" in (plan.changes[0].reason or "")


def test_a_rollback_before_the_superseded_window_reopens_its_testing_period(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.adopt("a")
    desk.release("1.1.1")
    desk.apply("2026-11-03T12:00")
    desk.drop(Kind.RELEASE, "orders@1.1.1")
    found = shortened(desk.apply("2026-11-04T12:00"))
    assert found == ["rollback 1.1.1>1.0.0 x2", "schedule 1.0.0>1.1.0 x2"]
    assert desk.runs()["a/orders"] == "1.0.0", "its own adoption ended with the supersession"


def test_a_manifest_adopts_and_stops_adopting(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.attach("a", adopt="1.1.0")
    found = shortened(desk.apply("2026-11-02T12:00"))
    assert found == ["schedule 1.0.0>1.1.0 x2", "adopt 1.0.0>1.1.0 x1"]
    desk.attach("c", adopt="1.1.0")
    assert shortened(desk.apply("2026-11-03T12:00")) == ["install None>1.1.0 x1"]
    desk.attach("a")
    assert shortened(desk.apply("2026-11-04T12:00")) == ["revert 1.1.0>1.0.0 x1"]


def test_a_manifest_that_adopts_what_is_current_already_leaves_the_word_to_the_account(
    desk: Any, shortened: Told
) -> None:
    desk.attach("a", adopt="1.0.0")
    desk.apply("2026-11-01T13:00")
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.adopt("a")
    row = desk.base.attachments[AttachmentKey(account="a", pack="orders")]
    key = AttachmentKey(account="a", pack="orders")
    kept = replace(row, adopt_declared="1.0.0")
    desk.base = replace(desk.base, attachments=RowsInMemory({**desk.base.attachments, key: kept}))
    assert shortened(desk.apply("2026-11-03T12:00")) == []
    assert desk.runs()["a/orders"] == "1.1.0"


def test_a_first_release_that_is_pending_makes_attachments_wait(desk: Any, shortened: Told) -> None:
    desk.pack("stock")
    packs = [{"pack": "stock", "install": "automatic"}]
    desk.declare(Kind.ACCOUNT_GROUP, {"accounts": ["a"], "packs": packs}, "stockers")
    desk.release("1.0.0", on="2026-12-01", pack="stock")
    plan = desk.apply("2026-11-02T12:00")
    assert shortened(plan) == ["schedule None>1.0.0 x1"]
    waiting = plan.waiting[0]
    assert (waiting.action, waiting.gate, waiting.attachments) == ("install", Gate.FIRST_RELEASE, 1)
    assert waiting.until is not None
    assert waiting.until.isoformat() == "2026-12-01T05:00:00+00:00"
    found = shortened(desk.apply(DEC1_OPENS))
    assert found == ["promote None>1.0.0", "install None>1.0.0 x1"]


def test_a_clock_set_back_undoes_nothing(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.apply(DEC1_OPENS)
    assert shortened(desk.apply("2026-11-15T12:00")) == []
    assert desk.runs()["a/orders"] == "1.1.0"


def test_a_changed_zone_moves_the_window_of_the_pending_release_only(
    desk: Any, shortened: Told
) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.publisher("Asia/Tokyo")
    plan = desk.apply("2026-11-03T12:00")
    assert shortened(plan) == ["reschedule 2026-12-01>2026-12-01 x2"]
    assert plan.next_due is not None
    assert plan.next_due.isoformat() == "2026-11-30T15:00:00+00:00"


def test_years_of_releases_install_the_newest_effective_one_on_a_cold_store(
    desk: Any, shortened: Told
) -> None:
    desk.base = type(desk.base)()
    for year in range(2020, 2026):
        desk.release(f"{year}.0.0", on=f"{year}-06-01")
    desk.release("2027.0.0", on="2027-06-01")
    found = shortened(desk.apply("2026-11-20T12:00"))
    assert found == [
        "release None>2025.0.0",
        "schedule 2025.0.0>2027.0.0 x2",
        "install None>2025.0.0 x2",
    ]
    assert shortened(desk.apply("2026-11-21T12:00")) == []
    desk.base = type(desk.base)()
    assert shortened(desk.apply("2040-01-01T12:00"))[0] == "release None>2027.0.0"


@pytest.mark.parametrize(
    ("zone", "day", "opens"),
    [
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00"),
    ],
)
def test_the_window_opens_to_the_microsecond_in_zones_that_shift(
    desk: Any, shortened: Told, zone: str, day: str, opens: str
) -> None:
    desk.base = type(desk.base)()
    desk.publisher(zone)
    desk.apply("2026-01-02T12:00")
    desk.release("1.1.0", on=day)
    desk.apply("2026-01-03T12:00")
    assert shortened(desk.apply(opens[:-5] + "03:59:59.999999")) == [] or zone == "America/New_York"
    assert shortened(desk.apply(opens)) == ["promote 1.0.0>1.1.0 x2"]


def test_renaming_carries_attachments_and_releases(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-02T12:00")
    desk.adopt("a")
    for kind, name in list(desk.documents):
        if kind in (Kind.RELEASE, Kind.ATTACHMENT, Kind.INTEGRATION_PACK, Kind.ACCOUNT_GROUP):
            desk.drop(kind, name)
    body = {"attachment": "single", "components": ["sync"]}
    desk.declare(Kind.INTEGRATION_PACK, body, "sales", renamedFrom=["orders"])
    desk.release("1.0.0", pack="sales")
    desk.release("1.1.0", on="2026-12-01", pack="sales")
    group = {"accounts": ["a", "b", "c"], "packs": [{"pack": "sales", "install": "manual"}]}
    desk.declare(Kind.ACCOUNT_GROUP, group, "everyone")
    desk.attach("a", "sales")
    desk.attach("b", "sales")
    plan = desk.apply("2026-11-03T12:00")
    assert shortened(plan) == []
    assert [(c.action, c.kind, c.reason) for c in plan.changes] == [
        ("update", Kind.INTEGRATION_PACK, "renamed from orders")
    ]
    assert desk.runs() == {"a/sales": "1.1.0", "b/sales": "1.0.0"}
    assert shortened(desk.apply(DEC1_OPENS)) == ["promote 1.0.0>1.1.0 x1"]
    assert AttachmentKey(account="b", pack="sales") in desk.base.attachments
