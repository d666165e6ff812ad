"""Slots in the store: whoever chooses one is served in time, whatever a pass writes meanwhile."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.desired import requests
from reconciler.model.base import AttachmentKey
from reconciler.model.changes import Effects
from reconciler.ports import Store
from reconciler.store import check, export, open_store, restore
from reconciler.store.exporting import closed

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)

KEY = AttachmentKey("acme", "orders")


@pytest.fixture
def testing(store: Store, world: Any) -> Store:
    """Orders 2.0.0 is in its testing period; the window is all that is due."""
    rows = tuple(world.row(name, release="1.0.0") for name in ("acme", "globex"))
    world.fill(store, pending(world), rows=rows, settle=False)
    with store.session(0) as session:
        session.settle(window(), world.clock.now())
    return store


def window() -> datetime:
    return datetime.fromisoformat("2026-12-01T05:00+00:00")


def pending(world: Any, **fields: Any) -> Any:
    record = world.pack(pending="2.0.0", testing_period=4)
    return replace(record, **{"due_at": window(), **fields})


@pytest.fixture
def choose(store: Store, world: Any) -> Callable[[datetime], Any]:
    """Acme chooses a slot, as of the world's clock."""

    def chosen(at: datetime) -> Any:
        now = world.clock.now()
        return store.request(
            "acme", "orders", lambda base: requests.adopt(base, KEY, None, now, "ann", at=at)
        )

    return chosen


def due(store: Store) -> tuple[datetime | None, datetime | None]:
    """When the pack, and when the next pass is due."""
    applied = store.applied()
    assert applied is not None
    return store.base().packs["orders"].due_at, applied.next_due


def test_a_slot_makes_its_pack_and_the_next_pass_due(
    testing: Store, store_url: str, world: Any, choose: Any
) -> None:
    slot = world.clock.now() + timedelta(hours=2)
    assert choose(slot).put.adopt_at == slot
    row = testing.base().attachments[KEY]
    assert (row.release, row.adopt_requested, row.adopted_in) == ("1.0.0", "2.0.0", 4)
    assert row.adopt_at == slot
    assert due(testing) == (slot, slot)
    assert [line.action for line in testing.history(account="acme")] == ["install"]
    assert check(store_url) == []


def test_a_slot_after_what_is_due_already_leaves_that_as_it_is(
    testing: Store, world: Any, choose: Any
) -> None:
    first = world.clock.now() + timedelta(hours=2)
    choose(first)
    choose(first + timedelta(hours=5))
    assert due(testing) == (first, first)


def test_a_pass_that_read_before_an_account_chose_does_not_lose_the_slot(
    testing: Store, world: Any, choose: Any
) -> None:
    read = testing.base()
    slot = world.clock.now() + timedelta(hours=2)
    choose(slot)
    effects = Effects(packs=(pending(world, due_at=window() - timedelta(days=1)),))
    accepted = world.acceptance(effects, next_due=window() - timedelta(days=1))
    with testing.session(0) as session:
        assert session.accept(replace(accepted, seen=read.last_event)) == {"acme"}
        assert due(testing) == (slot, slot)
        session.settle(window(), world.clock.now())
    assert due(testing) == (slot, slot)


def test_a_slot_that_is_chosen_between_acceptance_and_settling_is_kept(
    testing: Store, world: Any, choose: Any
) -> None:
    slot = world.clock.now() + timedelta(hours=2)
    with testing.session(0) as session:
        effects = Effects(packs=(pending(world),))
        session.accept(replace(world.acceptance(effects), seen=testing.base().last_event))
        choose(slot)
        session.settle(window(), world.clock.now())
    assert due(testing) == (slot, slot)


def test_a_revision_that_changes_nothing_is_recorded_without_losing_a_slot(
    testing: Store, world: Any, choose: Any
) -> None:
    plan = world.plan(revision="e" * 40, next_due=window())
    slot = world.clock.now() + timedelta(hours=2)
    choose(slot)
    with testing.session(0) as session:
        session.record(plan.revision, plan, "2026a")
    assert due(testing) == (slot, slot)


def test_a_slot_that_comes_moves_its_row_alone_and_is_forgotten(
    testing: Store, store_url: str, world: Any, choose: Any
) -> None:
    choose(world.clock.now() + timedelta(hours=2))
    with testing.session(0) as session:
        assert world.roll_out(session).attachments == 0
        world.later(hours=2)
        assert world.roll_out(session).attachments == 1
        world.later(hours=-1)
        assert world.roll_out(session).attachments == 0, "no clock takes it back"
        session.settle(window(), world.clock.now())
    row = testing.base().attachments[KEY]
    assert (row.release, row.adopt_at) == ("2.0.0", None)
    line = next(testing.history(account="acme", limit=1))
    assert (line.action, line.before, line.after) == ("slot", "1.0.0", "2.0.0")
    assert testing.adopted() == {"orders": 1}
    assert check(store_url) == []


def test_rows_are_counted_and_named_by_their_slots(testing: Store, world: Any, choose: Any) -> None:
    slot = world.clock.now() + timedelta(hours=2)
    choose(slot)
    rows = testing.base().attachments
    by_slot = {cohort.alike.adopt_at: cohort for cohort in rows.cohorts({"orders"})}
    assert by_slot.keys() == {None, slot}
    wanted = [("orders", by_slot[slot].alike, None)]
    assert list(rows.named(wanted)) == [[KEY]]
    assert {found.alike.adopt_at for found in rows.siblings({"orders"})} == {None, slot}


def test_an_export_from_before_there_were_slots_is_read(
    testing: Store, new_url: Any, world: Any, choose: Any
) -> None:
    slot = world.clock.now() + timedelta(hours=2)
    choose(slot)
    lines = list(export(testing))
    place = str(new_url())
    assert restore(place, lines, clock=world.clock).base().attachments[KEY].adopt_at == slot
    entries = [json.loads(line) for line in lines[:-1]]
    entries[0]["version"] = 2
    for entry in entries:
        entry.pop("adopt_at", None)
    older = str(new_url())
    restore(older, closed(entries), clock=world.clock)
    found = open_store(older, mode="read", clock=world.clock)
    assert found.base().attachments[KEY].adopt_at is None
