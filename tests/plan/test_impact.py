"""Whom a release hits, when, what differs and what has to be filled in, as one value."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reconciler.desired.attachments import membership, population
from reconciler.model.base import AttachmentKey, InstallBase, RowsInMemory, Settings, sibling
from reconciler.model.changes import Action
from reconciler.model.declarations import Kind
from reconciler.model.impact import Hit, Impact, Timing
from reconciler.plan.impact import impact, impacts
from reconciler.ports import PathLookup, PathState

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
LATER = "2026-11-22T15:00"
MOVERS = (Action.RELEASE, Action.PROMOTE, Action.ROLLBACK)


class Files:
    """The files of a revision, as far as a release names them."""

    revision = None

    def __init__(self, **contents: bytes) -> None:
        self._contents = contents

    def lookup(self, path: str) -> PathLookup:
        found = path in self._contents
        return PathLookup(state=PathState.FOUND if found else PathState.MISSING)

    def content(self, path: str) -> bytes:
        return self._contents[path]


def of(desk: Any, version: str, pack: str = "orders", now: datetime = NOW, **more: Any) -> Impact:
    return impact(desk.base, desk.tree(), pack, version, now, **more)


def packaged(desk: Any, version: str, notes: str = "", **settings: Any) -> None:
    contains = [{"name": "erp", "type": "connection", "extensions": settings}]
    spec = {"component": "sync", "type": "process", "version": version, "shareable": True}
    desk.declare(Kind.PACKAGED_COMPONENT, {**spec, "notes": notes, "contains": contains})


def hit(attachments: int, accounts: int | None = None) -> Hit:
    return Hit(attachments=attachments, accounts=attachments if accounts is None else accounts)


def test_it_counts_the_rows_that_the_plan_says_the_release_moves(desk: Any) -> None:
    desk.release("1.1.0")
    steps = [("1.1.0", LATER), ("1.2.0", "2026-11-24T15:00")]
    for version, instant in steps:
        plan = desk.plan(instant)
        (mover,) = (change for change in plan.changes if change.action in MOVERS)
        found = of(desk, version, now=plan.now)
        assert (found.hit.attachments, found.action) == (mover.attachments, mover.action)
        assert (found.before, found.timing) == (mover.before, Timing.NOW)
        desk.apply(instant)
        assert of(desk, version, now=plan.now).running == hit(len(desk.runs()))
        desk.release("1.2.0")
        desk.attach("c")


def test_a_rollback_counts_those_whom_it_takes_back(desk: Any) -> None:
    desk.release("1.1.0")
    desk.apply(LATER)
    desk.drop(Kind.RELEASE, "orders@1.1.0")
    found = of(desk, "1.0.0")
    assert (found.before, found.action, found.hit) == ("1.1.0", Action.ROLLBACK, hit(2))


def test_a_scheduled_release_keeps_those_apart_whom_it_does_not_move(desk: Any) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply(LATER)
    desk.adopt("a")
    for name in ("c", "d", "e"):
        desk.account(name)
        hold = {"until": "2026-12-24", "reason": "sales"} if name == "d" else None
        desk.attach(name, **({"hold": hold} if hold else {}))
    desk.account("c", status="suspended")
    desk.group(["a", "b", "c", "d", "e"])
    found = of(desk, "1.1.0")
    assert found.timing is Timing.WINDOW
    assert (found.hit, found.running) == (hit(2), hit(1))
    assert (found.held, found.suspended) == (hit(1), hit(1))
    assert found.adopters is not None
    assert found.adopters.keep
    assert found.starts_at == datetime(2026, 12, 1, 5, tzinfo=UTC)


def test_a_hold_that_ends_before_the_window_keeps_nobody_back(desk: Any) -> None:
    desk.attach("a", hold={"until": "2026-11-28", "reason": "sales"})
    desk.release("1.1.0", on="2026-12-01")
    assert (of(desk, "1.1.0").hit, of(desk, "1.1.0").held) == (hit(2), Hit())


def test_nobody_runs_a_release_early_that_can_not_be_adopted_yet(desk: Any) -> None:
    desk.pack("stock")
    packs = [{"pack": pack} for pack in ("orders", "stock")]
    desk.declare(Kind.ACCOUNT_GROUP, {"accounts": ["a", "b", "c"], "packs": packs}, "everyone")
    desk.attach("a", "stock", adopt="1.0.0")
    desk.release("1.0.0", on="2026-12-01", pack="stock")
    found = of(desk, "1.0.0", pack="stock")
    assert (found.running, found.installed, found.adopters) == (Hit(), hit(1), None)


def test_nobody_runs_a_release_early_while_the_pack_is_suspended(desk: Any) -> None:
    desk.base = replace(desk.base, store_id="here")
    desk.pack(suspended={"reason": "a fault"})
    desk.attach("a", adopt="1.1.0")
    desk.release("1.1.0", on="2026-12-01")
    assert (of(desk, "1.1.0").running, of(desk, "1.1.0").suspended) == (Hit(), hit(2))
    desk.pack(suspended={"reason": "a fault", "until": "2026-11-28"})
    assert (of(desk, "1.1.0").running, of(desk, "1.1.0").hit) == (hit(1), hit(1))


def test_who_does_not_adopt_any_more_gets_it_with_the_others(desk: Any) -> None:
    desk.attach("a", adopt="1.1.0")
    desk.release("1.1.0", on="2026-12-01")
    desk.apply(LATER)
    assert (of(desk, "1.1.0").running, of(desk, "1.1.0").hit) == (hit(1), hit(1))
    desk.attach("a")
    assert (of(desk, "1.1.0").running, of(desk, "1.1.0").hit) == (Hit(), hit(2))


def test_who_adopts_the_pending_release_at_once_does_not_get_the_current_one(desk: Any) -> None:
    desk.release("1.1.0")
    desk.release("1.2.0", on="2026-12-01")
    desk.attach("a", adopt="1.2.0")
    desk.attach("c", adopt="1.2.0")
    assert (of(desk, "1.1.0").hit, of(desk, "1.1.0").installed) == (hit(1), Hit())


def test_what_is_served_is_current_while_a_higher_release_waits(desk: Any) -> None:
    desk.publisher(freezes=[{"name": "sales", "from": "2026-11-20", "until": "2026-11-30"}])
    desk.release("1.1.0")
    desk.attach("c")
    assert (of(desk, "1.0.0").timing, of(desk, "1.0.0").installed) == (Timing.CURRENT, hit(1))
    assert (of(desk, "1.1.0").waits, of(desk, "1.1.0").hit) == ('freeze "sales"', hit(3))


def test_early_adopters_of_a_release_that_ends_are_told_apart(desk: Any) -> None:
    desk.release("1.1.0", on="2026-12-01")
    desk.apply(LATER)
    desk.adopt("a")
    desk.release("1.2.0")
    found = of(desk, "1.2.0")
    assert found.hit == hit(2)
    assert found.adopters is not None
    assert (found.adopters.release, found.adopters.hit, found.adopters.keep) == (
        "1.1.0",
        hit(1),
        False,
    )


def test_what_is_current_or_over_moves_nobody(desk: Any) -> None:
    desk.release("1.1.0")
    desk.apply(LATER)
    current, over = of(desk, "1.1.0"), of(desk, "1.0.0")
    assert (current.timing, current.before, current.hit) == (Timing.CURRENT, "1.0.0", Hit())
    assert (over.timing, over.hit, over.running) == (Timing.OVER, Hit(), Hit())


def test_it_lands_in_groups_environments_and_zones(desk: Any) -> None:
    production = {"name": "live", "classification": "production"}
    test = {"name": "trial", "classification": "test"}
    desk.account("a", timeZone="Asia/Tokyo", environments=[production, test])
    desk.account("b", timeZone="America/New_York")
    desk.attach("a", environments=["live", "trial"])
    desk.group(["b"], name="retail")
    desk.release("1.1.0", on="2026-12-01")
    found = of(desk, "1.1.0")
    assert [(one.group, one.hit) for one in found.groups.items] == [
        ("everyone", hit(2)),
        ("retail", hit(1)),
    ]
    assert [(one.environment, one.classification) for one in found.environments.items] == [
        (None, None),
        ("live", "production"),
        ("trial", "test"),
    ]
    assert [(one.zone, one.in_working_day) for one in found.zones.items] == [
        ("America/New_York", False),
        ("Asia/Tokyo", True),
    ]


def test_values_are_missed_that_neither_manifest_nor_account_nor_default_gives(desk: Any) -> None:
    packaged(desk, "1.0.0", url={"type": "string", "required": True})
    packaged(
        desk,
        "1.1.0",
        url={"type": "string", "required": True},
        region={"type": "string", "required": True},
        seconds={"type": "number", "required": True, "default": 30},
    )
    desk.attach("a", extensions={"erp": {"url": "https://a.example"}})
    desk.apply(LATER)
    key = AttachmentKey("b", "orders")
    rows = dict(desk.base.attachments.items())
    own = Settings(extensions={"erp": {"url": "x", "region": "eu"}})
    rows[key] = _requested(rows[key], own)
    desk.base = _with_rows(desk.base, rows)
    desk.release("1.1.0", on="2026-12-01")
    found = of(desk, "1.1.0")
    assert [(one.name, one.is_new, one.hit) for one in found.missing] == [
        (("erp", "region"), True, hit(1))
    ]
    assert [(gap.account, gap.names) for gap in found.gaps.items] == [("a", (("erp", "region"),))]


def test_the_notes_of_every_version_between_are_told_in_order(desk: Any) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"):
        packaged(desk, version, notes=f"as of {version}")
    desk.apply(LATER)
    desk.release("1.2.0")
    found = of(desk, "1.2.0")
    assert [one.notes for one in found.version_notes["sync"]] == ["as of 1.1.0", "as of 1.2.0"]


def test_freezes_of_the_testing_period_are_told_and_those_that_hold_it_back(desk: Any) -> None:
    dates = {"sale": ("2026-11-26", "2026-11-30"), "count": ("2026-12-01", "2026-12-02")}
    freezes = [{"name": n, "from": a, "until": b, "reason": "r"} for n, (a, b) in dates.items()]
    weekly = {"name": "weekend", "cron": "0 0 * * sat", "duration": "2d", "reason": "r"}
    desk.publisher(freezes=[*freezes, weekly])
    desk.release("1.1.0", on="2026-12-01")
    found = of(desk, "1.1.0")
    assert [(one.name, one.holds) for one in found.freezes.items] == [
        ("weekend", False),
        ("sale", False),
        ("weekend", False),
        ("count", True),
    ]
    assert found.starts_at == datetime(2026, 12, 2, 5, tzinfo=UTC)


def test_a_release_that_a_freeze_holds_back_now_says_until_when(desk: Any) -> None:
    freeze = {"name": "sale", "from": "2026-11-20", "until": "2026-11-30", "reason": "r"}
    desk.publisher(freezes=[freeze])
    desk.release("1.1.0")
    found = of(desk, "1.1.0")
    assert (found.timing, found.waits) == (Timing.NOW, 'freeze "sale"')
    assert found.starts_at == datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert [one.holds for one in found.freezes.items] == [True]
    assert found.hit == hit(2)


def test_the_regression_report_is_judged_and_the_notes_are_named(desk: Any) -> None:
    report = b"<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>"
    desk.release("1.1.0", assessment={"impact": "note.md", "regression": "r"})
    found = of(desk, "1.1.0", files=Files(r=report)).assessment
    assert (found.impact, found.tests, found.failures) == ("note.md", 2, 1)
    assert found.trouble == "has 1 failure in 2 tests: b"
    assert of(desk, "1.1.0", files=Files()).assessment.trouble == "is not there"


def test_without_a_store_the_manifests_are_counted(desk: Any) -> None:
    desk.base = InstallBase()
    desk.release("1.1.0", on="2026-12-01")
    desk.attach("b", adopt="1.1.0")
    found = of(desk, "1.1.0")
    assert not found.stored
    assert (found.before, found.hit, found.running) == ("1.0.0", hit(1), hit(1))


def test_several_instances_of_an_account_are_one_account(desk: Any) -> None:
    desk.pack("stock", mode="multiple")
    desk.release("1.0.0", pack="stock")
    packs = [{"pack": "orders"}, {"pack": "stock"}]
    desk.declare(Kind.ACCOUNT_GROUP, {"accounts": ["a", "b", "c"], "packs": packs}, "everyone")
    for instance in ("one", "two"):
        desk.attach("a", pack="stock", instance=instance)
    desk.apply(LATER)
    desk.release("1.1.0", pack="stock")
    desk.release("1.1.0")
    both = impacts(desk.base, desk.tree(), [("orders", "1.1.0"), ("stock", "1.1.0")], NOW)
    assert [one.hit for one in both] == [hit(2), hit(2, 1)]


def test_rows_are_those_that_membership_comes_to(desk: Any) -> None:
    desk.group(["a", "c"], install="automatic", name="auto")
    desk.apply(LATER)
    assert _as_population(desk) == _as_membership(desk)
    desk.drop(Kind.ATTACHMENT, "b/orders")
    desk.attach("c", hold={"until": "2026-12-24", "reason": "sales"})
    desk.account("d")
    desk.account("a", status="suspended")
    desk.group(["a", "c", "d"], install="automatic", name="auto")
    assert _as_population(desk) == _as_membership(desk)
    desk.drop(Kind.MANAGED_ACCOUNT, "a")
    desk.drop(Kind.ATTACHMENT, "a/orders")
    desk.group(["c", "d"], name="everyone")
    desk.group(["d"], install="automatic", name="auto")
    assert _as_population(desk) == _as_membership(desk)
    desk.pack(retired={"reason": "old"})
    assert _as_population(desk) == _as_membership(desk)


def _as_population(desk: Any) -> list[Any]:
    return sorted(population(desk.base, desk.tree(), {"orders"}), key=str)


def _as_membership(desk: Any) -> list[Any]:
    tree, rows = desk.tree(), dict(desk.base.attachments.items())
    new = set()
    for member in membership(tree, desk.base.attachments.every(), gated=True):
        if member.after is None:
            assert member.before is not None
            del rows[member.before.key]
        else:
            rows[member.after.key] = member.after
            if member.before is None:
                new.add(member.after.key)
    found = (
        (sibling(row, suspended=key.account in tree.suspended), key in new)
        for key, row in rows.items()
    )
    return sorted(found, key=str)


def _requested(row: Any, own: Settings) -> Any:

    return replace(row, requested=own)


def _with_rows(base: InstallBase, rows: Any) -> InstallBase:

    return replace(base, attachments=RowsInMemory(rows, base.tree.suspended))
