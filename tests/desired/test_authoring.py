"""A wish for a release, or a new snapshot -> the manifest to write, or why not."""

from typing import Any

import pytest

from reconciler.desired.authoring import ReleaseWish, release_draft
from reconciler.desired.packaging import package_spec
from reconciler.errors import AuthoringRefused

NOW = "2026-11-10T12:00"


def draft(shop: Any, pack: str = "orders", with_store: bool = True, **wish: Any) -> Any:
    base = shop.base if with_store else None
    return release_draft(shop.tree(), base, ReleaseWish(pack=pack, **wish), shop.instant(NOW))


def test_a_release_takes_the_newest_shareable_versions_and_the_next_version(shop: Any) -> None:
    shop.package("1.2.0", shareable=False)
    found = draft(shop)
    assert found.spec == {
        "pack": "orders",
        "version": "1.1.0",
        "components": {"sync": "1.1.0"},
        "schedule": "immediate",
    }
    assert found.changes == {"sync": ("1.0.0", "1.1.0")}


def test_the_next_version_is_above_every_release_that_the_pack_ever_had(shop: Any) -> None:
    shop.release("orders", "1.5.0")
    shop.apply(NOW)
    del shop.documents["Release", "orders@1.5.0"]
    shop.apply(NOW)
    assert draft(shop).release.version == "1.5.1"
    assert draft(shop, with_store=False).release.version == "1.1.0"
    with pytest.raises(AuthoringRefused, match=r"not higher than 1\.5\.0"):
        draft(shop, version="1.4.0")
    with pytest.raises(AuthoringRefused, match="SemVer"):
        draft(shop, version="2")


def test_pins_replace_the_newest_version(shop: Any) -> None:
    shop.package("1.0.5")
    assert draft(shop, pins={"sync": "1.0.5"}).release.components == {"sync": "1.0.5"}
    with pytest.raises(AuthoringRefused, match='no component "snyc"') as refused:
        draft(shop, pins={"snyc": "1.0.5"})
    assert refused.value.hint == 'did you mean "sync"?'
    with pytest.raises(AuthoringRefused, match=r"no packaged version 9\.9"):
        draft(shop, pins={"sync": "9.9"})


def test_a_version_that_is_not_shareable_is_refused(shop: Any) -> None:
    shop.package("1.2.0", shareable=False)
    with pytest.raises(AuthoringRefused, match=r"sync 1\.2\.0 is not shareable"):
        draft(shop, pins={"sync": "1.2.0"})


def test_there_has_to_be_something_new(shop: Any) -> None:
    with pytest.raises(AuthoringRefused, match="nothing new"):
        draft(shop, pins={"sync": "1.0.0"})


def test_like_goes_back_to_what_an_older_release_held(shop: Any) -> None:
    shop.pack("orders", components=["sync", "extra"])
    shop.declare(
        "PackagedComponent",
        {"component": "extra", "type": "process", "version": "1", "shareable": True},
    )
    shop.release("orders", "1.1.0", components={"sync": "1.1.0", "extra": "1"})
    shop.apply(NOW)
    found = draft(shop, like="1.0.0")
    assert found.spec["components"] == {"sync": "1.0.0"}
    assert found.spec["removes"] == ["extra"]
    assert found.spec["version"] == "2.0.0"
    assert found.pack_components == ("sync",)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2026-02-30", "is not a date"),
        ("tomorrow", "is not a date"),
        ("2026-11-01", "is over"),
        ("2026-11-27", 'freeze "sales" covers'),
    ],
)
def test_dates_that_can_not_be_are_refused(shop: Any, date: str, words: str) -> None:
    freeze = {"name": "sales", "from": "2026-11-26", "until": "2026-11-30", "reason": "busy"}
    shop.publisher(freezes=[freeze])
    with pytest.raises(AuthoringRefused, match=words):
        draft(shop, date_text=date)
    assert draft(shop, date_text="2026-12-01").spec["schedule"] == {"date": "2026-12-01"}


def test_a_second_pending_release_is_refused_and_an_immediate_one_is_not(shop: Any) -> None:
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    with pytest.raises(AuthoringRefused, match=r"orders 1\.1\.0 is pending already"):
        draft(shop, date_text="2026-12-05")
    assert draft(shop).release.version == "1.1.1"


def test_a_tree_without_a_publisher_is_refused(shop: Any) -> None:
    del shop.documents["Publisher", "us"]
    with pytest.raises(AuthoringRefused, match="publisher can't be read"):
        draft(shop)


def test_a_package_takes_type_and_contents_over_from_the_version_before_it(shop: Any) -> None:
    contains = [{"name": "api", "type": "connection", "extensions": {"region": {"type": "string"}}}]
    shop.package("1.2.0", contains=contains, content="a.xml")
    found = package_spec(shop.tree(), "sync", "1.3.0", shareable=True)
    assert (found["type"], found["shareable"]) == ("process", True)
    assert found["contains"][0]["extensions"] == {"region": {"type": "string", "required": False}}
    assert "content" not in found
    assert "contains" not in package_spec(shop.tree(), "sync", "1.1.1", shareable=True)


def test_a_version_below_all_others_takes_over_the_type_alone(shop: Any) -> None:
    shop.package("1.0.0", contains=[{"name": "api", "type": "connection"}])
    found = package_spec(shop.tree(), "sync", "0.9.0", shareable=True)
    assert (found["type"], "contains" in found) == ("process", False)


def test_a_packaged_version_is_never_written_again(shop: Any) -> None:
    with pytest.raises(AuthoringRefused, match=r"sync 1\.0\.0 exists already"):
        package_spec(shop.tree(), "sync", "1.0.0", shareable=True)


def test_a_new_component_needs_a_type_that_may_be_shareable(shop: Any) -> None:
    with pytest.raises(AuthoringRefused, match="nothing says what it is"):
        package_spec(shop.tree(), "fresh", "1", shareable=False)
    with pytest.raises(AuthoringRefused, match="certificate can't be shareable"):
        package_spec(shop.tree(), "fresh", "1", shareable=True, type_="certificate")
    with pytest.raises(AuthoringRefused, match="not a component name"):
        package_spec(shop.tree(), "../x", "1", shareable=False, type_="process")
