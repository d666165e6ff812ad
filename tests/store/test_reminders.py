"""What comes near -> events, each once, whoever looks; on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from reconciler.desired.channels import channel_draft
from reconciler.desired.reminders import WINDOW_LEADS
from reconciler.model.access import Role
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.notices import ChannelKind
from reconciler.ports import Store
from reconciler.ports.outbox import Outbox
from reconciler.store import access_of, open_store, outbox_of

OPENS = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
REMINDERS = (EventKind.WINDOW_NEAR, EventKind.VALUES_MISSING, EventKind.TOKEN_EXPIRING)


@pytest.fixture
def box(store: Store) -> Outbox:
    return outbox_of(store)


@pytest.fixture
def listen(box: Outbox, world: Any) -> Callable[..., None]:
    def add(account: str | None = None) -> None:
        address, at = "https://hooks.example/x", world.clock.now()
        box.add_channel(channel_draft(account, ChannelKind.WEBHOOK, address, (), at, "ann"))

    return add


def reminders(store: Store) -> list[EventDraft]:
    return [event.draft for event in store.events() if event.draft.kind in REMINDERS]


def pending(store: Store, world: Any, *, needs: bool = False, opens_at: datetime = OPENS) -> None:
    """1.1.0 is pending with 1.0.0 current; it `needs` a value that only initech has."""
    pack = world.pack(pending="1.1.0")
    releases = {
        version: replace(record, opens_at=opens_at if version == "1.1.0" else None)
        for version, record in pack.releases.items()
    }
    filled = world.settings(extensions={"warehouse": {"region": "eu"}})
    rows = (
        world.row("globex", release="1.0.0"),
        world.row("initech", release="1.0.0", requested=filled),
        world.row("umbrella", release="1.0.0"),
    )
    world.fill(store, replace(pack, releases=releases), rows=rows)
    region = {"type": "string", "required": True}
    contains = [{"name": "warehouse", "type": "connection", "extensions": {"region": region}}]
    component = world.declared(
        Kind.PACKAGED_COMPONENT,
        {},
        component="sync",
        type="process",
        version="1.1.0",
        shareable=True,
        contains=contains if needs else [],
    )
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(put=(component,))))
        session.settle(None, world.clock.now())


def test_a_window_is_reminded_of_at_each_lead_once(
    store: Store, box: Outbox, world: Any, listen: Any
) -> None:
    listen()
    pending(store, world)
    seen = []
    for before in (timedelta(days=8), *WINDOW_LEADS, timedelta(minutes=5), timedelta(0)):
        for _ in range(2):
            box.remind(OPENS - before, WINDOW_LEADS)
        seen.append(len(reminders(store)))
    assert seen == [0, 1, 2, 3, 3, 3]
    first = reminders(store)[0]
    assert (first.pack, first.details["before"], first.details["after"]) == (
        "orders",
        "1.0.0",
        "1.1.0",
    )
    assert first.details["window"]["opens_local"] == "2026-12-01T00:00:00-05:00"


def test_a_reconciler_that_was_away_reminds_of_the_nearest_lead_alone(
    store: Store, box: Outbox, world: Any, listen: Any
) -> None:
    listen()
    pending(store, world)
    box.remind(OPENS - timedelta(minutes=30), WINDOW_LEADS)
    assert len(reminders(store)) == 1


def test_nobody_is_reminded_while_nobody_listens(store: Store, box: Outbox, world: Any) -> None:
    pending(store, world, needs=True)
    box.remind(OPENS - timedelta(days=1), WINDOW_LEADS)
    assert reminders(store) == []


def test_several_that_look_at_once_remind_once(
    store: Store, store_url: str, world: Any, listen: Any
) -> None:
    pending(store, world, needs=True)
    listen("globex")
    boxes = [outbox_of(open_store(store_url, mode="write", clock=world.clock)) for _ in range(4)]
    now = OPENS - timedelta(days=1)
    threads = [Thread(target=one.remind, args=(now, WINDOW_LEADS)) for one in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = sorted(draft.kind for draft in reminders(store))
    assert kinds == [EventKind.VALUES_MISSING, EventKind.WINDOW_NEAR]


def test_accounts_with_channels_hear_what_they_miss_at_the_beginning_and_before_the_window(
    store: Store, box: Outbox, world: Any, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.reminders.ACCOUNTS", 1)
    pending(store, world, needs=True)
    listen("globex")
    listen("initech")
    for _ in range(2):
        box.remind(world.clock.now() + timedelta(minutes=1), WINDOW_LEADS)
    (missing,) = reminders(store)
    assert (missing.kind, missing.account) == (EventKind.VALUES_MISSING, "globex")
    assert missing.details["missing"] == [{"component": "warehouse", "name": "region"}]
    for _ in range(2):
        box.remind(OPENS - timedelta(hours=1), WINDOW_LEADS)
    told = [(draft.kind, draft.account) for draft in reminders(store)]
    assert told[1:] == [(EventKind.WINDOW_NEAR, None), (EventKind.VALUES_MISSING, "globex")]


def test_a_token_that_expires_is_told_to_its_owner_fourteen_days_and_one_before(
    store: Store, box: Outbox, world: Any, listen: Any
) -> None:
    pending(store, world)
    listen("globex")
    ends_at = world.clock.now() + timedelta(days=60)
    for name, account in (("agent", "globex"), ("other", "initech")):
        access_of(store).create_token(
            name,
            Role.ACCOUNT,
            account=account,
            expires_at=ends_at,
            now=world.clock.now(),
            actor="ann",
        )
    for days in (20, 14, 13, 1, 0):
        box.remind(ends_at - timedelta(days=days), ())
    found = [(draft.account, draft.details["token"]) for draft in reminders(store)]
    assert found == [("globex", "agent")] * 2


def test_another_window_is_reminded_of_anew(
    store: Store, box: Outbox, world: Any, listen: Any
) -> None:
    listen()
    pending(store, world)
    box.remind(OPENS - timedelta(hours=1), WINDOW_LEADS)
    base = store.base().packs["orders"]
    moved = replace(
        base.releases["1.1.0"],
        opens_at=OPENS + timedelta(days=1),
        release=replace(base.releases["1.1.0"].release, date_text="2026-12-02"),
    )
    record = replace(base, releases={**base.releases, "1.1.0": moved})
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(packs=(record,))))
        session.settle(None, world.clock.now())
    box.remind(OPENS, WINDOW_LEADS)
    openings = [draft.details["window"]["opens_at"] for draft in reminders(store)]
    assert openings == ["2026-12-01T05:00:00+00:00", "2026-12-02T05:00:00+00:00"]
