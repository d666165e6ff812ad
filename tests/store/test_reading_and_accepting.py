"""What is accepted is what is read: records, declarations, settings, renames."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from reconciler.desired.renames import carried_base
from reconciler.errors import StoreError
from reconciler.model.base import (
    Applied,
    AttachmentKey,
    AttachmentOrigin,
    ComponentRecord,
    RowsInMemory,
    Settings,
    TemplateCopy,
)
from reconciler.model.changes import Effects, Member
from reconciler.model.declarations import Kind
from reconciler.model.requests import Decision
from reconciler.ports import Refusal, Store
from reconciler.store import check, open_store

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)


def _applied(store: Store) -> Applied:
    applied = store.applied()
    assert applied is not None
    return applied


def test_a_new_store_is_cold_and_empty(store: Store) -> None:
    base = store.base()
    assert base.applied is store.applied() is None
    assert (len(base.tree), len(base.packs), len(base.attachments)) == (0, 0, 0)
    assert store.last_refusal() is None
    assert store.publisher_zone() is None
    assert base.store_id == store.store_id
    assert not store.rehearsal


def test_a_store_keeps_its_identity_and_that_it_is_for_rehearsal(new_url: Any, world: Any) -> None:
    store_url = new_url()
    made = open_store(store_url, mode="create", clock=world.clock, rehearsal=True)
    again = open_store(store_url, mode="create", clock=world.clock)
    assert made.rehearsal
    assert again.rehearsal
    assert made.store_id == again.store_id


@pytest.mark.usefixtures("store")
def test_a_real_store_can_not_be_used_for_rehearsal(store_url: str, world: Any) -> None:
    with pytest.raises(StoreError, match="no rehearsal store"):
        open_store(store_url, mode="write", clock=world.clock, rehearsal=True)
    open_store(store_url, mode="read", clock=world.clock, rehearsal=True)


def test_an_accepted_base_is_read_as_it_was_written(store: Store, world: Any) -> None:
    orders = world.pack("orders", "1.10.0", "2.0.0-rc.1", effective=("1.9.0",), testing_period=3)
    returns = world.pack("returns", None, "1.0.0", multiple=True)
    full = world.row(
        "globex",
        "returns",
        "test",
        origin=AttachmentOrigin.MANIFEST,
        entitled=False,
        declared=Settings(environments=("production",), extensions={"api": {"url": "https://é"}}),
        requested=Settings(extensions={"api": {"key": {"secretRef": "vault/1"}}}),
        adopt_declared="1.0.0",
        adopt_requested="1.0.0",
        adopted_in=1,
        adopt_at=datetime(2026, 11, 28, 2, 15, tzinfo=UTC),
        hold_until=date(2026, 12, 24),
        hold_reason="audit",
    )
    rows = (full, world.row("acme", release="1.9.0"), world.row("globex", release="2.0.0-rc.1"))
    world.fill(store, orders, returns, rows=rows)

    base = store.base()
    assert base.packs == {"orders": orders, "returns": returns}
    assert list(base.packs["orders"].releases) == ["1.9.0", "1.10.0", "2.0.0-rc.1"]
    assert base.attachments == {row.key: row for row in rows}
    assert [row.key for row in base.attachments.values()] == sorted(row.key for row in rows)
    assert base.attachments[full.key].updated_at == world.clock.now()
    expected = world.tree(orders, returns, accounts=("acme", "globex"))
    assert {(d.kind, d.name): d for d in base.tree} == {(d.kind, d.name): d for d in expected}
    assert base.components == {
        ("sync", "1"): ComponentRecord(component="sync", version="1", fingerprint="f")
    }
    assert store.publisher_zone() == "America/New_York"
    assert list(store.attached(account="globex")) == [
        base.attachments[key] for key in base.attachments if key.account == "globex"
    ]
    assert [row.key.account for row in store.attached(pack="orders")] == ["acme", "globex"]
    assert store.counts() == {"orders": {"1.9.0": 1, "2.0.0-rc.1": 1}, "returns": {None: 1}}
    assert store.adopted() == {"orders": 1, "returns": 0}


def test_the_order_of_declarations_does_not_depend_on_the_order_of_writing(
    store: Store, world: Any
) -> None:
    orders = world.pack()
    tree = world.tree(orders, accounts=("b", "a"))
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(put=tuple(reversed(tree)), packs=(orders,))))
    names = [(found.kind, found.name) for found in store.base().tree]
    order = list(Kind)
    assert names == sorted(names, key=lambda name: (order.index(name[0]), name[1]))


def test_declarations_are_replaced_and_dropped(store: Store, world: Any) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme"),))
    renewed = world.declared(Kind.MANAGED_ACCOUNT, "acme", displayName="Acme")
    effects = Effects(put=(renewed,), dropped=((Kind.ACCOUNT_GROUP, "everybody"),))
    with store.session(0) as session:
        session.accept(world.acceptance(effects, revision="b" * 40))
    tree = store.base().tree
    assert tree.accounts["acme"].display_name == "Acme"
    assert not tree.groups


def test_the_revision_in_force_keeps_its_time_through_passes_under_it(
    store: Store, world: Any
) -> None:
    world.fill(store, world.pack())
    first = _applied(store)
    world.later(hours=1)
    due = world.clock.now() + timedelta(days=1)
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(), next_due=due, gated=False))
        unsettled = _applied(store)
        session.settle(due, world.clock.now())
    assert (unsettled.settled, unsettled.gated) == (False, False)
    assert store.applied() == replace(
        first, passed_at=world.clock.now(), next_due=due, settled=True, gated=True
    )
    with store.session(0) as session:
        session.record("b" * 40, world.plan(revision="b" * 40), "2026b")
    applied = _applied(store)
    assert (applied.revision, applied.applied_at) == ("b" * 40, world.clock.now())
    assert applied.zone_rules == "2026b"


def test_recording_does_not_call_a_cut_pass_finished(store: Store, world: Any) -> None:
    world.fill(store, world.pack(), settle=False)
    with store.session(0) as session:
        session.record("b" * 40, world.plan(revision="b" * 40), "2026a")
    assert not _applied(store).settled


def test_accounts_are_suspended_and_active_again_as_an_acceptance_says(
    store: Store, world: Any
) -> None:
    held = world.row("acme", release="1.0.0"), world.row("globex", release="1.0.0")
    world.fill(store, world.pack(), rows=held, suspended=("acme",))
    effects = Effects(
        packs=(world.pack(current="2.0.0"),), suspensions={"globex": True, "acme": False}
    )
    with store.session(0) as session:
        session.accept(world.acceptance(effects))
        world.roll_out(session)
    running = {key.account: row.release for key, row in store.base().attachments.items()}
    assert running == {"acme": "2.0.0", "globex": "1.0.0"}


def test_a_pack_must_serve_a_release_that_it_has(store: Store, world: Any) -> None:
    broken = replace(world.pack(), pending="9.9.9")
    with store.session(0) as session, pytest.raises(StoreError, match=r"orders has no release 9"):
        session.accept(world.acceptance(Effects(packs=(broken,))))
    assert store.applied() is None


def test_a_component_stays_as_it_was_first_recorded(store: Store, world: Any) -> None:
    world.fill(store, world.pack())
    other = ComponentRecord(component="sync", version="1", fingerprint="other")
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(components=(other,))))
    assert store.base().components["sync", "1"].fingerprint == "f"


def test_a_rename_carries_rows_releases_copies_history_and_references(
    store: Store, store_url: str, world: Any
) -> None:
    rows = (world.row("acme", release="1.0.0"), world.row("globex", release="1.0.0"))
    world.fill(store, world.pack(), rows=rows)
    names = {
        (Kind.INTEGRATION_PACK, "orders"): "order-to-cash",
        (Kind.MANAGED_ACCOUNT, "acme"): "globex",
        (Kind.MANAGED_ACCOUNT, "globex"): "acme",
        (Kind.ACCOUNT_GROUP, "everybody"): "all",
    }
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(renames=names), revision="b" * 40))
        session.settle(None, world.clock.now())
    base = store.base()
    assert set(base.packs) == set(base.tree.packs) == {"order-to-cash"}
    assert base.packs["order-to-cash"].releases["1.0.0"].release.pack == "order-to-cash"
    assert list(base.tree.releases) == ["order-to-cash"]
    assert base.tree.groups["all"].packs[0].pack == "order-to-cash"
    assert set(base.attachments) == {
        AttachmentKey(account=account, pack="order-to-cash") for account in ("acme", "globex")
    }
    assert [line.account for line in store.history(pack="order-to-cash")] == ["globex", "acme"]
    assert list(store.history(pack="orders")) == []
    assert check(store_url) == []


def test_a_name_that_something_deleted_bore_can_be_taken_in_a_rename(
    store: Store, store_url: str, world: Any
) -> None:
    rows = (world.row("gone", release="1.0.0"), world.row("acme", release="1.0.0"))
    world.fill(store, world.pack("old", "9.0.0"), world.pack("orders"), rows=rows)
    copy = TemplateCopy(
        account="gone", component="t", version="1", copied_at=world.clock.now(), actor="ann"
    )
    decision = Decision(action="", message="", copy=copy, event=world.event())
    store.request("gone", None, lambda _: decision)
    dropped = tuple(
        (d.kind, d.name) for d in store.base().tree if d.name in ("old", "old@9.0.0", "gone")
    )
    undeclared = world.pack("old", None, effective=("9.0.0",), declared=False)
    deletion = Effects(dropped=dropped, packs=(undeclared,), members=1)
    names = {(Kind.INTEGRATION_PACK, "orders"): "old", (Kind.MANAGED_ACCOUNT, "acme"): "gone"}
    with store.session(0) as session:
        session.accept(world.acceptance(deletion))
        session.membership([Member(rows[0], None)], world.clock.now(), "ann")
        session.accept(world.acceptance(Effects(renames=names)))
        session.settle(None, world.clock.now())
    base = store.base()
    assert {name: list(pack.releases) for name, pack in base.packs.items()} == {"old": ["1.0.0"]}
    assert list(base.attachments) == [AttachmentKey(account="gone", pack="old")]
    assert [line.action for line in store.history(account="gone")] == ["install"]
    assert base.copies == ()
    assert check(store_url) == []


def test_a_refusal_is_told_once_for_each_revision_and_reason(store: Store, world: Any) -> None:
    world.fill(store, world.pack())
    refusal = Refusal(revision="c" * 40, reason="invalid", message="2 errors", at=world.clock.now())
    told = (world.event("refused"),)
    with store.session(0) as session:
        assert session.refuse(refusal, told)
        assert not session.refuse(refusal, told)
        assert session.refuse(replace(refusal, reason="limit"), told)
    assert [event.draft.message for event in store.events()] == ["told", "refused", "refused"]
    assert store.last_refusal() == replace(refusal, reason="limit")


def test_a_refusal_is_over_when_another_revision_comes_into_force(store: Store, world: Any) -> None:
    world.fill(store, world.pack())
    refusal = Refusal(revision="c" * 40, reason="invalid", message="2 errors", at=world.clock.now())
    with store.session(0) as session:
        session.refuse(refusal, ())
        session.accept(world.acceptance(Effects()))
        assert store.last_refusal() == refusal
        session.accept(world.acceptance(Effects(), revision="b" * 40))
        assert store.last_refusal() is None
        assert not session.refuse(refusal, (world.event(),))
    assert store.last_refusal() == refusal
    assert len(list(store.events())) == 1


def test_events_are_chained_numbered_and_found(store: Store, world: Any) -> None:
    world.fill(store, world.pack())
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    drafts = (
        world.event("one", pack="orders", account="acme", details={"n": (1, 2)}),
        world.event("two", pack="returns", at=noon),
    )
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(), *drafts))
    events = list(store.events())
    assert [event.number for event in events] == [1, 2, 3]
    assert events[0].previous == "0" * 64
    assert [event.previous for event in events[1:]] == [event.digest for event in events[:2]]
    assert events[1].draft == replace(drafts[0], details={"n": [1, 2]})
    assert [e.number for e in store.events(pack="orders")] == [1, 2]
    assert [e.number for e in store.events(account="acme")] == [2]
    assert [e.number for e in store.events(since=noon)] == [3]
    assert [e.number for e in store.events(limit=2)] == [2, 3]
    assert len(events[0].digest) == hashlib.sha256().digest_size * 2


def test_rows_of_an_account_that_are_alike_are_counted_together(store: Store, world: Any) -> None:
    orders, returns = world.pack("orders"), world.pack("returns", multiple=True)
    filled = Settings(environments=("production",), extensions={"api": {"url": "https://é"}})
    rows = (
        world.row("acme", "returns", "one", release="1.0.0", requested=filled),
        world.row("acme", "returns", "two", release="1.0.0", requested=filled),
        world.row("acme", "returns", "three", requested=filled),
        world.row("globex", "returns", "one", release="1.0.0", declared=filled),
        world.row("globex", "orders", release="1.0.0"),
    )
    world.fill(store, orders, returns, rows=rows, suspended=("globex",))
    known = {row.key: row for row in rows}
    in_memory = RowsInMemory(known, frozenset({"globex"}))
    stored = list(store.base().attachments.siblings({"returns"}))
    assert [(one.account, one.alike.release, one.rows) for one in sorted(stored, key=str)] == [
        ("acme", "1.0.0", 2),
        ("acme", None, 1),
        ("globex", "1.0.0", 1),
    ]
    assert [one.account for one in stored] == ["acme", "acme", "globex"]
    alone = sorted((one._replace(rows=1) for one in stored for _ in range(one.rows)), key=str)
    assert alone == sorted(in_memory.siblings({"returns"}), key=str)
    assert list(store.base().attachments.siblings(set())) == []
    names = {(Kind.MANAGED_ACCOUNT, "acme"): "apex", (Kind.INTEGRATION_PACK, "returns"): "back"}
    renamed = carried_base(store.base(), names).attachments.siblings({"back"})
    assert {(one.account, one.pack) for one in renamed} == {("apex", "back"), ("globex", "back")}
