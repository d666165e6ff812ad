"""A pass looks at what changed; a complete one proves that it was enough."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from reconciler.desired import requests
from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.model.outcome import PassOutcome
from reconciler.model.requests import Decision
from reconciler.ports import Store
from reconciler.reconcile import reconcile
from reconciler.steps.complete import narrowed, proved
from reconciler.steps.difference import due_part
from reconciler.steps.due import due_plan
from reconciler.wiring import open_world

NOV20, NOV21, NOV22 = "2026-11-20T12:00", "2026-11-21T12:00", "2026-11-22T12:00"


def full(office: Any, now: str) -> PassOutcome:
    with open_world(office.settings(now), store="create") as world:
        return reconcile(world, complete=True)


def planned(outcome: PassOutcome) -> list[tuple[str, str, int]]:
    assert outcome.plan is not None
    return [(str(c.action), c.name, c.attachments) for c in outcome.plan.changes]


def is_part(office: Any, now: str, **more: Any) -> bool:
    """Whether the changes alone are enough to plan what HEAD says."""
    with open_world(replace(office.settings(now), **more), store="existing") as world:
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
    assert (
        outcome.corrected == "a complete pass comes to another plan: 1 change, of Attachment stock"
    )
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


def refused(office: Any, now: str) -> list[str]:
    """The rules that HEAD breaks, found by everything, where the changes alone are not enough."""
    assert not is_part(office, now)
    outcome = office.apply(now)
    return [found.rule for found in outcome.findings if found.severity == "error"]


def write(office: Any, path: str, text: str) -> None:
    place = office.folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def test_a_manifest_that_lies_in_the_content_of_a_version_is_content(office: Any) -> None:
    write(office, "content/more.yaml", "# nothing yet")
    office.documents["PackagedComponent", "sync@1.0.0"]["spec"]["content"] = "content"
    office.commit()
    office.apply(NOV20)
    write(office, "content/more.yaml", "# nothing again")
    office.commit()
    assert refused(office, NOV21) == ["version-immutable"]


def test_a_manifest_that_is_a_guide_is_missed_when_it_is_gone(office: Any) -> None:
    write(office, "guides/install.yaml", "# how to install")
    office.pack("stock", mode="multiple", documentation={"installation": "guides"})
    office.commit()
    office.apply(NOV20)
    (office.folder / "guides" / "install.yaml").unlink()
    office.commit()
    assert refused(office, NOV21) == ["path-missing"]


def test_a_file_that_nothing_names_may_go(office: Any) -> None:
    write(office, "README", "to read")
    write(office, "guide", "to install")
    office.pack("stock", mode="multiple", documentation={"installation": "guide"})
    office.commit()
    office.apply(NOV20)
    (office.folder / "README").unlink()
    office.commit()
    assert is_part(office, NOV21)


def test_annotations_that_are_called_as_content_is_hide_nothing(office: Any) -> None:
    write(office, "content/process.xml", "<one/>")
    component = office.documents["PackagedComponent", "sync@1.0.0"]
    component["metadata"] = {"annotations": {"content": "any", "contentId": "0"}}
    component["spec"]["content"] = "content"
    office.commit()
    office.apply(NOV20)
    office.attach("initech", "orders")
    office.commit()
    assert is_part(office, NOV21)
    write(office, "content/process.xml", "<other/>")
    office.commit()
    assert refused(office, NOV21) == ["version-immutable"]


def test_a_process_that_only_a_release_names_is_judged_there(office: Any) -> None:
    """The pack has taken it out for its next release; the current one still has it."""
    url = [{"name": "api", "type": "connection", "extensions": {"url": {"type": "string"}}}]
    fetch: dict[str, Any] = {"component": "fetch", "type": "process", "revision": 1}
    office.declare("PublishedProcess", "fetch@1", {**fetch, "contains": url})
    office.declare("PublishedProcess", "send@1", {**fetch, "component": "send"})
    office.pack("old", deployment="legacy", components=["fetch", "send"])
    office.release("old", "1.0.0", components={"fetch": 1, "send": 1})
    office.group("legacy", ["acme"], {"old": "manual"})
    office.attach("acme", "old", extensions={"api": {"url": "https://example.com"}})
    office.commit()
    office.apply(NOV20)
    office.pack("old", deployment="legacy", components=["send"])
    office.commit()
    assert office.apply(NOV20).exit_code == 0
    office.declare("PublishedProcess", "fetch@1", fetch)
    office.commit()
    assert refused(office, NOV21) == ["extension-unknown"]


def test_a_clock_that_went_back_makes_a_pass_look_at_everything(office: Any) -> None:
    """When stock is due is known as it looked at the last pass: its window is over by then."""
    freeze = {"name": "quiet", "from": "2026-11-21", "until": "2026-11-25", "reason": "sales"}
    office.publisher(freezes=[freeze])
    office.release("stock", "1.1.0", on="2026-11-20")
    office.commit()
    office.apply("2026-11-19T12:00")
    office.apply(NOV22)
    office.attach("initech", "orders")
    office.commit()
    assert is_part(office, NOV22)
    assert not is_part(office, "2026-11-19T12:00")


def test_a_store_takes_nothing_from_another_publisher_of_the_repository(office: Any) -> None:
    """What the other folder says beside its new account is not the store's."""
    other = {**office.documents["Publisher", "us"], "metadata": {"name": "other"}}
    write(office, ".other/publisher.yaml", json.dumps(other))
    office.commit()
    office.apply(NOV20)
    office.account("newcomer")
    write(office, ".other/more.yaml", json.dumps(office.documents["ManagedAccount", "newcomer"]))
    office.drop("ManagedAccount", "newcomer")
    office.commit()
    assert is_part(office, NOV21)
    assert not is_part(office, NOV21, repository=str(office.folder / ".other"))


