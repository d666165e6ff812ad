"""The forms of an account's pages: who may send them, what they do, and how they refuse."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from html import unescape
from typing import Any

import pytest

from reconciler.model.access import Role
from reconciler.web.pages.account import ROUTES

OWN = "/accounts/globex"
PARIS = f"{OWN}/attachments/stock-levels:paris"
FILLED = {
    "account": "globex",
    "attachment": "stock-levels:paris",
    "pack": "stock-levels",
    "component": "csv-to-orders",
}
FORMS = [route.path.format_map(FILLED) for route in ROUTES if route.method == "POST"]


@pytest.fixture
def visitor(shared: Any, browser: Callable[[Any], Any]) -> Callable[..., Any]:
    """Browsers that signed in, of an account or with a role, and change nothing."""
    return partial(_signed_in, shared, browser)


@pytest.fixture
def own_visitor(estate: Any, browser: Callable[[Any], Any]) -> Iterator[Callable[..., Any]]:
    """Browsers at a server of their own, which they may change."""
    server = estate.start()
    yield partial(_signed_in, replace(estate, serve=lambda *_: server), browser)
    said = server.stop()
    assert "Traceback" not in said, said


def _signed_in(
    estate: Any,
    browser: Callable[[Any], Any],
    account: str | None = None,
    role: Role = Role.PUBLISHER_ADMIN,
) -> Any:
    found = browser(estate.start())
    found.sign_in(estate.token(account, role))
    return found


def _events(visitor: Any) -> list[str]:
    items = visitor.get("/api/v1/accounts/globex/events").json["items"]
    return [item["kind"] for item in items if item["kind"].startswith("account-")]


@pytest.mark.parametrize("account", ["globex", "initech"])
def test_an_account_lands_on_its_own_page(visitor: Callable[..., Any], account: str) -> None:
    landed = visitor(account).get(f"/accounts/{account}")
    assert landed.status == 200
    assert b"What I run" in landed.body


def test_forms_are_for_the_account_and_for_who_may_act_in_its_stead(
    visitor: Callable[..., Any],
) -> None:
    own, other = visitor("globex"), visitor("initech")
    viewer = visitor(role=Role.PUBLISHER_VIEWER)
    assert len(FORMS) == 7
    for path in FORMS:
        assert viewer.post(path, {}).status == 403, path
        assert other.post(path, {}).status == 404, path
        assert own.post(path, {}, csrf=False).status == 403, path
    assert _events(own) == []


def test_a_viewer_is_not_offered_what_only_leads_to_a_form(visitor: Callable[..., Any]) -> None:
    viewer = visitor(role=Role.PUBLISHER_VIEWER)
    for path in (OWN, PARIS, f"{OWN}/packs", f"{OWN}/packs/stock-levels", f"{OWN}/templates"):
        page = viewer.get(path)
        assert page.status == 200, path
        main = page.body.split(b"<main", 1)[1].split(b"</main>")[0]
        assert b"<button" not in main, path
        assert b"/trial" not in main, path
        assert b'/installation"' not in main, path


def test_trying_a_release_twice_does_it_once(own_visitor: Callable[..., Any]) -> None:
    own = own_visitor("globex")
    for _ in range(2):
        sent = own.post(f"{PARIS}/trial", {"version": "2.1.0"})
        assert (sent.status, sent.headers["location"]) == (303, f"{PARIS}?done=adopted")
    assert _events(own) == ["account-adopt"]
    assert own.get(f"{PARIS}/trial").headers["location"] == PARIS


def test_a_release_that_is_not_the_one_that_the_page_showed_is_not_tried(
    visitor: Callable[..., Any],
) -> None:
    own = visitor("globex")
    sent = own.post(f"{PARIS}/trial", {"version": "2.0.9"})
    assert sent.status == 422
    assert b"This was not done." in sent.body
    assert _events(own) == []


def test_installing_twice_does_it_once(own_visitor: Callable[..., Any]) -> None:
    own = own_visitor("globex")
    form = {"instance": "lyon", "environments": "shown", "environment": "test",
            "set:stock-erp.password": "vault/globex/lyon"}  # fmt: skip
    for _ in range(2):
        sent = own.post(f"{OWN}/packs/stock-levels/installation", form)
        assert sent.status == 303, sent.body
        lyon = sent.headers["location"].split("?")[0]
    assert _events(own) == ["account-install"]
    page = own.get(lyon).body
    assert b"vault/globex" not in page
    assert b"A reference is set; it is never shown." in page
    for _ in range(2):
        assert own.post(f"{lyon}/uninstallation", {}).status == 303
    assert own.get(lyon).status == 404
    assert _events(own) == ["account-uninstall", "account-install"]


def test_an_instance_that_is_there_is_not_installed_over(visitor: Callable[..., Any]) -> None:
    own = visitor("globex")
    form = {"instance": "paris", "set:stock-erp.user": "somebody"}
    sent = own.post(f"{OWN}/packs/stock-levels/installation", form)
    assert sent.status == 422
    assert b'value="paris"' in sent.body
    assert b'value="somebody"' in sent.body
    assert "already" in unescape(sent.body.decode())


def test_what_a_manifest_declares_is_not_uninstalled(visitor: Callable[..., Any]) -> None:
    own = visitor("globex")
    sent = own.post(f"{PARIS}/uninstallation", {})
    assert sent.status == 422
    assert "Attachment manifest" in unescape(sent.body.decode())
    assert f'href="{PARIS}/uninstallation"'.encode() not in own.get(PARIS).body


def test_hostile_values_are_shown_as_text(visitor: Callable[..., Any]) -> None:
    own, value = visitor("globex"), '"><script>alert(1)</script>\u202e'
    seen = own.get(PARIS).body.split(b'name="seen" value="')[1].split(b'"')[0].decode()
    form = {"seen": unescape(seen), "set:stock-erp.pageSize": value}
    sent = own.post(f"{PARIS}/settings", form)
    assert sent.status == 422
    assert b"<script>alert" not in sent.body
    assert b"This is no number." in sent.body
    form = {"at": value, "version": value}
    assert b"<script>alert" not in own.post(f"{PARIS}/slot", form).body


def test_a_value_that_the_manifest_sets_is_not_taken_from_a_form(
    visitor: Callable[..., Any],
) -> None:
    own = visitor("globex")
    seen = own.get(PARIS).body.split(b'name="seen" value="')[1].split(b'"')[0].decode()
    form = {"seen": unescape(seen), "set:stock-erp.user": "mallory", "set:no.such": "x"}
    assert own.post(f"{PARIS}/settings", form).status == 303
    assert _events(own) == []


@pytest.mark.parametrize(
    "at",
    ["", "tomorrow", "2026-11-28T22:15:00+00:00", "2026-02-30T10:00", "0001-01-01T00:00"],
)
def test_a_slot_that_is_no_time_is_explained(visitor: Callable[..., Any], at: str) -> None:
    sent = visitor("globex").post(f"{PARIS}/slot", {"at": at, "version": "2.1.0"})
    assert sent.status == 422
    assert b"Choose a day and a time" in sent.body


def test_what_is_not_there_is_said_to_be_missing(visitor: Callable[..., Any]) -> None:
    own = visitor("globex")
    for path in (
        f"{OWN}/attachments/stock-levels:rome",
        f"{OWN}/attachments/no-such-pack",
        f"{OWN}/attachments/stock-levels:rome/trial",
        f"{OWN}/packs/partner-api",
        f"{OWN}/packs/no-such-pack/installation",
    ):
        assert own.get(path).status == 404, path
    assert own.post(f"{OWN}/templates/no-such-template", {}).status == 422


def test_a_slot_stands_once_in_the_calendar_and_in_its_place(visitor: Callable[..., Any]) -> None:
    own = visitor("globex")
    sent = own.post(f"{PARIS}/slot", {"version": "2.1.0", "at": "2026-11-28T21:00"})
    assert (sent.status, sent.headers["location"]) == (303, f"{PARIS}?done=slot")
    rows = own.get(f"{OWN}/calendar").body.decode().split("<tbody>")[1].split("</tr>")
    told = [
        next((word for word in ("black-friday", "your slot", "becomes current") if word in row), "")
        for row in rows
    ]
    assert told[:3] == ["black-friday", "your slot", "becomes current"]
    assert not any("slots that accounts chose" in row for row in rows)


def test_settings_that_somebody_changed_meanwhile_are_not_overwritten(
    own_visitor: Callable[..., Any],
) -> None:
    own = own_visitor("globex")
    seen = own.get(PARIS).body.split(b'name="seen" value="')[1].split(b'"')[0].decode()
    form = {"seen": unescape(seen), "environments": "shown", "environment": "test"}
    assert own.post(f"{PARIS}/settings", form).status == 303
    late = own.post(f"{PARIS}/settings", {**form, "environment": "production"})
    assert late.status == 422
    assert b"somebody has changed this attachment" in late.body
    assert _events(own) == ["account-configure"]
