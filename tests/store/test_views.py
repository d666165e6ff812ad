"""Pages of an install base, and what is read of it for one account."""

from typing import Any

import pytest

from reconciler.model.base import AttachmentKey
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.events import EventKind
from reconciler.ports import Store
from reconciler.ports.views import EventsWanted
from reconciler.store import views_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)


def _filled(store: Store, world: Any, *names: str) -> None:
    """Two packs, each with rows of these accounts."""
    packs = [world.pack("orders", pending="2.0.0"), world.pack("stock", multiple=True)]
    rows = [world.row(name, "orders", release="1.0.0") for name in names]
    rows += [world.row(name, "stock", place, release="1.0.0") for name in names for place in "ba"]
    world.fill(store, *packs, rows=tuple(rows))


def _walk(store: Store, size: int, **chosen: Any) -> list[str]:
    """All pages, each behind the one before."""
    found: list[AttachmentKey] = []
    while True:
        after = found[-1] if found else None
        page = views_of(store).attachments(**chosen, after=after, limit=size)
        found += [row.key for row in page]
        if len(page) < size:
            return [str(key) for key in found]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_pages_of_any_size_hold_each_row_once(store: Store, world: Any, size: int) -> None:
    _filled(store, world, "zeta", "acme", "globex")
    every = sorted(str(row.key) for row in store.attached())
    assert sorted(_walk(store, size)) == every
    assert sorted(_walk(store, size, pack="stock")) == [key for key in every if "stock" in key]
    assert _walk(store, size, account="acme") == ["acme/orders", "acme/stock/a", "acme/stock/b"]
    assert _walk(store, size, account="acme", pack="stock") == ["acme/stock/a", "acme/stock/b"]


def test_a_page_behind_what_the_store_never_knew_is_no_page(store: Store, world: Any) -> None:
    _filled(store, world, "acme")
    with pytest.raises(LookupError):
        views_of(store).attachments(after=AttachmentKey("nobody", "orders"), limit=1)


def test_the_world_of_an_account_has_no_other_account_in_it(store: Store, world: Any) -> None:
    _filled(store, world, "acme", "globex")
    base = views_of(store).of_account("acme", ("orders",))
    assert base is not None
    assert list(base.tree.accounts) == ["acme"]
    assert base.tree.members == {"everybody": {"acme"}}
    assert base.tree.entitled == {"orders": {"acme"}}
    assert list(base.tree.packs) == list(base.packs) == ["orders"]
    assert list(base.tree.releases["orders"]) == ["1.0.0", "2.0.0"]
    assert [str(key) for key in base.attachments] == ["acme/orders"]
    assert (base.store_id, base.applied) == (store.store_id, store.applied())
    assert views_of(store).of_account("nobody") is None


def test_an_account_has_the_packs_of_its_groups_and_of_its_rows(store: Store, world: Any) -> None:
    _filled(store, world, "acme")
    found = views_of(store)
    assert found.packs_of("acme", limit=10) == ("orders", "stock")
    assert found.packs_of("acme", limit=1) == ("orders",)
    assert found.packs_of("acme", after="orders", limit=10) == ("stock",)
    assert found.packs_of("nobody", limit=10) == ()
    group = world.declared(Kind.ACCOUNT_GROUP, "everybody", accounts=[], packs=[{"pack": "orders"}])
    with store.session(0) as session:
        effects = Effects(renames={}, put=(group,))
        session.accept(world.acceptance(effects, revision="b" * 40))
        session.settle(None, world.clock.now())
    assert found.packs_of("acme", limit=10) == ("orders", "stock")  # by its rows
    base = found.of_account("acme", ("orders", "stock"))
    assert base is not None
    assert base.tree.groups == {}


def test_packs_come_with_their_releases(store: Store, world: Any) -> None:
    _filled(store, world, "acme", "globex")
    base = views_of(store).of_packs(("orders", "nothing"))
    assert base.packs == {"orders": store.base().packs["orders"]}
    assert base.tree.releases == {"orders": store.base().tree.releases["orders"]}
    assert base.tree.publisher == store.base().tree.publisher
    found = views_of(store).declared_after(Kind.INTEGRATION_PACK, "orders", 5)
    assert [declaration.name for declaration in found] == ["stock"]


