"""Limits on what takes away: arithmetic, acknowledgements, and the way out (SPEC section 7.4)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reconciler.model.changes import Action, Change
from reconciler.model.declarations import Kind, Publisher
from reconciler.model.decode import declaration
from reconciler.plan.safety import Overrun, allowance, overruns, way_out

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


def publisher(limits: Mapping[str, Any] | None = None, *acknowledged: Mapping[str, Any]) -> Any:
    spec: dict[str, Any] = {"timeZone": "America/New_York", "acknowledged": list(acknowledged)}
    if limits is not None:
        spec["limits"] = dict(limits)
    return declaration(Kind.PUBLISHER, {"name": "us"}, spec).spec


def allowed(
    action: str, name: str, attachments: int, expires: str = "2026-12-01"
) -> dict[str, Any]:
    return {
        "action": action,
        "name": name,
        "attachments": attachments,
        "expires": expires,
        "reason": "agreed",
    }


def hits(action: Action, pack: str, attachments: int) -> Change:
    return Change(action=action, kind=Kind.ATTACHMENT, name=pack, attachments=attachments)


def deleted(pack: str) -> Change:
    return Change(action=Action.DELETE, kind=Kind.INTEGRATION_PACK, name=pack)


def judged(
    *changes: Change, population: int = 100, by: Publisher, before: Publisher | None = None
) -> tuple[Overrun, ...]:
    chain = [by] if before is None else [before, by]
    return overruns(changes, population, chain, NOW, NEW_YORK)


@pytest.mark.parametrize(
    ("limit", "population", "allows"),
    [
        ("5%", 4410, 220),
        ("5%", 59, 2),
        ("5%", 19, 1),
        ("5%", 1, 1),
        ("5%", 0, 1),
        ("0%", 1000, 1),
        ("100%", 7, 7),
        ("100%", 0, 1),
        ("0", 1000, 0),
        ("12", 3, 12),
    ],
)
def test_a_percentage_rounds_down_but_lets_one_pass(
    limit: str, population: int, allows: int
) -> None:
    assert allowance(limit, population) == allows


def test_exactly_the_limit_passes_and_one_more_does_not() -> None:
    by = publisher({"maxUninstalls": 3})
    assert judged(hits(Action.UNINSTALL, "orders", 3), by=by) == ()
    (found,) = judged(hits(Action.UNINSTALL, "orders", 4), by=by)
    assert (found.left, found.allowed) == (4, 3)
    assert found.message == "4 attachments would be uninstalled (orders 4); the limit is 3"


def test_without_limits_a_twentieth_may_go_and_nothing_be_rolled_back() -> None:
    assert judged(hits(Action.UNINSTALL, "orders", 5), by=publisher()) == ()
    (found,) = judged(hits(Action.UNINSTALL, "orders", 6), by=publisher())
    assert "the limit is 5% of 100 = 5" in found.message
    (found,) = judged(hits(Action.ROLLBACK, "orders", 1), by=publisher())
    assert found.message == "1 attachment would be rolled back (orders 1); the limit is 0"


def test_the_only_attachment_may_be_uninstalled_but_not_two_of_none() -> None:
    assert judged(hits(Action.UNINSTALL, "orders", 1), population=1, by=publisher()) == ()
    assert len(judged(hits(Action.UNINSTALL, "orders", 2), population=0, by=publisher())) == 1


def test_changes_that_hit_no_attachment_and_reverts_are_never_over_a_limit() -> None:
    none = publisher({"maxUninstalls": 0, "maxRollbacks": 0})
    assert judged(hits(Action.ROLLBACK, "orders", 0), deleted("orders"), by=none) == ()
    assert judged(hits(Action.REVERT, "orders", 90), by=none) == ()


def test_small_deletions_are_counted_together_over_all_packs() -> None:
    by = publisher({"maxUninstalls": 3})
    each = [hits(Action.UNINSTALL, pack, 2) for pack in ("stock", "orders")]
    assert all(judged(change, by=by) == () for change in each)
    (found,) = judged(*each, by=by)
    assert "(orders 2, stock 2)" in found.message


def test_of_many_packs_those_are_named_that_are_hit_hardest() -> None:
    changes = [hits(Action.UNINSTALL, f"pack-{n:04}", 1 + n // 4_000) for n in range(5_000)]
    (found,) = judged(*changes, by=publisher())
    assert found.left == 6_000
    assert "6,000 attachments would be uninstalled (pack-4000 2, pack-4001 2, " in found.message
    assert found.message.endswith(" and 4,990 more packs); the limit is 5% of 100 = 5")
    assert len(found.message) < 300
    assert found.acknowledgements[-1] == "and one such entry for each of 4,990 more packs"
    assert len(found.acknowledgements) == 11


def test_the_stricter_of_the_applied_and_the_new_limit_counts() -> None:
    loose, strict = publisher({"maxUninstalls": "50%"}), publisher({"maxUninstalls": 3})
    change = hits(Action.UNINSTALL, "orders", 4)
    assert len(judged(change, before=strict, by=loose)) == 1
    assert len(judged(change, before=loose, by=strict)) == 1
    assert judged(change, before=loose, by=loose) == ()


def test_a_share_and_a_number_are_compared_by_what_they_allow() -> None:
    before, by = publisher({"maxUninstalls": "10%"}), publisher({"maxUninstalls": 11})
    (found,) = judged(hits(Action.UNINSTALL, "orders", 11), before=before, by=by)
    assert "10% of 100 = 10" in found.message


def test_what_is_acknowledged_is_taken_off_before_the_limit() -> None:
    by = publisher({"maxUninstalls": 2}, allowed("uninstall", "orders", 50))
    both = hits(Action.UNINSTALL, "orders", 50), hits(Action.UNINSTALL, "stock", 2)
    assert judged(*both, by=by) == ()
    (found,) = judged(hits(Action.UNINSTALL, "orders", 51), by=by)
    assert found.left == 51


@pytest.mark.parametrize(
    "entry",
    [
        allowed("rollback", "orders", 50),
        allowed("delete", "orders", 50),
        allowed("uninstall", "stock", 50),
        allowed("uninstall", "orders", 50, expires="2026-11-22"),
        allowed("uninstall", "orders", 9),
    ],
    ids=["other action", "nothing deleted", "other pack", "expired", "too few"],
)
def test_what_is_not_acknowledged_counts(entry: dict[str, Any]) -> None:
    by = publisher({"maxUninstalls": 2}, entry)
    assert len(judged(hits(Action.UNINSTALL, "orders", 10), by=by)) == 1


def test_an_entry_ends_when_the_window_of_its_date_would_open() -> None:
    by = publisher({"maxUninstalls": 0}, allowed("uninstall", "orders", 1, expires="2026-11-23"))
    change = hits(Action.UNINSTALL, "orders", 1)
    opens = datetime(2026, 11, 23, 5, tzinfo=UTC)
    before = datetime(2026, 11, 23, 4, 59, 59, 999999, tzinfo=UTC)
    assert overruns([change], 9, [by], before, NEW_YORK) == ()
    assert len(overruns([change], 9, [by], opens, NEW_YORK)) == 1


def test_the_new_revision_acknowledges_and_the_applied_one_does_not() -> None:
    entry = allowed("uninstall", "orders", 10)
    plain, agreed = publisher({"maxUninstalls": 2}), publisher({"maxUninstalls": 2}, entry)
    change = hits(Action.UNINSTALL, "orders", 10)
    assert judged(change, before=plain, by=agreed) == ()
    assert len(judged(change, before=agreed, by=plain)) == 1


def test_deleting_a_pack_is_acknowledged_with_its_attachments() -> None:
    by = publisher({"maxUninstalls": 2}, allowed("delete", "orders", 10))
    assert judged(hits(Action.UNINSTALL, "orders", 10), deleted("orders"), by=by) == ()
    assert len(judged(hits(Action.UNINSTALL, "orders", 11), deleted("orders"), by=by)) == 1


def test_the_way_out_lets_the_plan_pass_when_it_is_taken() -> None:
    changes = [
        hits(Action.UNINSTALL, "orders", 10),
        hits(Action.UNINSTALL, "stock", 1),
        hits(Action.ROLLBACK, "stock", 7),
    ]
    over = judged(*changes, by=publisher({"maxUninstalls": 2}))
    told = way_out(over)
    assert "{action: uninstall, name: orders, attachments: 10, expires: 2026-11-29" in told
    assert "{action: uninstall, name: stock, attachments: 1, expires: 2026-11-29" in told
    assert "{action: rollback, name: stock, attachments: 7, expires: 2026-11-29" in told
    assert "--allow-destructive" in told
    entries = [
        allowed("uninstall", "orders", 10, "2026-11-29"),
        allowed("uninstall", "stock", 1, "2026-11-29"),
        allowed("rollback", "stock", 7, "2026-11-29"),
    ]
    assert judged(*changes, by=publisher({"maxUninstalls": 2}, *entries)) == ()
