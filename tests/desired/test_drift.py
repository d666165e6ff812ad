"""What an attachment should run, what was said of it, and the difference."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.desired.bundle import bundle
from reconciler.desired.drift import drift, looked_at, weighed
from reconciler.model.base import Attached, AttachmentKey, AttachmentOrigin, Settings
from reconciler.model.declarations import (
    ComponentType,
    ContainedComponent,
    ExtensionSetting,
    Kind,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.delivery import (
    Agent,
    Bundle,
    DriftReason,
    Report,
    Said,
    Served,
    Target,
)

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = AttachmentKey("acme", "orders")
AGENT = Agent(name="runtime", sequence=1, first_seen_at=START, last_seen_at=START)
SETTINGS = {
    "region": ExtensionSetting(type="string", default="eu"),
    "retries": ExtensionSetting(type="number"),
    "key": ExtensionSetting(type="secret", required=True),
}


def _served(**fields: Any) -> Served:
    row: dict[str, Any] = {"release": "1.0.0", "updated_at": START}
    row |= {name: fields.pop(name) for name in ("release", "requested") if name in fields}
    spec = PackagedComponent(
        component="sync",
        type=ComponentType.PROCESS,
        version="1",
        shareable=True,
        content="content/sync",
        content_id="a" * 40,
        contains=(ContainedComponent(name="warehouse", type="connection", extensions=SETTINGS),),
    )
    given: dict[str, Any] = {
        "account": "acme",
        "agent": AGENT,
        "rows": (Attached(key=KEY, origin=AttachmentOrigin.AUTOMATIC, **row),),
        "releases": {
            ("orders", "1.0.0"): Release(pack="orders", version="1.0.0", components={"sync": "1"})
        },
        "specs": {(Kind.PACKAGED_COMPONENT, "sync@1"): spec},
        **fields,
    }
    return Served(**given)


def _bundle(**fields: Any) -> Bundle:
    return bundle(_served(**fields))


@pytest.fixture
def target() -> Target:
    return _bundle().targets[0]


def _right(target: Target, at: datetime = START) -> Report:
    return Report(
        key=target.key,
        version=target.release,
        digest=target.digest,
        verified=True,
        reported_at=at,
    )


def test_settings_in_force_are_values_or_defaults_of_what_the_release_has() -> None:
    given: dict[str, Any] = {
        "warehouse": {"key": {"secretRef": "vault/key"}, "later": 1},
        "other": {"x": 1},
    }
    (target,) = _bundle(requested=Settings(extensions=given)).targets
    assert target.extensions == {"warehouse": {"key": {"secretRef": "vault/key"}, "region": "eu"}}


def test_every_setting_and_environment_is_in_the_digest() -> None:
    digests = {
        _bundle(requested=Settings(**fields)).digest
        for fields in (
            {},
            {"environments": ("test",)},
            {"extensions": {"warehouse": {"region": "us"}}},
            {"extensions": {"warehouse": {"retries": 3}}},
            {"extensions": {"warehouse": {"retries": "3"}}},
        )
    }
    assert len(digests) == 5
    waits: dict[str, Any] = {"extensions": {"warehouse": {"later": "x"}}}
    assert _bundle(requested=Settings(**waits)).digest in digests


def test_what_runs_nothing_yet_is_in_no_bundle() -> None:
    assert _bundle(release=None).targets == ()


def test_a_legacy_pack_names_published_processes_which_have_no_content() -> None:
    process = PublishedProcess(component="sync", type=ComponentType.PROCESS, revision=1)
    found = _bundle(
        specs={(Kind.PUBLISHED_PROCESS, "sync@1"): process}, legacy=frozenset({"orders"})
    )
    (component,) = found.targets[0].components
    assert (component.type, component.content, component.file) == ("process", None, None)


def test_a_component_that_is_not_declared_any_more_is_named_all_the_same() -> None:
    (component,) = _bundle(specs={}).targets[0].components
    assert (component.component, component.type, component.content) == ("sync", None, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"failure": "disk full"}, DriftReason.FAILED),
        ({"version": "0.9.0"}, DriftReason.OTHER_RELEASE),
        ({"version": None, "digest": None}, DriftReason.OTHER_RELEASE),
        ({"digest": "0" * 64}, DriftReason.OTHER_CONTENT),
        ({"digest": None}, DriftReason.OTHER_CONTENT),
        ({"reported_at": None}, DriftReason.NOT_REPORTED),
    ],
)
def test_each_difference_has_its_reason(
    target: Target, change: dict[str, Any], reason: DriftReason | None
) -> None:
    seen = drift(target.aim, replace(_right(target), **change), AGENT, START, HOUR)
    assert (seen and seen.reason) == reason


def test_a_difference_is_overdue_when_it_has_lasted_as_long_as_it_may(target: Target) -> None:
    for later, overdue in ((HOUR - timedelta(microseconds=1), False), (HOUR, True)):
        seen = drift(target.aim, None, AGENT, START + later, HOUR)
        assert seen is not None
        assert (seen.since, seen.overdue_at, seen.overdue) == (START, START + HOUR, overdue)


def test_a_runtime_has_the_whole_time_from_when_it_first_asked(target: Target) -> None:
    new = replace(AGENT, first_seen_at=START + HOUR)
    seen = drift(target.aim, None, new, START + HOUR, HOUR)
    assert seen is not None
    assert seen.since == START + HOUR


def test_a_runtime_that_leaves_what_it_ran_differs_from_then_on(target: Target) -> None:
    now = START + 5 * HOUR
    made = weighed(
        [Said(pack="orders", instance="", version="0.9.0", digest=None)],
        _bundle(),
        {KEY: _right(target)},
        AGENT,
        now,
    )
    (report,) = made.changed
    assert (report.behind_since, report.installed) == (now, None)


def test_a_failure_keeps_what_was_verified_before(target: Target) -> None:
    before = replace(_right(target), version="0.9.0", digest="b" * 64)
    said = Said(pack="orders", instance="", version="0.9.0", digest="b" * 64, failure="no room")
    (report,) = weighed([said], _bundle(), {KEY: before}, AGENT, START).changed
    assert (report.installed, report.failure) == ("0.9.0", "no room")


def test_the_same_again_is_no_change(target: Target) -> None:
    said = Said(pack="orders", instance="", version="1.0.0", digest=target.digest)
    reports = {KEY: _right(target)}
    made = weighed([said], _bundle(), reports, AGENT, START + HOUR)
    assert (made.changed, made.gone, made.ended) == ((), (), ())
    looked = looked_at({KEY: target.aim}, reports, AGENT, START + HOUR)
    assert (looked.changed, looked.gone, looked.ended) == ((), (), ())


def test_what_is_gone_on_both_sides_is_forgotten(target: Target) -> None:
    never = Report(key=KEY, behind_since=START, told=True)
    looked = looked_at({}, {KEY: never}, AGENT, START)
    assert looked.gone == (KEY,)
    assert [report.key for report in looked.ended] == [KEY]
    assert looked_at({}, {KEY: _right(target)}, AGENT, START).changed[0].behind_since == START