def test_rows_are_counted_by_what_they_run(store: Store, world: Any) -> None:
    rows = (world.row("acme", release="1.0.0"), world.row("globex"), world.row("zeta"))
    world.fill(store, world.pack("orders"), world.pack("stock"), rows=rows)
    found = views_of(store).running(("orders", "stock", "nothing"))
    assert found == {"orders": {"1.0.0": 1, None: 2}}


def test_events_are_paged_from_both_ends(store: Store, world: Any) -> None:
    _filled(store, world, "acme", "globex")
    effects = Effects(renames={})
    told = (
        world.event("of acme", kind=EventKind.ACCOUNT_ADOPT, pack="orders", account="acme"),
        world.event("of globex", kind=EventKind.ACCOUNT_ADOPT, pack="orders", account="globex"),
        world.event("of a pack", kind=EventKind.SCHEDULE, pack="orders"),
        world.event("of another", kind=EventKind.SCHEDULE, pack="invoices"),
    )
    world.later(hours=1)
    with store.session(0) as session:
        session.accept(world.acceptance(effects, *told, revision="b" * 40))
    later = world.clock.now()

    def newest(**wanted: Any) -> list[str]:
        found = views_of(store).events(EventsWanted(**wanted), limit=100)
        return [event.draft.message for event in found]

    every = [event.number for event in store.events()]
    assert newest(account="acme") == ["of acme"]
    assert newest(kind=EventKind.SCHEDULE) == ["of another", "of a pack"]
    assert newest(pack="orders", kind=EventKind.ACCOUNT_ADOPT) == ["of globex", "of acme"]
    assert newest(packs_of="acme") == ["of a pack", "of acme", "told"]
    assert newest(packs_of="acme", kind=EventKind.SCHEDULE) == ["of a pack"]
    assert newest(since=later) == []
    wanted = EventsWanted()
    first = views_of(store).events(wanted, limit=2)
    second = views_of(store).events(wanted, before=first[-1].number, limit=100)
    assert [event.number for event in (*first, *second)] == every[::-1]
    assert [event.number for event in views_of(store).events_after(wanted, limit=2)] == every[:2]
    rest = views_of(store).events_after(wanted, after=every[1], limit=100)
    assert [event.number for event in rest] == every[2:]


def test_the_history_is_paged_from_its_end(store: Store, world: Any) -> None:
    _filled(store, world, "acme", "globex")
    found = views_of(store).history(account="acme", limit=2)
    rest = views_of(store).history(account="acme", before=found[-1].number, limit=100)
    every = list(store.history(account="acme"))
    assert [line.line for line in (*found, *rest)] == every[::-1]
    one = views_of(store).history(account="acme", pack="stock", instance="a", limit=5)
    assert [(line.line.pack, line.line.instance) for line in one] == [("stock", "a")]


def test_rows_are_counted_by_what_decides_about_them(store: Store, world: Any) -> None:
    _filled(store, world, "acme", "globex")
    found = views_of(store).cohorts()
    assert {pack: sum(one.rows for one in rows) for pack, rows in found.items()} == {
        "orders": 2,
        "stock": 4,
    }
    assert list(views_of(store).cohorts(("stock",))) == ["stock"]


def test_adoptions_are_counted_by_the_hour(store: Store, world: Any) -> None:
    _filled(store, world, "acme", "globex")
    start = world.clock.now()

    def adopted(account: str | None, **details: Any) -> Any:
        kind = EventKind.ADOPT if account is None else EventKind.ACCOUNT_ADOPT
        return world.event("adopted", kind=kind, pack="orders", account=account, details=details)

    first = (adopted("acme", after="2.0.0"), adopted("acme", after="1.9.0"))
    with store.session(0) as session:
        session.accept(world.acceptance(Effects(renames={}), *first, revision="b" * 40))
        world.later(hours=2, minutes=30)
        second = (adopted("globex", after="2.0.0"), adopted(None, after="2.0.0", attachments=5))
        session.accept(world.acceptance(Effects(renames={}), *second, revision="c" * 40))
    found = views_of(store).adoptions("orders", "2.0.0", start)
    assert [(at.hour, number) for at, number in found.items()] == [(15, 1), (17, 6)]


def test_a_fan_out_under_way_names_its_packs(store: Store, world: Any) -> None:
    world.fill(store, world.pack("orders"), rows=(world.row("acme"),), settle=False)
    assert views_of(store).moving() == ("orders",)
    with store.session(0) as session:
        session.settle(None, world.clock.now())
    assert views_of(store).moving() == ()
