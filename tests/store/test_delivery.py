"""What accounts' runtimes should run and what they report, as both databases keep it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.bundle import bundle
from reconciler.desired.drift import drift
from reconciler.errors import RequestRefused, StaleReport
from reconciler.model.base import AttachmentKey
from reconciler.model.changes import Effects
from reconciler.model.declarations import Kind
from reconciler.model.delivery import Bundle, DriftReason, Said
from reconciler.model.events import EventKind
from reconciler.ports import Store
from reconciler.ports.delivery import Deliveries
from reconciler.store import backup, check, deliveries_of, failing_deliveries, open_store

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "parts"], indirect=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def filled(store: Store, world: Any) -> Store:
    """Two accounts run two packs; the component of both has content."""
    rows = tuple(
        world.row(account, pack, release="1.0.0")
        for account in ("acme", "globex")
        for pack in ("orders", "returns")
    )
    packs = (world.pack(effective=("2.0.0",), current="1.0.0"), world.pack("returns"))
    world.fill(store, packs[0], packs[1], rows=rows)
    components = tuple(
        world.declared(
            Kind.PACKAGED_COMPONENT,
            {},
            component="sync",
            type="process",
            version=version,
            shareable=True,
            content="content/sync",
            contentId=version[0] * 40,
        )
        for version in ("1.0.0", "2.0.0")
    )
    effects = Effects(renames={}, put=components)
    with store.session(0) as session:
        session.accept(world.acceptance(effects, world.event(), revision="c" * 40))
        session.settle(None, world.clock.now())
    return store


@pytest.fixture
def kept(filled: Store) -> Deliveries:
    return deliveries_of(filled)


def _bundle(kept: Deliveries, account: str = "acme") -> Bundle:
    found = kept.served(account)
    assert found is not None
    return bundle(found)


def _all_right(found: Bundle) -> list[Said]:
    return [
        Said(
            pack=target.key.pack,
            instance=target.key.instance,
            version=target.release,
            digest=target.digest,
        )
        for target in found.targets
    ]


def _kinds(store: Store) -> list[str]:
    delivered = (k for k in EventKind if k.value.startswith(("delivery", "agent")))
    wanted = set(delivered)
    return [event.draft.kind.value for event in store.events() if event.draft.kind in wanted]


def _move(store: Store, world: Any, version: str = "2.0.0") -> None:
    """A pass brings everybody's orders to `version`."""
    current = world.pack(current=version, effective=("1.0.0", "2.0.0"))
    world.serve(store, current, revision="d" * 40)
    with store.session(0) as session:
        world.roll_out(session)
        session.settle(None, world.clock.now())


def test_a_bundle_names_what_each_attachment_should_run_and_its_content(kept: Deliveries) -> None:
    found = _bundle(kept)
    assert [(t.key.pack, t.release) for t in found.targets] == [
        ("orders", "1.0.0"), ("returns", "1.0.0"),
    ]  # fmt: skip
    (component,) = found.targets[0].components
    assert (component.component, component.type, component.content) == (
        "sync", "process", "1" * 40,
    )  # fmt: skip
    assert found.contents == {"1" * 40}
    assert found.digest != _bundle(kept, "globex").digest
    assert kept.served("nobody") is None


