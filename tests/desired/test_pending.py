"""The pending release moved to another time, or withdrawn, or why it can't be."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.desired.pending import rescheduling, withdrawal
from reconciler.errors import AuthoringRefused
from reconciler.model.declarations import Origin

NOW = "2026-11-10T12:00"


@pytest.fixture
def pending(shop: Any) -> Any:
    """Orders 1.1.0 is in its testing period, until 1 December."""
    shop.release("orders", "1.1.0", on="2026-12-01")
    key = next(key for key in shop.documents if key[1] == "orders@1.1.0")
    shop.documents[key] = replace(shop.documents[key], origin=Origin(path="r.yaml", document=0))
    shop.apply(NOW)
    return shop


def moved(shop: Any, date: str | None, pack: str = "orders", now: str = NOW, **more: Any) -> Any:
    at = shop.instant(now)
    return rescheduling(shop.tree(), shop.base, pack, at, date_text=date, **more)


def test_a_pending_release_gets_another_date_or_none(pending: Any) -> None:
    found = moved(pending, "2026-12-08")
    assert (found.before.date_text, found.after.date_text) == ("2026-12-01", "2026-12-08")
    assert found.window.opens_at == pending.instant("2026-12-08T05:00")
    assert found.origin == Origin(path="r.yaml", document=0)
    assert moved(pending, None).window is None


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2026-12-01", "is dated 2026-12-01 already"),
        ("2026-11-10", "is over"),
        ("2026-02-30", "is not a date"),
        ("2026-11-27", 'freeze "sales" covers'),
    ],
)
def test_a_date_that_can_not_be_is_refused(pending: Any, date: str, words: str) -> None:
    freeze = {"name": "sales", "from": "2026-11-26", "until": "2026-11-30", "reason": "busy"}
    pending.publisher(freezes=[freeze])
    with pytest.raises(AuthoringRefused, match=words) as refused:
        moved(pending, date)
    assert refused.value.hint


def test_an_emergency_may_come_in_a_freeze_and_is_a_change_of_its_own(pending: Any) -> None:
    freeze = {"name": "sales", "from": "2026-11-26", "until": "2026-12-30", "reason": "busy"}
    pending.publisher(freezes=[freeze])
    assert moved(pending, "2026-12-01", emergency=True).after.emergency


def test_what_is_promoted_is_refused(pending: Any) -> None:
    with pytest.raises(AuthoringRefused, match=r"1\.0\.0 is current, and what is promoted"):
        moved(pending, "2026-12-08", pack="stock")
    pending.apply("2026-12-01T05:00")
    with pytest.raises(AuthoringRefused, match=r"1\.1\.0 is current") as refused:
        moved(pending, "2026-12-08", now="2026-12-01T06:00")
    assert "--like" in (refused.value.hint or "")


def test_what_a_missed_window_holds_back_may_get_a_new_date(pending: Any) -> None:
    pending.publisher(missedWindow="hold")
    pending.apply("2026-12-02T12:00")
    assert pending.base.packs["orders"].current == "1.0.0"
    assert moved(pending, "2026-12-08", now="2026-12-02T12:00").after.date_text == "2026-12-08"


def test_a_withdrawal_counts_and_names_who_goes_back(pending: Any) -> None:
    pending.attach("globex", "orders", adopt="1.1.0")
    pending.apply("2026-11-11T12:00")
    found = withdrawal(pending.tree(), pending.base, "orders", pending.instant(NOW))
    assert (found.release.version, found.current, found.adopters) == ("1.1.0", "1.0.0", 1)
    assert found.named == found.asking == (pending.key("globex", "orders"),)
    cold = withdrawal(pending.tree(), None, "orders", pending.instant(NOW))
    assert (cold.adopters, cold.named, cold.current) == (0, (), "1.0.0")


def test_a_pack_that_is_misspelt_is_refused_with_the_nearest(pending: Any) -> None:
    with pytest.raises(AuthoringRefused, match='pack "order" does not exist') as refused:
        withdrawal(pending.tree(), None, "order", pending.instant(NOW))
    assert refused.value.hint == 'did you mean "orders"?'
