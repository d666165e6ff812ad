"""Rows that the database refuses: set aside, told of once, tried again; all others are moved."""

from typing import Any

import pytest

from reconciler.errors import RowsSetAside
from reconciler.model.events import EventKind
from reconciler.ports import Store
from reconciler.store import check
from reconciler.store.set_aside import MOST


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.session.SqlSession.batch", 50)


def poison(database: str, sql: Any, condition: str, words: str = "out of order") -> None:
    """Rows that can't be moved; `condition` is about the new row."""
    if database == "sqlite":
        sql(
            "DROP TRIGGER IF EXISTS poison",
            f"CREATE TRIGGER poison BEFORE UPDATE ON attachment WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END",
        )
        return
    sql(
        "DROP TRIGGER IF EXISTS poison ON attachment",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE '{words}'; END $$",
        "CREATE TRIGGER poison BEFORE UPDATE ON attachment FOR EACH ROW"
        f" WHEN ({condition}) EXECUTE FUNCTION refuse()",
    )


def cure(database: str, sql: Any) -> None:
    sql("DROP TRIGGER poison" + ("" if database == "sqlite" else " ON attachment"))


def set_aside_events(store: Store) -> list[Any]:
    return [event.draft for event in store.events() if event.draft.kind is EventKind.SET_ASIDE]


def to_upgrade(store: Store, world: Any, count: int) -> None:
    rows = tuple(world.row(f"a{n:03}", release="1.0.0") for n in range(count))
    world.fill(store, world.pack(), rows=rows)
    world.serve(store, world.pack(current="2.0.0", effective=("1.0.0",)))


def test_an_account_that_fails_is_set_aside_told_once_and_moved_when_it_is_mended(
    database: str, store: Store, store_url: str, world: Any, sql: Any
) -> None:
    to_upgrade(store, world, 200)
    ((name, number),) = sql("SELECT name, id FROM account ORDER BY id LIMIT 1 OFFSET 77")
    poison(database, sql, f"NEW.account_id = {number}")
    for _ in range(3):
        with store.session(0) as session, pytest.raises(RowsSetAside) as caught:
            world.roll_out(session)
        assert "1 account was set aside" in caught.value.message
        assert f"{name}: out of order" in caught.value.message
        assert caught.value.exit_code == 1
    assert store.counts() == {"orders": {"1.0.0": 1, "2.0.0": 199}}
    applied = store.applied()
    assert applied is not None
    assert not applied.settled
    assert sql("SELECT tries, error FROM set_aside") == [(5, "out of order")]
    (told,) = set_aside_events(store)
    assert (told.pack, told.actor, told.revision) == ("orders", "ann", "b" * 40)
    assert told.details == {"accounts": 1, "members": [name], "errors": ["out of order"]}
    assert any("is set aside: out of order" in sentence for sentence in check(store_url))

    poison(database, sql, f"NEW.account_id = {number}", "out of stock")
    with store.session(0) as session, pytest.raises(RowsSetAside):
        world.roll_out(session)
    assert [event.details["errors"] for event in set_aside_events(store)] == [
        ["out of order"], ["out of stock"],
    ]  # fmt: skip

    cure(database, sql)
    with store.session(0) as session:
        assert world.roll_out(session).attachments == 1
        session.settle(None, world.clock.now())
    assert store.counts() == {"orders": {"2.0.0": 200}}
    upgraded = [line.account for line in store.history() if line.action == "upgrade"]
    assert len(upgraded) == len(set(upgraded)) == 200
    assert sql("SELECT * FROM set_aside") == []
    assert check(store_url) == []


def test_an_event_names_ten_of_many_and_each_pack_has_its_own(
    database: str, store: Store, world: Any, sql: Any
) -> None:
    packs = ("orders", "returns")
    rows = tuple(world.row(f"a{n:03}", p, release="1.0.0") for n in range(60) for p in packs)
    world.fill(store, *map(world.pack, packs), rows=rows)
    world.serve(store, *(world.pack(pack, "2.0.0", effective=("1.0.0",)) for pack in packs))
    poison(database, sql, "NEW.account_id % 4 = 0")
    with store.session(0) as session, pytest.raises(RowsSetAside, match="30 accounts"):
        world.roll_out_all(session, *packs)
    told = {event.pack: event for event in set_aside_events(store)}
    assert set(told) == set(packs)
    assert all(event.details["accounts"] == 15 for event in told.values())
    assert all(len(event.details["members"]) == 10 for event in told.values())
    assert store.counts() == {pack: {"1.0.0": 15, "2.0.0": 45} for pack in packs}


def test_a_pack_of_which_everything_fails_is_given_up_and_others_go_on(
    database: str, store: Store, world: Any, sql: Any
) -> None:
    rows = [world.row(f"a{n:03}", release="1.0.0") for n in range(MOST + 60)]
    rows += [world.row(f"a{n:03}", "returns", release="1.0.0") for n in range(60)]
    packs = ("orders", "returns")
    world.fill(store, *map(world.pack, packs), rows=tuple(rows))
    world.serve(store, *(world.pack(pack, "2.0.0", effective=("1.0.0",)) for pack in packs))
    poison(database, sql, "NEW.pack_id = (SELECT id FROM pack WHERE name = 'orders')"
           if database == "sqlite" else "NEW.pack_id = 1")  # fmt: skip
    for _ in range(2):
        with store.session(0) as session, pytest.raises(RowsSetAside, match=f"{MOST} acc") as it:
            world.roll_out_all(session, *packs)
        assert it.value.message.endswith("; the rest of orders was left")
    assert store.counts()["returns"] == {"2.0.0": 60}
    assert sql("SELECT count(*) FROM set_aside") == [(MOST,)]