def test_a_pack_does_not_come_to_be_of_a_single_process_because_time_passes(office: Any) -> None:
    """Its first version was no process; the release with the second says what it is."""
    office.publisher(policies={"single-process": "error"})
    office.drop("IntegrationPack", "stock")
    office.drop("Release", "stock@1.0.0")
    office.drop("Attachment", "acme/stock/east")
    office.drop("Attachment", "acme/stock/west")
    office.group("everyone", ["acme", "globex", "hooli"], {"orders": "manual"})
    office.documents["PackagedComponent", "sync@1.0.0"]["spec"]["type"] = "api-service"
    office.commit()
    assert office.apply(NOV20).exit_code == 0
    office.release("orders", "2.0.0", on="2026-11-21")
    office.commit()
    assert refused(office, NOV20) == ["single-process"]


def test_a_second_publisher_like_the_first_is_one_too_many(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    write(office, "more/publisher.yaml", json.dumps(office.documents["Publisher", "us"]))
    office.commit()
    assert refused(office, NOV21) == ["publisher"]


def ask(account: str, store: Store, now: datetime, what: Callable[..., Decision]) -> None:
    key = AttachmentKey(account, "orders", "")
    store.request(account, "orders", lambda base: what(base, key, now, account))


def test_what_an_account_took_away_may_leave_an_instant_at_which_nothing_happens(
    office: Any,
) -> None:
    office.commit()
    office.apply(NOV20)
    with open_world(office.settings(NOV20), store="existing", writes=True) as world:
        store, now = world.store, world.clock.now()
        assert store is not None
        ask("umbrella", store, now, requests.install)
    office.pack("orders", suspended={"reason": "bug", "until": "2026-11-25"})
    office.release("orders", "1.1.0")
    for account in ("acme", "globex", "hooli"):
        office.drop("Attachment", f"{account}/orders")
    office.commit()
    office.apply(NOV20)
    with open_world(office.settings(NOV20), store="existing", writes=True) as world:
        store = world.store
        assert store is not None
        ask("umbrella", store, now, requests.uninstall)
        part, whole = due_part(store, now), store.base()
        assert part is not None
        short, complete = due_plan(part, None, now), due_plan(whole, None, now)
        assert (short.changes, complete.changes) == ((), ())
        assert (short.next_due, complete.next_due) == (datetime(2026, 11, 25, 5, tzinfo=UTC), None)
    office.apply("2026-11-25T05:00")
    with open_world(office.settings(NOV20), store="existing") as world:
        assert world.store is not None
        applied = world.store.applied()
        assert applied is not None
        assert applied.next_due is None


def test_only_a_complete_pass_refuses_a_revision_over_its_limits(office: Any) -> None:
    office.publisher(limits={"maxUninstalls": 0, "maxRollbacks": 0})
    office.commit()
    office.apply(NOV20)
    office.drop("Attachment", "acme/orders")
    office.commit()
    assert not is_part(office, NOV21)
    assert office.apply(NOV21).exit_code == 4


class Between:
    """A store to which an account asks for something just before everything is read."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._now = store, now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def base(self) -> InstallBase:
        ask("umbrella", self._store, self._now, requests.install)
        return self._store.base()


def test_what_an_account_asks_for_while_a_complete_pass_plans_corrects_nothing(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    office.release("orders", "1.1.0")
    office.commit()
    with open_world(office.settings(NOV21), store="existing", writes=True) as world:
        assert world.store is not None
        now = world.clock.now()
        between = cast(Store, Between(world.store, now))
        proposal = proved(world, between, world.source.resolve(), now)
    assert proposal.plan is not None
    assert [c.attachments for c in proposal.plan.changes if c.action == "release"] == [4]
    assert proposal.corrected is None


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
