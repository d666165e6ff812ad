"""Rows move to what their pack serves: as the pure model says, each once, and no further."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from reconciler.desired.targets import Gates, move, slot_kept
from reconciler.model.base import Attached, AttachmentKey, alike
from reconciler.ports import Store
from reconciler.store import check
from reconciler.store.membership import BATCH

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)

TODAY = date(2026, 11, 22)
RELEASES = (None, "1.0.0", "1.10.0", "2.0.0", "2.1.0", "3.0.0")


def _rows(world: Any) -> tuple[Attached, ...]:
    """Every mix of release, wishes, slots (before, at and after the pass), hold, suspension."""
    wishes: list[dict[str, Any]] = [{}, {"adopt_declared": "2.1.0"}, {"adopt_declared": "9.9.9"}]
    asked = [{"adopt_requested": "2.1.0", "adopted_in": period} for period in (1, 2)]
    slots = [{"adopt_at": world.clock.now() + timedelta(minutes=30 * turn)} for turn in (1, 2, 3)]
    wishes += [{**wish, **slot} for wish in asked for slot in ({}, *slots)]
    wishes += [{**asked[1], **slots[2], "adopt_declared": "2.1.0"}]
    holds = [{}, {"hold_until": date(2026, 12, 1)}, {"hold_until": TODAY}]
    mixes = product(RELEASES, wishes, holds, ("active", "suspended"))
    return tuple(
        world.row(f"{state}-{number}", release=release, **wish, **hold)
        for number, (release, wish, hold, state) in enumerate(mixes)
    )


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("pack_suspended", [True, False])
@pytest.mark.parametrize(
    ("current", "pending"), [("2.0.0", "2.1.0"), ("2.0.0", None), ("1.10.0", None), (None, "2.1.0")]
)
def test_rows_move_as_the_pure_model_says(
    store: Store,
    world: Any,
    gated: bool,
    closed: bool,
    pack_suspended: bool,
    current: str | None,
    pending: str | None,
) -> None:
    rows = _rows(world)
    suspended = frozenset(row.key.account for row in rows if "suspended" in row.key.account)
    others = {"1.0.0", "1.10.0", "2.0.0"} - {current}
    above = {"2.1.0", "3.0.0"} - {pending}
    record = world.pack(
        "orders", current, pending, effective=tuple(others), others=tuple(above), testing_period=2
    )
    world.fill(store, record, rows=rows, suspended=tuple(suspended), settle=False)
    record = store.base().packs["orders"]
    world.later(hours=1)
    gates = Gates(enforced=gated, now=world.clock.now(), today=TODAY, pack_suspended=pack_suspended)
    found = {
        row.key: move(
            alike(row, suspended=row.key.account in suspended), record, gates, closed=closed
        )
        for row in rows
    }
    moves = {key: step for key, step in found.items() if step is not None and step.gate is None}
    told = len(list(store.history()))

    with store.session(0) as session:
        moved = world.roll_out(session, closed=closed, suspended=pack_suspended, gated=gated)

    assert moved.attachments == len(moves)
    assert store.base().attachments == {
        row.key: replace(
            row,
            release=moves[row.key].after,
            adopt_at=slot_kept(row, record, world.clock.now()),
        )
        if row.key in moves
        else row
        for row in rows
    }
    lines = list(store.history())[told:]
    assert {AttachmentKey(account=x.account, pack=x.pack, instance=x.instance) for x in lines} == (
        set(moves)
    )
    for line in lines:
        step = moves[AttachmentKey(account=line.account, pack=line.pack)]
        action = step.action if step.slot is None else "slot"
        assert (line.before, line.after, line.action) == (step.before, step.after, action)
        assert (line.actor, line.revision, line.at) == ("ann", "a" * 40, world.clock.now())
    for row in store.attached():
        assert (row.updated_at == world.clock.now()) == (row.key in moves)


def test_fifty_thousand_rows_move_each_exactly_once_in_bounded_transactions(
    store: Store, store_url: str, world: Any
) -> None:
    rows = tuple(world.row(f"account-{n}", release="1.0.0") for n in range(50_000))
    world.fill(store, world.pack(), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))
    batches: list[int] = []
    with store.session(0) as session:
        moved = world.roll_out(session, progress=lambda _, rows: batches.append(rows))
        session.settle(None, world.clock.now())
    assert moved.attachments == 50_000
    assert batches == [BATCH] * 5
    assert store.counts() == {"orders": {"2.0.0": 50_000}}
    upgraded = [line.account for line in store.history() if line.action == "upgrade"]
    assert len(upgraded) == len(set(upgraded)) == 50_000
    assert check(store_url) == []


def test_all_instances_of_an_account_move(store: Store, world: Any) -> None:
    rows = tuple(
        world.row(account, instance=instance, release="1.0.0")
        for account in ("acme", "globex")
        for instance in ("production", "test", "trial")
    )
    world.fill(store, world.pack(multiple=True), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",), multiple=True))
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 6
    assert store.counts() == {"orders": {"2.0.0": 6}}


def test_other_packs_are_left_alone_and_unknown_ones_have_no_rows(store: Store, world: Any) -> None:
    rows = (world.row("acme", release="1.0.0"), world.row("acme", "returns", release="1.0.0"))
    world.fill(store, world.pack(), world.pack("returns"), rows=rows)
    newer = [world.pack(name, "2.0.0", effective=("1.0.0",)) for name in ("orders", "returns")]
    world.serve(store, *newer)
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 1
        assert world.roll_out(session, "nowhere").attachments == 0
    assert store.counts() == {"orders": {"2.0.0": 1}, "returns": {"1.0.0": 1}}


def test_a_promotion_writes_nothing_for_adopters(store: Store, world: Any) -> None:
    adopter = world.row("acme", release="2.0.0", adopt_requested="2.0.0", adopted_in=0)
    world.fill(store, world.pack(pending="2.0.0"), rows=(adopter, world.row("b", release="1.0.0")))
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))
    world.later(hours=1)
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 1
    assert [line.action for line in store.history(account="acme")] == ["install"]
    assert next(store.attached(account="acme")).updated_at < world.clock.now()
