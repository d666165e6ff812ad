"""Rows appear, change and go, with a history line where something runs something else."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reconciler.errors import StoreError
from reconciler.model.base import Attached, AttachmentOrigin, Settings
from reconciler.model.changes import Member
from reconciler.ports import Store
from reconciler.store import check, membership

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)


def _apply(store: Store, world: Any, *members: Member) -> int:
    with store.session(0) as session:
        return session.membership(members, world.clock.now(), "ann").attachments


def _comes(row: Attached) -> Member:
    return Member(None, row)


def _goes(row: Attached) -> Member:
    return Member(row, None, "it was deleted")


def _turns(row: Attached) -> Member:
    return Member(row, row)


def _lines(store: Store) -> list[Any]:
    return [(x.account, x.action, x.before, x.after) for x in store.history()]


def test_rows_are_installed_with_a_line_for_each_that_runs_something(
    store: Store, world: Any
) -> None:
    world.fill(store, world.pack())
    rows = (world.row("acme", release="1.0.0"), world.row("globex"))
    assert _apply(store, world, *map(_comes, rows)) == 1
    assert store.base().attachments == {row.key: row for row in rows}
    assert _lines(store) == [("acme", "install", None, "1.0.0")]


def test_rows_are_uninstalled_with_a_line_for_each(
    store: Store, store_url: str, world: Any
) -> None:
    rows = (world.row("acme", release="1.0.0"), world.row("globex"))
    world.fill(store, world.pack(), rows=rows)
    assert _apply(store, world, *map(_goes, rows)) == 1
    assert store.base().attachments == {}
    assert _lines(store)[1:] == [
        ("acme", "uninstall", "1.0.0", None),
        ("globex", "uninstall", None, None),
    ]
    assert check(store_url) == []


def test_everything_can_be_repeated(store: Store, world: Any) -> None:
    kept, gone = world.row("acme", release="1.0.0"), world.row("globex", release="1.0.0")
    world.fill(store, world.pack(), rows=(gone,))
    new = replace(kept, hold_until=date(2026, 12, 1), hold_reason="audit")
    assert _apply(store, world, _goes(gone), _comes(kept), _turns(new)) == 2
    before, lines = dict(store.base().attachments.items()), _lines(store)
    world.later(hours=1)
    assert _apply(store, world, _goes(gone), _comes(new), _turns(new)) == 0
    assert store.base().attachments == before
    assert [row.updated_at for row in before.values()] == [
        row.updated_at for row in store.attached()
    ]
    assert _lines(store) == lines


def test_configuring_leaves_alone_what_runs_and_what_the_account_asked_for(
    store: Store, world: Any
) -> None:
    asked = Settings(environments=("test",))
    row = world.row(
        "acme",
        release="1.0.0",
        origin=AttachmentOrigin.ACCOUNT,
        requested=asked,
        adopt_requested="2.0.0",
        adopted_in=1,
    )
    world.fill(store, world.pack(testing_period=1), rows=(row,))
    taken_over = world.row(
        "acme",
        origin=AttachmentOrigin.MANIFEST,
        declared=Settings(extensions={"api": {"url": "x"}}),
        adopt_declared="1.0.0",
    )
    _apply(store, world, _turns(taken_over))
    assert next(store.attached()) == replace(
        row,
        origin=AttachmentOrigin.MANIFEST,
        declared=taken_over.declared,
        adopt_declared="1.0.0",
    )


def test_a_row_that_its_account_took_away_meanwhile_is_not_configured_back(
    store: Store, world: Any
) -> None:
    world.fill(store, world.pack())
    assert _apply(store, world, _turns(world.row("acme", release="1.0.0"))) == 0
    assert store.base().attachments == {}


def test_many_rows_take_several_transactions(store: Store, world: Any) -> None:
    world.fill(store, world.pack())
    rows = tuple(world.row(f"a{n}", release="1.0.0") for n in range(2 * membership.BATCH + 1))
    assert _apply(store, world, *map(_comes, rows)) == len(rows)
    assert store.counts() == {"orders": {"1.0.0": len(rows)}}
    assert _apply(store, world, *map(_goes, rows)) == len(rows)
    assert store.counts() == {}


@pytest.mark.parametrize(
    ("pack", "release", "words"),
    [("orders", "7.0.0", "can't get orders 7.0.0"), ("nowhere", None, "can't get nowhere,")],
)
def test_what_was_never_accepted_can_not_be_installed(
    store: Store, world: Any, pack: str, release: str | None, words: str
) -> None:
    world.fill(store, world.pack())
    with pytest.raises(StoreError, match=words):
        _apply(store, world, _comes(world.row("acme", pack, release=release)))
    assert store.base().attachments == {}


@pytest.mark.parametrize(("multiple", "instance"), [(True, ""), (False, "second")])
def test_the_database_itself_holds_who_has_instances(
    store: Store, world: Any, multiple: bool, instance: str
) -> None:
    world.fill(store, world.pack(multiple=multiple))
    with pytest.raises(StoreError, match="breaks one of its rules"):
        _apply(store, world, _comes(world.row("acme", instance=instance)))
    assert store.base().attachments == {}
