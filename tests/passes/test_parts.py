"""A pass looks at what changed; a complete one proves that it was enough."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler.model.outcome import PassOutcome
from reconciler.reconcile import reconcile
from reconciler.steps.complete import narrowed
from reconciler.wiring import open_world

NOV20, NOV21, NOV22 = "2026-11-20T12:00", "2026-11-21T12:00", "2026-11-22T12:00"


def full(office: Any, now: str) -> PassOutcome:
    with open_world(office.settings(now), store="create") as world:
        return reconcile(world, complete=True)


def planned(outcome: PassOutcome) -> list[tuple[str, str, int]]:
    assert outcome.plan is not None
    return [(str(c.action), c.name, c.attachments) for c in outcome.plan.changes]


def is_part(office: Any, now: str) -> bool:
    """Whether the changes alone are enough to plan what HEAD says."""
    with open_world(office.settings(now), store="existing") as world:
        assert world.store is not None
        revision = world.source.resolve()
        return narrowed(world, world.store, revision, world.clock.now()) is not None


def events(office: Any) -> list[str]:
    with open_world(office.settings(NOV22), store="existing") as world:
        assert world.store is not None
        return [str(event.draft.kind) for event in world.store.events()]


def test_a_complete_pass_mends_what_was_changed_by_hand_and_says_so(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    office.sql("DELETE FROM attachment WHERE instance = 'east'")
    assert office.apply(NOV21).plan is None
    assert "acme/stock/east" not in office.runs()
    outcome = full(office, NOV21)
    assert planned(outcome) == [("install", "stock", 1)]
    assert office.runs()["acme/stock/east"] == "1.0.0"
    assert events(office).count("corrected") == 1
    told = len(events(office))
    content = office.content()
    assert planned(full(office, NOV21)) == []
    assert (len(events(office)), office.content()) == (told, content)


def test_a_complete_pass_that_finds_what_the_changes_say_tells_nothing_more(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    office.release("orders", "1.1.0")
    office.attach("initech", "orders")
    office.commit()
    outcome = full(office, NOV21)
    assert outcome.moved == 4
    assert "corrected" not in events(office)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


CHANGES: dict[str, tuple[Callable[[Any], object], bool]] = {
    "a release": (lambda o: o.release("orders", "1.1.0"), True),
    "a scheduled release": (lambda o: o.release("orders", "1.1.0", on="2026-12-01"), True),
    "an attachment": (lambda o: o.attach("initech", "orders"), True),
    "an attachment less": (lambda o: o.drop("Attachment", "acme/stock/east"), True),
    "a suspended account": (lambda o: o.account("hooli", status="suspended"), True),
    "an account": (lambda o: o.account("newcomer"), True),
    "a group": (lambda o: o.group("more", ["acme"], {"orders": "automatic"}), True),
    "the publisher": (lambda o: o.publisher(time_zone="Europe/Paris"), False),
    "a retired pack": (lambda o: o.pack("orders", retired={"reason": "sold"}), False),
    "a component less": (lambda o: o.drop("PackagedComponent", "sync@1.0.0"), False),
    "an error": (lambda o: o.release("orders", "0.9.0"), False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_alone_are_enough_unless_they_touch_everything_or_are_wrong(
    office: Any, name: str
) -> None:
    change, enough = CHANGES[name]
    office.commit()
    office.apply(NOV20)
    change(office)
    office.commit()
    assert is_part(office, NOV21) is enough
    office.apply(NOV21)
    assert planned(full(office, NOV21)) == []
    assert "corrected" not in events(office)


def test_an_account_that_comes_into_an_automatic_group_gets_its_packs(office: Any) -> None:
    office.group("automatic", ["acme"], {"orders": "automatic"})
    office.commit()
    office.apply(NOV20)
    office.group("automatic", ["acme", "umbrella"], {"orders": "automatic"})
    office.commit()
    assert is_part(office, NOV21)
    outcome = office.apply(NOV21)
    assert [(c.action, c.members) for c in outcome.plan.changes if c.kind == "Attachment"] == [
        ("install", ("umbrella/orders",))
    ]
    assert office.runs()["umbrella/orders"] == "1.0.0"


def test_a_new_content_of_a_recorded_version_is_found_without_its_manifest(office: Any) -> None:
    folder = office.folder / "content" / "sync"
    folder.mkdir(parents=True)
    (folder / "process.xml").write_text("<one/>", encoding="utf-8")
    office.documents["PackagedComponent", "sync@1.0.0"]["spec"]["content"] = "content/sync"
    office.commit()
    office.apply(NOV20)
    (folder / "process.xml").write_text("<other/>", encoding="utf-8")
    office.commit()
    assert not is_part(office, NOV21)
    assert office.apply(NOV21).exit_code == 3


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """The statements that SQLite runs, by their first word, and the steps that it takes."""
    found: Counter[str] = Counter()
    connect = sqlite3.connect

    def counting(*words: Any, **more: Any) -> Any:
        connection = connect(*words, **more)
        connection.set_trace_callback(lambda text: found.update([text.split()[0].upper()]))
        connection.set_progress_handler(lambda: found.update(["steps"]), 1)
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", counting)
        yield found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_work_of_a_pass_follows_what_changed_and_not_what_exists(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same two passes beside ten, then beside two hundred attachments and their accounts."""
    work: list[list[Counter[str]]] = []
    for first, last in ((0, 10), (10, 200)):
        for number in range(first, last):
            name = f"customer-{number:04}"
            office.account(name)
            office.group(name, [name], {"orders": "manual"})
            office.attach(name, "orders")
        office.commit()
        office.apply(NOV20)
        with counted(monkeypatch) as idle:
            office.apply(NOV20)
        office.documents["Attachment", "acme/stock/east"]["metadata"] = {
            "labels": {"customers": str(last)}
        }
        office.commit()
        with counted(monkeypatch) as change:
            office.apply(NOV20)
        work.append([idle, change])
    few, many = work
    assert few[0] == many[0]
    assert not {"INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE"} & set(many[0])
    for word in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        assert few[1][word] == many[1][word], word
