"""The version that is proposed for a release follows from what changed, and says why."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.desired.contrast import contrast
from reconciler.desired.proposal import VersionProposal, proposed_version

OPTIONAL = {"type": "string"}
NEEDED = {"type": "string", "required": True}


def proposal(shop: Any, before: Any, after: Any, highest: str = "1.4.2") -> VersionProposal:
    """`before` and `after`: what sync 3 and sync 3.0.1 let accounts fill in."""
    for version, extensions in (("3.0.0", before), ("3.0.1", after)):
        contained = {"name": "api", "type": "connection", "extensions": extensions}
        shop.package(version, contains=[contained])
        shop.release("orders", version, components={"sync": version})
    return between(shop, "3.0.0", "3.0.1", highest)


def between(shop: Any, before: str, after: str, highest: str = "1.4.2") -> VersionProposal:
    tree = shop.tree()
    releases = tree.releases["orders"]
    found = contrast(tree, replace(releases[before], version=highest), releases[after])
    return proposed_version(found, highest, counted=False)


@pytest.mark.parametrize(
    ("before", "after", "version", "reason"),
    [
        ({}, {"region": NEEDED}, "2.0.0", "major after 1.4.2: api.region needs a value"),
        ({"region": OPTIONAL}, {"region": NEEDED}, "2.0.0", "api.region needs a value"),
        ({"region": OPTIONAL}, {}, "2.0.0", "major after 1.4.2: api.region is gone"),
        ({"a": OPTIONAL}, {"a": {"type": "number"}}, "2.0.0", "api.a is a number now"),
        ({}, {"region": OPTIONAL}, "1.5.0", "minor after 1.4.2: api.region can be filled in"),
        ({}, {}, "1.4.3", "patch after 1.4.2: sync goes from 3.0.0 to 3.0.1"),
    ],
)
def test_what_accounts_have_to_do_decides(
    shop: Any, before: Any, after: Any, version: str, reason: str
) -> None:
    found = proposal(shop, before, after)
    assert found.version == version
    assert found.reason.endswith(reason)


@pytest.mark.parametrize(
    ("before", "after", "version"),
    [
        ("3.0.0", "3.1.0", "1.5.0"),
        ("3.0.0", "4.0.0", "1.5.0"),
        ("3.0.0", "3.0.9", "1.4.3"),
        ("2.1", "2.2", "1.5.0"),
        ("2.1 a", "2.1 b", "1.4.3"),
        ("7", "8", "1.5.0"),
        ("3.1.0", "3.0.0", "1.4.3"),
    ],
)
def test_a_component_that_rises_by_more_than_a_patch_is_minor(
    shop: Any, before: str, after: str, version: str
) -> None:
    for number, packaged in (("5.0.0", before), ("6.0.0", after)):
        shop.package(packaged)
        shop.release("orders", number, components={"sync": packaged})
    assert between(shop, "5.0.0", "6.0.0").version == version


def test_components_that_come_are_minor_and_those_that_go_are_major(shop: Any) -> None:
    shop.release("orders", "5.0.0", components={"sync": "1.0.0"})
    shop.release("orders", "6.0.0", components={"sync": "1.0.0", "extra": "1"})
    found = between(shop, "5.0.0", "6.0.0")
    assert (found.version, found.reason) == ("1.5.0", "minor after 1.4.2: extra is added")
    found = between(shop, "6.0.0", "5.0.0")
    assert (found.version, found.reason) == ("2.0.0", "major after 1.4.2: extra is removed")


def test_before_1_0_0_nothing_makes_it_1_0_0_by_itself(shop: Any) -> None:
    found = proposal(shop, {"region": OPTIONAL}, {}, highest="0.3.1")
    assert (found.version, found.reason) == ("0.4.0", "minor after 0.3.1: api.region is gone")


def test_a_prerelease_is_followed_by_its_release(shop: Any) -> None:
    assert proposal(shop, {}, {}, highest="2.0.0-rc.1").version == "2.0.0"


def test_a_first_release_is_1_0_0(shop: Any) -> None:
    tree = shop.tree()
    found = contrast(tree, None, tree.releases["orders"]["1.0.0"])
    proposed = proposed_version(found, None, counted=False)
    assert (proposed.version, proposed.reason) == ("1.0.0", "it is the first release")


def test_a_revision_that_counts_up_says_no_more_than_patch(shop: Any) -> None:
    shop.release("orders", "5.0.0", components={"sync": "7"})
    shop.release("orders", "6.0.0", components={"sync": "8"})
    releases = shop.tree().releases["orders"]
    found = contrast(shop.tree(), releases["5.0.0"], releases["6.0.0"])
    assert proposed_version(found, "5.0.0", counted=True).version == "5.0.1"
