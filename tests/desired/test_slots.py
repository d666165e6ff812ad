"""Slots: an account says from when on its adoption counts, inside the testing period."""

from datetime import timedelta
from typing import Any

import pytest

from reconciler.desired import requests
from reconciler.desired.calendar import EntryKind, entries
from reconciler.desired.delivered import Deliveries
from reconciler.desired.standing import Standings
from reconciler.desired.status import status
from reconciler.desired.why import explanations
from reconciler.errors import RequestRefused
from reconciler.model.delivery import OVERDUE_AFTER
from reconciler.model.events import EventKind
from reconciler.report import attachments as attachments_report
from reconciler.report import status as status_report
from reconciler.report.why import sentences

NOW = "2026-11-10T12:00"
SLOT = "2026-11-28T02:00"
WINDOW = "2026-12-01T05:00"


@pytest.fixture
def testing(shop: Any) -> Any:
    """The testing period of orders 1.1.0, which opens on 1 December; acme lives in Paris."""
    shop.account("acme", timeZone="Europe/Paris")
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    return shop


def choose(shop: Any, at: str = SLOT, now: str = NOW) -> Any:
    key = shop.key("acme", "orders")
    slot = shop.instant(at)
    decision = requests.adopt(shop.base, key, None, shop.instant(now), "ann", at=slot)
    shop.take(decision)
    return decision


def take_back(shop: Any, now: str = NOW) -> Any:
    decision = requests.withdraw_slot(
        shop.base, shop.key("acme", "orders"), shop.instant(now), "ann"
    )
    shop.take(decision)
    return decision


def row(shop: Any) -> Any:
    return shop.base.attachments[shop.key("acme", "orders")]


def moved(shop: Any, now: str) -> Any:
    """The one change of a pass to attachments, or none."""
    at = shop.instant(now)
    changes = [c for c in shop.plan(at).changes if c.kind == "Attachment"]
    shop.apply(now)
    assert len(changes) < 2
    return changes[0] if changes else None


def test_a_slot_is_served_when_it_comes_and_told_as_such(testing: Any) -> None:
    decision = choose(testing)
    assert decision.event.kind is EventKind.ACCOUNT_SLOT
    assert decision.message == "acme/orders gets 1.1.0 in its slot at 2026-11-28 03:00 Europe/Paris"
    assert row(testing).release == "1.0.0"
    assert testing.base.applied.next_due == testing.instant(SLOT)
    assert moved(testing, "2026-11-28T01:59") is None
    told = moved(testing, SLOT)
    assert (told.action, told.before, told.after, told.late) == ("adopt", "1.0.0", "1.1.0", False)
    assert told.reason == "in the maintenance slot that the account chose"
    assert (row(testing).release, row(testing).adopt_at) == ("1.1.0", None)
    assert testing.base.applied.next_due == testing.instant(WINDOW)
    assert moved(testing, WINDOW) is None


@pytest.mark.parametrize(("now", "late"), [("2026-11-28T02:14", False), (WINDOW, None)])
def test_a_slot_that_was_missed_is_served_while_the_testing_period_runs(
    testing: Any, now: str, late: bool | None
) -> None:
    choose(testing)
    told = moved(testing, now)
    if late is None:
        assert told is None, "the promotion moves it, as everybody"
        assert row(testing).release == "1.1.0"
    else:
        assert (told.action, told.late) == ("adopt", late)


def test_a_slot_that_is_over_is_served_late(testing: Any) -> None:
    choose(testing)
    assert moved(testing, "2026-11-28T02:15").late


def test_no_clock_that_is_set_back_takes_an_adoption_in_a_slot_back(testing: Any) -> None:
    choose(testing)
    testing.apply(SLOT)
    assert moved(testing, "2026-11-28T01:00") is None
    assert row(testing).release == "1.1.0"


def test_a_slot_may_be_moved_and_taken_back_until_it_has_come(testing: Any) -> None:
    choose(testing)
    assert choose(testing).event is None, "asked twice"
    again = choose(testing, at="2026-11-29T02:00")
    assert "instead of 2026-11-28 03:00 Europe/Paris" in again.message
    assert again.event.details["before"] == "2026-11-28T02:00:00+00:00"
    back = take_back(testing)
    assert back.event.kind is EventKind.ACCOUNT_SLOT_WITHDRAWN
    assert (row(testing).adopt_requested, row(testing).adopt_at) == (None, None)
    assert take_back(testing).event is None, "nothing to take back"
    assert moved(testing, "2026-11-29T02:00") is None
    choose(testing, at="2026-11-30T02:00", now="2026-11-29T03:00")
    for ask in (take_back, choose):
        with pytest.raises(RequestRefused, match="has come; the next pass brings it"):
            ask(testing, now="2026-11-30T02:00")


