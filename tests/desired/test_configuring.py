"""What an account sets itself, what its manifest sets, and which of the two counts."""

import math
from typing import Any

import pytest

from reconciler.desired import requests
from reconciler.desired.values_in_force import (
    ValueSource,
    environments_in_force,
    values_of_attachment,
)
from reconciler.errors import RequestRefused
from reconciler.model.events import EventKind

NOW = "2026-11-10T12:00"
SETTINGS = {"region": {"type": "string", "required": True}, "size": {"type": "number"},
            "fast": {"type": "boolean", "default": True}, "token": {"type": "secret"}}  # fmt: skip


@pytest.fixture
def filled(shop: Any) -> Any:
    """Orders 1.0.0 has four settings, 1.1.0, which is pending, one more; acme has two places."""
    api = {"name": "api", "type": "connection"}
    shop.package("1.0.0", contains=[{**api, "extensions": SETTINGS}])
    more = {**SETTINGS, "zone": {"type": "string", "required": True}}
    shop.package("1.1.0", contains=[{**api, "extensions": more}])
    places = ("live", "production"), ("trial", "test")
    shop.account(
        "acme", environments=[{"name": name, "classification": kind} for name, kind in places]
    )
    shop.release("orders", "1.1.0", on="2026-12-01")
    shop.apply(NOW)
    return shop


def configure(shop: Any, **more: Any) -> Any:
    key = shop.key("acme", "orders")
    decision = requests.configure(shop.base, key, shop.instant(NOW), "ann", **more)
    shop.take(decision)
    return decision


def row(shop: Any) -> Any:
    return shop.base.attachments[shop.key("acme", "orders")]


def in_force(shop: Any) -> Any:
    """version -> setting -> who says, and what."""
    found = values_of_attachment(shop.base.tree, row(shop), shop.base.packs["orders"])
    return {
        version: {value.name: (str(value.source), value.value) for value in values}
        for version, values in found.items()
    }


def test_what_is_named_is_set_and_the_rest_stays(filled: Any) -> None:
    decision = configure(filled, values={"api": {"region": "eu", "size": "12"}})
    assert decision.event.kind is EventKind.ACCOUNT_CONFIGURE
    assert decision.event.details == {
        "instance": None, "settings": ["api.region", "api.size"], "overruled": [],
    }  # fmt: skip
    assert decision.message == "acme/orders: the account has set api.region and api.size"
    configure(filled, environments=("live", "trial", "live"))
    cleared = configure(filled, values={"api": {"size": None, "zone": "a"}})
    assert "api.size and api.zone" in cleared.message
    assert row(filled).requested.extensions == {"api": {"region": "eu", "zone": "a"}}
    assert row(filled).requested.environments == ("live", "trial")
    assert "environments: none" in configure(filled, environments=()).message
    assert row(filled).release == "1.0.0"


def test_setting_what_is_set_changes_nothing(filled: Any) -> None:
    configure(filled, values={"api": {"region": "eu"}}, environments=("live",))
    again = configure(
        filled, values={"api": {"region": "eu", "size": None}}, environments=("live",)
    )
    assert (again.event, again.put) == (None, None)


def test_clearing_the_last_value_leaves_no_trace(filled: Any) -> None:
    before = row(filled).requested
    configure(filled, values={"api": {"region": "eu"}})
    configure(filled, values={"api": {"region": None}})
    assert row(filled).requested == before


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"values": {"api": {"regon": "eu"}}}, r"no setting api\.regon"),
        ({"values": {"api": {"regon": None}}}, r"no setting api\.regon"),
        ({"values": {"api": {"size": "big"}}}, r"api\.size takes a number"),
        ({"values": {"api": {"size": math.inf}}}, r"api\.size takes a number"),
        ({"values": {"api": {"region": "hunter2\udcff"}}}, r"text of api\.region has bytes"),
        ({"values": {"api": {"token": {"secretRef": "hunter2\0"}}}}, r"api\.token has bytes"),
        ({"values": {"api": {"token": "hunter2"}}}, r"api\.token is a secret"),
        ({"environments": ("prod",)}, 'no environment "prod"; it has live and trial'),
    ],
)
def test_what_does_not_fit_is_refused(filled: Any, asked: Any, words: str) -> None:
    with pytest.raises(RequestRefused, match=words) as refused:
        configure(filled, **asked)
    assert "hunter2" not in f"{refused.value.message}{refused.value.hint}"


def test_values_never_stand_in_messages_or_events(filled: Any) -> None:
    secret = {"secretRef": "vault/orders"}
    decision = configure(filled, values={"api": {"region": "eu-7", "token": secret}})
    told = f"{decision.message}{decision.event}"
    assert "eu-7" not in told
    assert "vault" not in told


def test_the_manifest_wins_field_by_field_and_the_answer_says_so(filled: Any) -> None:
    filled.attach("acme", "orders", environments=["live"], extensions={"api": {"region": "us"}})
    filled.apply(NOW)
    decision = configure(
        filled, values={"api": {"region": "eu", "size": "3"}}, environments=("trial",)
    )
    assert decision.message.endswith(
        "; the publisher's manifest sets environments and api.region, which counts until it is"
        " taken out there"
    )
    assert decision.event.details["overruled"] == ["environments", "api.region"]
    assert row(filled).settings.environments == ("live",)
    assert in_force(filled)["1.0.0"]["region"] == ("manifest", "us")
    assert environments_in_force(row(filled)) == (("live",), ValueSource.MANIFEST)
    filled.attach("acme", "orders")
    filled.apply(NOW)
    assert in_force(filled)["1.0.0"]["region"] == ("account", "eu")
    assert environments_in_force(row(filled)) == (("trial",), ValueSource.ACCOUNT)


def test_each_setting_says_whose_value_counts_in_the_releases_that_matter(filled: Any) -> None:
    secret = {"secretRef": "vault/orders"}
    configure(filled, values={"api": {"size": "3", "token": secret}})
    common = {
        "fast": ("default", True), "region": ("missing", None), "size": ("account", 3),
        "token": ("account", None),
    }  # fmt: skip
    assert in_force(filled) == {"1.0.0": common, "1.1.0": {**common, "zone": ("missing", None)}}
    found = values_of_attachment(filled.base.tree, row(filled), filled.base.packs["orders"])
    by_name = {value.name: value for value in found["1.1.0"]}
    assert by_name["token"].secret_reference == "vault/orders"
    assert [value.spoken for value in found["1.1.0"] if value.lacks] == ["api.region", "api.zone"]


def test_a_release_that_is_not_declared_any_more_has_no_settings(filled: Any) -> None:
    from dataclasses import replace

    gone = replace(row(filled), release="0.9.0")
    found = values_of_attachment(filled.base.tree, gone, filled.base.packs["orders"])
    assert found["0.9.0"] == ()
