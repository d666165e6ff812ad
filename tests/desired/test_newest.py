"""Which versions of a component are the newest, and which one is proposed next."""

import pytest

from reconciler.desired.newest import NewerVersion, newer_versions, newest_version, unused_version
from reconciler.model.declarations import Deployment, Kind
from reconciler.model.decode import declaration
from reconciler.model.tree import Tree


def _tree(*versions: str, shareable: bool = True) -> Tree:
    packaged = [
        declaration(
            Kind.PACKAGED_COMPONENT,
            {},
            {"component": "sync", "type": "process", "version": version, "shareable": shareable},
        )
        for version in versions
    ]
    spec = {"attachment": "single", "components": ["sync", "other"]}
    release = {
        "pack": "orders",
        "version": "1.0.0",
        "components": {"sync": "1.9"},
        "schedule": "immediate",
    }
    return Tree(
        [
            *packaged,
            declaration(Kind.INTEGRATION_PACK, {"name": "orders"}, spec),
            declaration(Kind.RELEASE, {}, release),
        ]
    )


def test_digit_runs_compare_as_numbers() -> None:
    assert newest_version(_tree("1.9", "1.10"), "sync", Deployment.PACKAGED) == "1.10"


def test_nothing_is_newest_when_nothing_is_shareable() -> None:
    assert newest_version(_tree("1.9", shareable=False), "sync", Deployment.PACKAGED) is None


def test_a_pack_lacks_what_is_newer_than_its_newest_release() -> None:
    assert newer_versions(_tree("1.9", "1.10"), "orders") == (
        NewerVersion(component="sync", released="1.9", newest="1.10"),
    )


def test_a_pack_that_is_not_declared_lacks_nothing() -> None:
    assert newer_versions(_tree("1.9"), "sales") == ()


@pytest.mark.parametrize(
    ("versions", "proposal"),
    [
        (("2.1",), "2.2"),
        (("2.9",), "2.10"),
        (("2026-b",), "2027-b"),
        (("first",), "first.1"),
        (("1.0", "1.1"), "1.2"),
        (("1.0.0-rc.1",), "1.0.0-rc.2"),
        ((), "1"),
    ],
)
def test_the_version_proposed_next_is_not_taken(versions: tuple[str, ...], proposal: str) -> None:
    assert unused_version(_tree(*versions), "sync") == proposal