def test_adopting_at_once_forgets_the_slot(testing: Any) -> None:
    choose(testing)
    key = testing.key("acme", "orders")
    testing.take(requests.adopt(testing.base, key, None, testing.instant(NOW), "ann"))
    assert (row(testing).release, row(testing).adopt_at) == ("1.1.0", None)
    assert "runs 1.1.0 already" in choose(testing).message


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "a slot lies ahead"),
        ("2026-11-28T02:05", "whole quarter of an hour"),
        ("2026-11-28T02:00:01", "whole quarter of an hour"),
        (WINDOW, r"before the release window: 1\.1\.0 comes to everybody at 2026-12-01 06:00"),
    ],
)
def test_a_slot_lies_ahead_inside_the_testing_period(testing: Any, at: str, words: str) -> None:
    with pytest.raises(RequestRefused, match=words) as refused:
        choose(testing, at=at)
    assert refused.value.hint


def test_a_manifest_that_adopts_wins_over_a_slot(testing: Any) -> None:
    choose(testing)
    testing.attach("acme", "orders", adopt="1.1.0")
    testing.apply("2026-11-11T12:00")
    assert row(testing).release == "1.1.0"
    with pytest.raises(RequestRefused, match=r"manifest adopts 1\.1\.0 for acme/orders already"):
        choose(testing, at="2026-11-29T02:00", now="2026-11-11T12:00")


@pytest.mark.parametrize(("date", "runs"), [("2026-11-20", "1.1.0"), ("2026-12-09", "1.0.0")])
def test_a_window_that_is_moved_before_the_slot_wins_and_a_later_one_leaves_it(
    testing: Any, date: str, runs: str
) -> None:
    choose(testing)
    testing.release("orders", "1.1.0", on=date)
    testing.apply("2026-11-11T12:00")
    testing.apply("2026-11-20T05:00")
    assert row(testing).release == runs
    testing.apply(SLOT)
    assert row(testing).release == "1.1.0"


def test_a_slot_of_a_release_that_was_superseded_or_withdrawn_means_nothing(testing: Any) -> None:
    choose(testing)
    testing.release("orders", "1.2.0", on="2026-12-05")
    testing.documents.pop(("Release", "orders@1.1.0"))
    testing.apply("2026-11-11T12:00")
    assert testing.base.packs["orders"].pending == "1.2.0"
    assert moved(testing, SLOT) is None
    assert row(testing).release == "1.0.0"
    choose(testing, at="2026-11-30T02:00", now=SLOT)
    testing.release("orders", "1.3.0")
    testing.apply("2026-11-29T12:00")
    assert (row(testing).release, row(testing).adopt_at) == ("1.3.0", None)


def test_a_suspension_at_the_slots_instant_keeps_the_adoption_waiting(testing: Any) -> None:
    choose(testing)
    testing.account("acme", status="suspended")
    testing.apply("2026-11-11T12:00")
    assert moved(testing, SLOT) is None
    testing.account("acme")
    assert moved(testing, "2026-11-28T12:00").late


def test_a_slot_after_a_packs_suspension_may_be_chosen(testing: Any) -> None:
    testing.pack("orders", suspended={"reason": "a bad bug", "until": "2026-11-20"})
    testing.apply(NOW)
    with pytest.raises(RequestRefused, match="is suspended until 2026-11-20"):
        choose(testing, at="2026-11-19T02:00")
    assert choose(testing).event is not None


def test_a_slot_is_shown_in_the_accounts_own_time(testing: Any) -> None:
    choose(testing)
    at = testing.instant(NOW)
    (told,) = explanations(testing.base, "acme", "orders", at)
    assert told.next_at == testing.instant(SLOT)
    assert any(
        "has chosen a slot and adopts 1.1.0 then: Fri 27 Nov 21:00 New York"
        " (Sat 28 Nov 03:00 Paris)" in sentence
        for sentence in sentences(told, at)
    )
    standings = Standings(testing.base, at)
    told_of = Deliveries({}, lambda _: (), at, OVERDUE_AFTER).of
    rows = [(row, standings.of(row), told_of(row)) for row in testing.base.attachments.values()]
    shown = attachments_report.text(rows, standings.zone, standings.zone_of, at)
    assert "adopts in its slot, Sat 28 Nov 03:00 Paris" in shown
    assert attachments_report.fields(*rows[0])["slot"] == "2026-11-28T02:00:00Z"
    pending = next(pack.pending for pack in status(testing.base, at).packs if pack.pending)
    assert (pending.adopted, pending.slots) == (0, 1)
    assert "1 in a slot to come" in status_report.text(status(testing.base, at), None, at)
    (entry,) = (e for e in entries(testing.base, at, 30) if e.kind is EntryKind.SLOT)
    assert (entry.at, entry.attachments) == (testing.instant(SLOT), 1)
    late = testing.instant(SLOT) + timedelta(minutes=1)
    (missed,) = explanations(testing.base, "acme", "orders", late)
    assert any("it has come; the next pass serves it" in s for s in sentences(missed, late))
