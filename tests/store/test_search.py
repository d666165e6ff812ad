"""Names of an install base, found by what somebody types."""

from typing import Any

import pytest

from reconciler.model.declarations import Kind
from reconciler.ports import Store
from reconciler.store import search_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
PACK, ACCOUNT = Kind.INTEGRATION_PACK, Kind.MANAGED_ACCOUNT


def _filled(store: Store, world: Any) -> None:
    packs = [
        world.pack("order-to-cash", pending="2.0.0"),
        world.pack("stock", pending="1.1.0"),
        world.pack("cashier"),
    ]
    rows = tuple(world.row(name, "stock", release="1.0.0") for name in ("acme", "zeta"))
    world.fill(store, *packs, rows=rows)


def test_names_with_the_letters_in_them_come_in_order(store: Store, world: Any) -> None:
    _filled(store, world)
    found = search_of(store)
    assert found.names(PACK, limit=9) == ("cashier", "order-to-cash", "stock")
    assert found.names(PACK, "cash", limit=9) == ("cashier", "order-to-cash")
    assert found.names(PACK, "CASH", limit=9) == ("cashier", "order-to-cash")
    assert found.names(ACCOUNT, "e", limit=9) == ("acme", "zeta")
    assert found.names(PACK, "acme", limit=9) == ()


def test_a_page_begins_behind_the_one_before(store: Store, world: Any) -> None:
    _filled(store, world)
    found = search_of(store)
    assert found.names(PACK, limit=2) == ("cashier", "order-to-cash")
    assert found.names(PACK, after="order-to-cash", limit=2) == ("stock",)
    assert found.names(PACK, "cash", after="cashier", limit=2) == ("order-to-cash",)


@pytest.mark.parametrize("words", ["%", "_", "\\", "c_sh", "'", "ca%er"])
def test_what_means_something_to_a_database_is_looked_for_as_it_is(
    store: Store, world: Any, words: str
) -> None:
    _filled(store, world)
    assert search_of(store).names(PACK, words, limit=9) == ()


def test_packs_with_a_pending_release_are_found(store: Store, world: Any) -> None:
    _filled(store, world)
    found = search_of(store)
    assert found.pending(limit=9) == ("order-to-cash", "stock")
    assert found.pending("cash", limit=9) == ("order-to-cash",)
    assert found.pending(after="order-to-cash", limit=9) == ("stock",)
