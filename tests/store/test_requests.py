"""What an account asks for itself: decided and written in one transaction, beside a pass."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import RequestRefused
from reconciler.model.base import AttachmentOrigin, InstallBase, TemplateCopy
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.events import EventKind
from reconciler.model.requests import Decision
from reconciler.ports import Store
from reconciler.store import check, views_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)


def _event(world: Any, kind: Any = EventKind.ACCOUNT_ADOPT) -> Any:
    return world.event("asked", kind=kind, account="acme", pack="orders")


def _adoption(world: Any) -> Callable[[InstallBase], Decision]:
    """What adopting writes, from what the store shows."""

    def decide(base: InstallBase) -> Decision:
        row = next(row for row in base.attachments.values())
        pack = base.packs["orders"]
        if pack.pending is None:
            raise RequestRefused("nothing to adopt")
        put = replace(
            row, release=pack.pending, adopt_requested=pack.pending, adopted_in=pack.testing_period
        )
        return Decision(action="adopt", put=put, event=_event(world), message="adopted")

    return decide


def test_an_adoption_writes_the_row_a_line_and_an_event(
    store: Store, store_url: str, world: Any
) -> None:
    rows = (world.row("acme", release="1.0.0"), world.row("globex", release="1.0.0"))
    world.fill(store, world.pack(pending="2.0.0", testing_period=4), rows=rows)
    world.later(minutes=5)
    decision = store.request("acme", "orders", _adoption(world))
    assert decision.message == "adopted"
    row = next(store.attached(account="acme"))
    assert (row.release, row.adopt_requested, row.adopted_in) == ("2.0.0", "2.0.0", 4)
    assert row.updated_at == world.clock.now()
    line = next(store.history(limit=1))
    assert (line.account, line.action, line.before, line.after, line.actor, line.revision) == (
        "acme", "adopt", "1.0.0", "2.0.0", "ann", "a" * 40,
    )  # fmt: skip
    assert next(store.events(limit=1)).draft == _event(world)
    assert store.adopted() == {"orders": 1}
    assert check(store_url) == []


def test_a_refused_request_writes_nothing(store: Store, content: Any, world: Any) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    before = content()
    with pytest.raises(RequestRefused, match="nothing to adopt"):
        store.request("acme", "orders", _adoption(world))
    asked_twice = Decision(action="adopt", message="adopted already")
    assert store.request("acme", "orders", lambda _: asked_twice) is asked_twice
    assert content() == before


def test_who_decides_sees_what_concerns_the_account_and_nothing_else(
    store: Store, world: Any
) -> None:
    packs = (world.pack(pending="2.0.0"), world.pack("returns"))
    rows = tuple(world.row(a, p.name, release="1.0.0") for a in ("acme", "b") for p in packs)
    world.fill(store, *packs, rows=rows)
    declared = (
        world.declared(
            Kind.PACKAGED_COMPONENT, {}, component="sync", type="process", version="1.0.0"
        ),
        world.declared(Kind.PACKAGED_COMPONENT, {}, component="sync", type="process", version="7"),
        world.declared(Kind.ATTACHMENT, {}, account="acme", pack="orders"),
        world.declared(Kind.ATTACHMENT, {}, account="acme", pack="orders-eu"),
        world.declared(Kind.ACCOUNT_GROUP, "others", accounts=["b"], packs=[{"pack": "orders"}]),
        world.declared(Kind.PROCESS_TEMPLATE, {}, component="t", version="1", groups=["everybody"]),
    )
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(put=declared)))
    seen = []

    def decide(base: InstallBase) -> Decision:
        seen.append(base)
        return Decision(action="install", message="seen")

    store.request("acme", "orders", decide)
    base = seen[0]
    assert [key.account for key in base.attachments] == ["acme"]
    assert list(base.packs) == ["orders"]
    assert list(base.packs["orders"].releases) == ["1.0.0", "2.0.0"]
    assert [(found.kind, found.name) for found in base.tree] == [
        (Kind.PUBLISHER, "acme"),
        (Kind.PACKAGED_COMPONENT, "sync@1.0.0"),
        (Kind.INTEGRATION_PACK, "orders"),
        (Kind.MANAGED_ACCOUNT, "acme"),
        (Kind.ACCOUNT_GROUP, "everybody"),
        (Kind.PROCESS_TEMPLATE, "t"),
        (Kind.RELEASE, "orders@1.0.0"),
        (Kind.RELEASE, "orders@2.0.0"),
        (Kind.ATTACHMENT, "acme/orders"),
    ]
    assert base.applied == store.applied()
    assert base.store_id == store.store_id


def test_an_account_installs_and_uninstalls(store: Store, store_url: str, world: Any) -> None:
    world.fill(store, world.pack())
    row = world.row("newcomer", release="1.0.0", origin=AttachmentOrigin.ACCOUNT)
    install = Decision(
        action="install", put=row, event=_event(world, EventKind.ACCOUNT_INSTALL), message=""
    )
    store.request("newcomer", "orders", lambda _: install)
    assert store.base().attachments == {row.key: row}
    uninstall = Decision(
        action="uninstall",
        removed=row.key,
        event=_event(world, EventKind.ACCOUNT_UNINSTALL),
        message="",
    )
    store.request("newcomer", "orders", lambda _: uninstall)
    assert store.base().attachments == {}
    assert [(x.action, x.before, x.after) for x in store.history()] == [
        ("install", None, "1.0.0"),
        ("uninstall", "1.0.0", None),
    ]
    assert check(store_url) == []


def test_a_change_of_settings_has_no_history_line(store: Store, world: Any) -> None:
    row = world.row("acme", release="1.0.0", origin=AttachmentOrigin.ACCOUNT)
    world.fill(store, world.pack(), rows=(row,))
    put = replace(row, requested=world.settings(environments=("test",)))
    decision = Decision(action="install", put=put, event=_event(world), message="")
    store.request("acme", "orders", lambda _: decision)
    assert store.base().attachments == {row.key: put}
    assert len(list(store.history())) == 1


def test_a_template_is_copied(store: Store, world: Any) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme"),))
    copy = TemplateCopy(
        account="acme", component="t", version="1", copied_at=world.clock.now(), actor="ann"
    )
    event = _event(world, EventKind.ACCOUNT_COPY_TEMPLATE)
    decision = Decision(action="copy", copy=copy, event=event, message="")
    store.request("acme", None, lambda _: decision)
    assert store.base().copies == (copy,)
    store.request("acme", None, lambda base: Decision(action="copy", message=str(base.copies)))


def test_an_adoption_between_two_batches_of_a_roll_out_is_kept(
    store: Store, store_url: str, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(world.row(f"a{n}", release="1.0.0") for n in range(40))
    world.fill(store, world.pack("orders", "1.0.0", "3.0.0"), rows=rows)
    world.serve(store, world.pack("orders", "2.0.0", "3.0.0", effective=("1.0.0",)))
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", 10)

    def adopt_the_last(*_: object) -> None:
        account = "a39"
        if next(store.attached(account=account)).release != "3.0.0":
            store.request(account, "orders", _adoption(world))

    with store.session(0) as session:
        assert world.roll_out(session, progress=adopt_the_last).attachments == 39
        session.settle(None, world.clock.now())
    assert store.counts() == {"orders": {"2.0.0": 39, "3.0.0": 1}}
    assert [line.after for line in store.history(account="a39")] == ["1.0.0", "3.0.0"]
    assert check(store_url) == []


def test_who_decides_sees_the_groups_of_now_where_an_index_of_them_was_made_before(
    store: Store, world: Any
) -> None:
    packs = (world.pack(), world.pack("returns"))
    rows = tuple(world.row(name, release="1.0.0") for name in ("acme", "b"))
    world.fill(store, *packs, rows=rows)
    seen = []

    def decide(base: InstallBase) -> Decision:
        seen.append(base.tree)
        return Decision(action="install", message="seen")

    store.request("acme", "orders", decide)
    views_of(store).of_account("acme")
    store.request("acme", "orders", decide)
    read, indexed = seen
    assert read.entitled == {name: {"acme"} for name in ("orders", "returns")}
    assert indexed.members == {"everybody": {"acme"}}
    assert indexed.entitled == {"orders": {"acme"}}
    assert indexed.automatic == {"orders": {"acme"}}
    apart = world.declared(Kind.ACCOUNT_GROUP, "everybody", accounts=["b"], packs=[])
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(put=(apart,)), revision="b" * 40))
    store.request("acme", "orders", decide)
    assert "orders" not in seen[-1].entitled
