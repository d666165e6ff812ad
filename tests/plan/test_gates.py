"""Gates keep a change waiting, with a reason and an end; they never change what is desired."""

from collections.abc import Callable
from typing import Any

from reconciler.model.changes import Gate, Plan
from reconciler.model.declarations import Kind

Told = Callable[[Plan], list[str]]


def waits(plan: Plan) -> list[tuple[str, Gate | None, str | None, int]]:
    return [
        (str(c.action), c.gate, c.until.isoformat()[:16] if c.until else None, c.attachments)
        for c in plan.waiting
    ]


FREEZE = {"name": "black friday", "from": "2026-11-26", "until": "2026-11-30", "reason": "sales"}


def test_a_freeze_holds_an_immediate_release_until_it_ends(desk: Any, shortened: Told) -> None:
    desk.publisher(freezes=[FREEZE])
    desk.apply("2026-11-25T12:00")
    desk.release("1.1.0")
    plan = desk.apply("2026-11-27T12:00")
    assert shortened(plan) == []
    assert [c.action for c in plan.changes] == ["create"]
    assert waits(plan) == [("release", Gate.FREEZE, "2026-11-30T05:00", 2)]
    assert plan.next_due is not None
    assert plan.next_due.isoformat() == "2026-11-30T05:00:00+00:00"
    assert desk.base.packs["orders"].current == "1.0.0"
    assert shortened(desk.apply("2026-11-30T05:00")) == ["release 1.0.0>1.1.0 x2"]


def test_an_emergency_passes_a_freeze(desk: Any, shortened: Told) -> None:
    desk.publisher(freezes=[FREEZE])
    desk.release("1.1.0", emergency=True)
    assert shortened(desk.apply("2026-11-27T12:00")) == ["release 1.0.0>1.1.0 x2"]


def test_a_freeze_that_ends_inside_the_window_releases_at_its_end_and_not_late(
    desk: Any, shortened: Told
) -> None:
    freeze = {"name": "night", "cron": "30 23 30 11 *", "duration": "1h", "reason": "closing"}
    desk.publisher(freezes=[freeze])
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-20T12:00")
    plan = desk.apply("2026-12-01T05:00")
    assert waits(plan) == [("promote", Gate.FREEZE, "2026-12-01T05:30", 2)]
    plan = desk.apply("2026-12-01T05:30")
    assert shortened(plan) == ["promote 1.0.0>1.1.0 x2"]
    assert not plan.changes[0].late


def test_while_a_hotfix_waits_nobody_starts_to_adopt_and_adopters_stay(
    desk: Any, shortened: Told
) -> None:
    desk.publisher(freezes=[FREEZE])
    desk.release("1.1.0", on="2026-12-05")
    desk.apply("2026-11-20T12:00")
    desk.adopt("a")
    desk.release("1.1.1")
    desk.attach("b", adopt="1.1.0")
    plan = desk.apply("2026-11-27T12:00")
    assert [(c.action, c.gate) for c in plan.waiting] == [
        ("release", Gate.FREEZE),
        ("supersede", Gate.BEHIND),
    ]
    assert desk.runs() == {"a/orders": "1.1.0", "b/orders": "1.0.0"}
    found = shortened(desk.apply("2026-11-30T05:00"))
    assert found == ["release 1.0.0>1.1.1 x2", "supersede 1.1.0>None"]


def test_a_schedule_waits_behind_a_release_that_waits(desk: Any, shortened: Told) -> None:
    desk.publisher(freezes=[FREEZE])
    desk.release("1.1.0")
    desk.release("1.2.0", on="2026-12-20")
    plan = desk.apply("2026-11-27T12:00")
    assert [(c.action, c.gate) for c in plan.waiting] == [
        ("release", Gate.FREEZE),
        ("schedule", Gate.BEHIND),
    ]
    found = shortened(desk.apply("2026-11-30T05:00"))
    assert found == ["release 1.0.0>1.1.0 x2", "schedule 1.1.0>1.2.0 x2"]


def test_a_release_withdrawn_while_it_waits_never_comes(desk: Any, shortened: Told) -> None:
    desk.publisher(freezes=[FREEZE])
    desk.release("1.1.0")
    desk.apply("2026-11-27T12:00")
    desk.drop(Kind.RELEASE, "orders@1.1.0")
    desk.apply("2026-11-28T12:00")
    assert shortened(desk.apply("2026-12-02T12:00")) == []
    assert desk.runs()["a/orders"] == "1.0.0"


def missed(desk: Any, policy: str) -> None:
    desk.publisher(missedWindow=policy)
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-20T12:00")


def test_asap_releases_a_missed_window_at_once_and_calls_it_late(
    desk: Any, shortened: Told
) -> None:
    missed(desk, "asap")
    plan = desk.apply("2026-12-01T12:00")
    assert shortened(plan) == ["promote 1.0.0>1.1.0 x2"]
    assert plan.changes[0].late


