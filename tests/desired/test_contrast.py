"""What differs between two releases: versions, contents, and what accounts have to fill in."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.desired.contrast import contrast
from reconciler.model.contrast import Contrast, SettingChange


def between(shop: Any, before: str | None, after: str, pack: str = "orders") -> Contrast:
    tree = shop.tree()
    releases = tree.releases[pack]
    return contrast(tree, releases[before] if before else None, releases[after])


def package(shop: Any, component: str, version: str, **contained: Mapping[str, Any]) -> None:
    """A version that contains connections, each with its extensions."""
    contains = [
        {"name": name, "type": "connection", "extensions": extensions}
        for name, extensions in contained.items()
    ]
    spec = {"component": component, "version": version, "type": "process", "shareable": True}
    shop.declare("PackagedComponent", {**spec, "contains": contains})


def release(shop: Any, version: str, **components: str) -> None:
    shop.release("orders", version, components=components)


def change(found: Contrast) -> SettingChange:
    (only,) = found.settings
    return only


def test_equal_component_versions_differ_in_nothing(shop: Any) -> None:
    shop.release("orders", "1.0.1", components={"sync": "1.0.0"})
    found = between(shop, "1.0.0", "1.0.1")
    assert (found.pack, found.before, found.after) == ("orders", "1.0.0", "1.0.1")
    assert found.components == ()


def test_a_first_release_adds_all_that_it_has(shop: Any) -> None:
    package(shop, "sync", "3", api={"region": {"type": "string"}})
    release(shop, "3.0.0", sync="3")
    found = between(shop, None, "3.0.0")
    assert found.before is None
    (only,) = found.components
    assert (only.component, only.before, only.after) == ("sync", None, "3")
    assert [item.name for item in only.contained_added] == ["api"]
    assert change(found).is_added


def test_components_that_come_and_go_are_told_with_the_order_of_the_release(shop: Any) -> None:
    package(shop, "extra", "1")
    release(shop, "2.0.0", extra="1")
    found = between(shop, "1.0.0", "2.0.0")
    assert [(c.component, c.before, c.after) for c in found.components] == [
        ("extra", None, "1"),
        ("sync", "1.0.0", None),
    ]


def test_contained_components_are_compared_by_name_type_and_version(shop: Any) -> None:
    old = [{"name": "api", "type": "connection"}, {"name": "map", "type": "map", "version": "1"}]
    new = [{"name": "map", "type": "map", "version": "2"}, {"name": "cache", "type": "cache"}]
    shop.package("4", contains=old)
    shop.package("5", contains=new, notes="faster")
    release(shop, "4.0.0", sync="4")
    release(shop, "5.0.0", sync="5")
    (only,) = between(shop, "4.0.0", "5.0.0").components
    assert [item.name for item in only.contained_added] == ["cache"]
    assert [item.name for item in only.contained_removed] == ["api"]
    assert [(a.version, b.version) for a, b in only.contained_changed] == [("1", "2")]
    assert only.notes == "faster"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, {"type": "string"}, {"is_added"}),
        (None, {"type": "string", "required": True}, {"is_added", "newly_required"}),
        (None, {"type": "string", "required": True, "default": "eu"}, {"is_added"}),
        ({"type": "string"}, None, {"is_removed"}),
        ({"type": "string"}, {"type": "number"}, {"type_changed"}),
        ({"type": "string"}, {"type": "string", "required": True}, {"newly_required"}),
        (
            {"type": "string", "required": True, "default": "eu"},
            {"type": "string", "required": True},
            {"newly_required", "default_changed"},
        ),
        ({"type": "string"}, {"type": "string", "default": "eu"}, {"default_changed"}),
    ],
)
def test_an_extension_tells_what_became_of_it(
    shop: Any, before: dict[str, Any] | None, after: dict[str, Any] | None, told: set[str]
) -> None:
    package(shop, "sync", "3", api={"region": before} if before else {})
    package(shop, "sync", "4", api={"region": after} if after else {})
    release(shop, "3.0.0", sync="3")
    release(shop, "4.0.0", sync="4")
    found = change(between(shop, "3.0.0", "4.0.0"))
    assert found.name == ("api", "region")
    names = ("is_added", "is_removed", "type_changed", "newly_required", "default_changed")
    assert {name for name in names if getattr(found, name)} == told


def test_an_extension_that_moves_to_another_component_is_neither_new_nor_gone(shop: Any) -> None:
    region = {"region": {"type": "string", "required": True}}
    package(shop, "sync", "3", api=region)
    package(shop, "sync", "4")
    package(shop, "extra", "1", api=region)
    release(shop, "3.0.0", sync="3")
    release(shop, "4.0.0", sync="4", extra="1")
    assert between(shop, "3.0.0", "4.0.0").settings == ()


def test_of_a_version_that_is_not_declared_only_the_version_is_told(shop: Any) -> None:
    package(shop, "sync", "4", api={"region": {"type": "string"}})
    release(shop, "0.9.0", sync="lost")
    release(shop, "4.0.0", sync="4")
    found = between(shop, "0.9.0", "4.0.0")
    (only,) = found.components
    assert (only.before, only.after, only.is_known) == ("lost", "4", False)
    assert (only.contained_added, found.settings) == ((), ())


def test_revisions_of_a_legacy_pack_are_compared_alike(shop: Any) -> None:
    shop.pack("old", deployment="legacy", components=["feed"])
    for revision, contains in ((1, []), (2, [{"name": "api", "type": "connection"}])):
        spec = {"component": "feed", "type": "process", "revision": revision}
        shop.declare("PublishedProcess", {**spec, "contains": contains})
        shop.release("old", f"{revision}.0.0", components={"feed": revision})
    (only,) = between(shop, "1.0.0", "2.0.0", "old").components
    assert (only.before, only.after, only.notes) == ("1", "2", None)
    assert [item.name for item in only.contained_added] == ["api"]