def test_a_bundle_changes_when_what_should_run_does_and_only_then(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    before = _bundle(kept)
    world.later(hours=1)
    assert _bundle(kept).digest == before.digest
    _move(filled, world)
    after = _bundle(kept)
    assert after.digest != before.digest
    assert after.targets[1] == before.targets[1]
    assert after.contents == {"1" * 40, "2" * 40}


def test_who_only_looks_makes_no_agent_and_writes_nothing(
    kept: Deliveries, content: Callable[[], object]
) -> None:
    before = content()
    kept.served("acme")
    assert kept.tell_overdue(kept_now := _far(), HOUR) == 0
    assert kept_now
    assert content() == before
    assert kept.agents() == {}


def _far() -> Any:
    from datetime import UTC, datetime

    return datetime(2030, 1, 1, tzinfo=UTC)


def test_an_account_has_an_agent_from_the_first_time_that_one_names_itself(
    kept: Deliveries, filled: Store, world: Any, content: Callable[[], object]
) -> None:
    now = world.clock.now()
    found = kept.asked("acme", "runtime-1", now)
    assert found is not None
    assert found.agent is not None
    assert (found.agent.name, found.agent.first_seen_at) == ("runtime-1", now)
    assert set(kept.agents()) == {"acme"}
    assert _kinds(filled) == ["agent-seen"]
    before = content()
    world.later(minutes=4)
    kept.asked("acme", "runtime-1", world.clock.now())
    assert content() == before, "asking again soon is no write"
    world.later(minutes=1)
    kept.asked("acme", "runtime-1", world.clock.now())
    assert kept.agents()["acme"].last_seen_at == world.clock.now()
    assert _kinds(filled) == ["agent-seen"]
    assert kept.asked("nobody", "runtime-1", now) is None


def test_a_second_agent_of_an_account_is_refused_until_the_first_is_retired(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    now = world.clock.now()
    kept.asked("acme", "runtime-1", now)
    with pytest.raises(RequestRefused, match="another agent, runtime-1"):
        kept.asked("acme", "runtime-2", now)
    with pytest.raises(RequestRefused, match="another agent"):
        kept.report("acme", "runtime-2", 1, [], now)
    with pytest.raises(RequestRefused, match="has no agent"):
        kept.report("globex", "runtime-1", 1, [], now)
    retired = kept.retire("acme", "ann", now)
    assert retired is not None
    assert retired.name == "runtime-1"
    assert kept.retire("acme", "ann", now) is None
    assert list(kept.reports(["acme"])) == []
    kept.asked("acme", "runtime-2", now)
    assert kept.agents()["acme"].name == "runtime-2"
    assert _kinds(filled) == ["agent-seen", "agent-retired", "agent-seen"]


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb", "\x1b[2J"])
def test_a_name_that_could_hurt_is_refused(kept: Deliveries, world: Any, name: str) -> None:
    with pytest.raises(RequestRefused, match="printable"):
        kept.asked("acme", name, world.clock.now())


def test_installed_is_what_was_reported_and_verified(kept: Deliveries, world: Any) -> None:
    now = world.clock.now()
    kept.asked("acme", "runtime", now)
    said = _all_right(_bundle(kept))
    said[1] = replace(said[1], digest="0" * 64)
    found = kept.report("acme", "runtime", 1, said, now)
    assert found is not None
    assert found.agent is not None
    right, wrong = (found.reports[AttachmentKey("acme", p)] for p in ("orders", "returns"))
    assert (right.installed, right.behind_since) == ("1.0.0", None)
    assert (wrong.installed, wrong.version) == (None, "1.0.0")
    seen = drift(bundle(found).targets[1].aim, wrong, found.agent, now, HOUR)
    assert seen is not None
    assert seen.reason is DriftReason.OTHER_CONTENT
    assert kept.behind() == {"returns": (1, 0)}


def test_a_report_said_again_changes_nothing_and_an_older_one_is_refused(
    kept: Deliveries, world: Any, content: Callable[[], object]
) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    said = _all_right(_bundle(kept))
    kept.report("acme", "runtime", 5, said, world.clock.now())
    before = content()
    world.later(minutes=1)
    found = kept.report("acme", "runtime", 5, [], world.clock.now())
    assert found is not None
    assert len(found.reports) == 2
    with pytest.raises(StaleReport, match="older than 5") as caught:
        kept.report("acme", "runtime", 4, [], world.clock.now())
    assert caught.value.hint == "go on with 6"
    assert content() == before
    kept.report("acme", "runtime", 6, said[:1], world.clock.now())
    found = kept.served("acme")
    assert found is not None
    assert found.reports[AttachmentKey("acme", "returns")].version is None


def test_what_still_runs_after_it_was_uninstalled_is_drift_until_it_is_gone(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    from reconciler.model.changes import Member

    kept.asked("acme", "runtime", world.clock.now())
    said = _all_right(_bundle(kept))
    kept.report("acme", "runtime", 1, said, world.clock.now())
    row = next(r for r in filled.attached(account="acme") if r.key.pack == "returns")
    with filled.session(0) as session:
        session.membership([Member(row, None)], world.clock.now(), "ann")
    world.later(minutes=1)
    found = kept.asked("acme", "runtime", world.clock.now())
    assert found is not None
    assert found.agent is not None
    left = found.reports[AttachmentKey("acme", "returns")]
    assert left.behind_since == world.clock.now()
    seen = drift(None, left, found.agent, world.clock.now(), HOUR)
    assert seen is not None
    assert seen.reason is DriftReason.NOT_REMOVED
    found = kept.report("acme", "runtime", 2, said[:1], world.clock.now())
    assert found is not None
    assert set(found.reports) == {AttachmentKey("acme", "orders")}


def test_packs_that_the_account_never_had_are_not_kept(kept: Deliveries, world: Any) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    said = [Said(pack=name, instance="x", version="9", digest=None) for name in ("orders", "no")]
    found = kept.report("acme", "runtime", 1, said, world.clock.now())
    assert found is not None
    assert {key.instance for key in found.reports} == {""}


def test_an_overdue_difference_is_told_once_and_its_end_too(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    kept.report("acme", "runtime", 1, _all_right(_bundle(kept)), world.clock.now())
    world.later(minutes=10)
    _move(filled, world)
    began = world.clock.now()
    world.later(minutes=30)
    kept.asked("acme", "runtime", world.clock.now())
    said = [replace(one, failure="disk full") for one in _all_right(_bundle(kept))[:1]]
    said += _all_right(_bundle(kept))[1:]
    kept.report("acme", "runtime", 2, said, world.clock.now())
    assert failing_deliveries(filled) == 1, "a failure need not be overdue"
    assert kept.tell_overdue(world.clock.now(), HOUR) == 0
    world.later(minutes=30)
    kept.asked("acme", "runtime", world.clock.now())
    assert kept.tell_overdue(world.clock.now(), HOUR) == 1
    assert kept.tell_overdue(world.clock.now(), HOUR) == 0
    told = next(e.draft for e in filled.events(limit=1))
    assert (told.kind, told.account, told.pack) == (EventKind.DELIVERY_OVERDUE, "acme", "orders")
    assert told.details["since"] == began.isoformat()
    assert "disk full" in told.message
    kept.report("acme", "runtime", 3, _all_right(_bundle(kept)), world.clock.now())
    assert failing_deliveries(filled) == 0
    assert _kinds(filled) == ["agent-seen", "delivery-overdue", "delivery-installed"]


def test_a_difference_that_begins_again_is_told_again(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    right = _all_right(_bundle(kept))
    for sequence in (1, 3):
        kept.report("acme", "runtime", sequence, right[:1], world.clock.now())
        world.later(hours=1)
        kept.asked("acme", "runtime", world.clock.now())
        assert kept.tell_overdue(world.clock.now(), HOUR) == 1
        kept.report("acme", "runtime", sequence + 1, right, world.clock.now())
    assert _kinds(filled)[1:] == ["delivery-overdue", "delivery-installed"] * 2


def test_an_agent_that_is_silent_is_told_of_when_there_is_something_to_run(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    kept.report("acme", "runtime", 1, _all_right(_bundle(kept)), world.clock.now())
    world.later(hours=2)
    assert kept.tell_overdue(world.clock.now(), HOUR) == 0, "it runs what it should"
    _move(filled, world)
    world.later(minutes=59)
    assert kept.tell_overdue(world.clock.now(), HOUR) == 0
    world.later(minutes=1)
    assert kept.tell_overdue(world.clock.now(), HOUR) == 1
    assert kept.behind() == {"orders": (1, 1)}
    kept.asked("acme", "runtime", world.clock.now())
    assert kept.tell_overdue(world.clock.now(), HOUR) == 0
    kept.report("acme", "runtime", 2, _all_right(_bundle(kept)), world.clock.now())
    assert kept.behind() == {}


def test_a_target_that_goes_back_ends_a_difference_when_the_agent_asks(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    kept.report("acme", "runtime", 1, _all_right(_bundle(kept)), world.clock.now())
    _move(filled, world)
    kept.asked("acme", "runtime", world.clock.now())
    assert kept.behind() == {"orders": (1, 0)}
    _move(filled, world, "1.0.0")
    kept.asked("acme", "runtime", world.clock.now())
    assert kept.behind() == {}


def test_stamps_and_the_mark_move_when_an_account_has_something_new(
    kept: Deliveries, filled: Store, world: Any
) -> None:
    mark, before = kept.mark(), kept.stamps(["acme", "globex", "nobody"])
    assert set(before) == {"acme", "globex"}
    assert (kept.mark(), kept.stamps(["acme"])) == (mark, {"acme": before["acme"]})
    world.later(minutes=1)
    _move(filled, world)
    assert kept.mark() != mark
    assert kept.stamps(["acme"])["acme"] != before["acme"]


def test_agents_and_reports_are_in_a_copy(
    kept: Deliveries, store_url: str, tmp_path: Path, world: Any
) -> None:
    kept.asked("acme", "runtime", world.clock.now())
    kept.report("acme", "runtime", 3, _all_right(_bundle(kept)), world.clock.now())
    backup(store_url, str(tmp_path / "copy.db"))
    assert check(store_url) == []
    copied = open_store(f"sqlite:///{tmp_path}/copy.db", mode="read", clock=world.clock)
    copy = deliveries_of(copied)
    assert copy.agents() == kept.agents()
    assert list(copy.reports(["acme"])) == list(kept.reports(["acme"]))