def test_next_window_waits_for_the_next_local_midnight(desk: Any, shortened: Told) -> None:
    missed(desk, "next-window")
    plan = desk.apply("2026-12-01T06:00")
    assert waits(plan) == [("promote", Gate.MISSED_WINDOW, "2026-12-02T05:00", 2)]
    assert shortened(desk.apply("2026-12-02T06:00")) == []
    assert shortened(desk.apply("2026-12-03T05:59:59")) == ["promote 1.0.0>1.1.0 x2"]


def test_hold_waits_for_a_new_date_or_immediate(desk: Any, shortened: Told) -> None:
    missed(desk, "hold")
    plan = desk.apply("2026-12-01T06:00")
    assert waits(plan) == [("promote", Gate.MISSED_WINDOW, None, 2)]
    assert shortened(desk.apply("2027-03-01T05:30")) == []
    desk.release("1.1.0")
    assert shortened(desk.apply("2027-03-02T12:00")) == ["promote 1.0.0>1.1.0 x2"]


def test_a_missed_release_can_be_dated_again(desk: Any, shortened: Told) -> None:
    missed(desk, "hold")
    desk.apply("2026-12-01T06:00")
    desk.release("1.1.0", on="2026-12-10")
    assert shortened(desk.apply("2026-12-02T12:00")) == ["reschedule 2026-12-01>2026-12-10 x2"]
    assert shortened(desk.apply("2026-12-10T05:00")) == ["promote 1.0.0>1.1.0 x2"]


def test_a_suspended_pack_keeps_its_attachments_until_the_date(desk: Any, shortened: Told) -> None:
    desk.pack(suspended={"reason": "bug", "until": "2026-11-10"})
    desk.release("1.1.0")
    desk.attach("c")
    plan = desk.apply("2026-11-05T12:00")
    assert shortened(plan) == ["release 1.0.0>1.1.0"]
    assert waits(plan) == [
        ("install", Gate.PACK_SUSPENDED, "2026-11-10T05:00", 1),
        ("upgrade", Gate.PACK_SUSPENDED, "2026-11-10T05:00", 2),
    ]
    found = shortened(desk.apply("2026-11-10T05:00"))
    assert found == ["install None>1.1.0 x1", "upgrade 1.0.0>1.1.0 x2"]


def test_a_hold_keeps_one_attachment_even_from_an_emergency(desk: Any, shortened: Told) -> None:
    desk.attach("a", hold={"until": "2026-11-10", "reason": "stocktaking"})
    desk.release("1.1.0", emergency=True)
    plan = desk.apply("2026-11-05T12:00")
    assert "release 1.0.0>1.1.0 x1" in shortened(plan)
    assert waits(plan) == [("upgrade", Gate.HOLD, "2026-11-10T05:00", 1)]
    assert desk.runs() == {"a/orders": "1.0.0", "b/orders": "1.1.0"}
    assert shortened(desk.apply("2026-11-10T05:00")) == ["upgrade 1.0.0>1.1.0 x1"]


def test_a_suspended_account_catches_up_late_when_it_is_active_again(
    desk: Any, shortened: Told
) -> None:
    desk.account("a", status="suspended")
    desk.release("1.1.0", on="2026-12-01")
    desk.apply("2026-11-05T12:00")
    plan = desk.apply("2026-12-01T05:00")
    assert shortened(plan) == ["promote 1.0.0>1.1.0 x1"]
    assert waits(plan) == [("upgrade", Gate.ACCOUNT_SUSPENDED, None, 1)]
    desk.account("a")
    plan = desk.apply("2026-12-03T12:00")
    assert shortened(plan) == ["upgrade 1.0.0>1.1.0 x1"]
    assert [c.late for c in plan.changes if c.action == "upgrade"] == [True]


def test_rollback_revert_and_uninstall_are_never_gated(desk: Any, shortened: Told) -> None:
    desk.release("1.1.0")
    desk.apply("2026-11-02T12:00")
    desk.publisher(freezes=[FREEZE])
    desk.pack(suspended={"reason": "bug"})
    desk.account("a", status="suspended")
    desk.attach("b", hold={"until": "2027-01-01", "reason": "no"})
    desk.apply("2026-11-26T12:00")
    desk.drop(Kind.RELEASE, "orders@1.1.0")
    assert shortened(desk.apply("2026-11-27T12:00")) == ["rollback 1.1.0>1.0.0 x2"]
    desk.drop(Kind.ATTACHMENT, "a/orders")
    assert shortened(desk.apply("2026-11-28T12:00")) == ["uninstall 1.0.0>None x1"]


def test_a_cold_store_consults_no_gates(desk: Any, shortened: Told) -> None:
    desk.publisher(freezes=[FREEZE], missedWindow="hold")
    desk.pack(suspended={"reason": "bug"}, retired={"reason": "old"})
    desk.account("a", status="suspended")
    desk.attach("b", hold={"until": "2027-01-01", "reason": "no"})
    desk.group(["a", "b", "c"], install="automatic")
    desk.release("1.1.0", on="2026-11-27")
    desk.base = type(desk.base)()
    found = shortened(desk.apply("2026-11-28T12:00"))
    assert found == ["release None>1.1.0", "install None>1.1.0 x3"]
