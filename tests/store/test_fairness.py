"""Many packs due at once: each gets its turn, and small ones share a transaction."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.ports import Store
from reconciler.store.leading import Leader


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many transactions moved rows."""
    counted = Counter[str]()
    begin: Callable[[Leader], Any] = Leader.transaction

    def transaction(self: Leader) -> Any:
        counted["begun"] += 1
        return begin(self)

    monkeypatch.setattr(Leader, "transaction", transaction)
    return counted


def to_upgrade(store: Store, world: Any, sizes: dict[str, int]) -> None:
    rows = (world.row(f"a{n}", pack, release="1.0.0") for pack in sizes for n in range(sizes[pack]))
    world.fill(store, *map(world.pack, sizes), rows=tuple(rows))
    world.serve(store, *(world.pack(pack, "2.0.0", effective=("1.0.0",)) for pack in sizes))


def test_ten_packs_are_served_in_turn_so_that_small_ones_do_not_wait_for_a_large_one(
    store: Store, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", 20)
    sizes = {"large": 1000, **{f"small-{n}": 60 for n in range(9)}}
    to_upgrade(store, world, sizes)
    told: list[tuple[str, int]] = []
    with store.session(0) as session:
        moved = world.roll_out_all(
            session, *sizes, progress=lambda pack, rows: told.append((pack, rows))
        )
    assert moved.attachments == sum(sizes.values())
    for turn in range(3):
        assert {pack for pack, _ in told[10 * turn : 10 * turn + 10]} == set(sizes)
    assert set(told[30:]) == {("large", 20)}
    assert {rows for _, rows in told} == {20}


def test_a_thousand_small_packs_take_few_transactions_of_bounded_size(
    store: Store, world: Any, transactions: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", 500)
    sizes = {f"pack-{n}": 2 for n in range(1000)}
    to_upgrade(store, world, sizes)
    with store.session(0) as session:
        assert world.roll_out_all(session, *sizes).attachments == 2000
        session.settle(None, world.clock.now())
    assert transactions["begun"] <= 7
    assert all(runs == {"2.0.0": 2} for runs in store.counts().values())
