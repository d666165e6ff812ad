"""An account in its pages: by mouse, by keyboard alone, and without scripts."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Site

OWN = "/accounts/initech"
AUSTIN = f"{OWN}/attachments/stock-levels:austin"
MOST_TABS = 60


def _focused(page: Page) -> str:
    """What the focus is on: its words, or its label."""
    text = page.evaluate("""() => {
        const one = document.activeElement;
        return (one.labels?.[0] ?? one).textContent.trim();
    }""")
    assert isinstance(text, str)
    return text


def _tab_to(page: Page, words: str) -> None:
    """By the key alone; every stop on the way shows that it has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"no outline shows the focus on {_focused(page)!r}"
        if _focused(page) == words:
            return
    raise AssertionError(f"the focus never came to {words!r}")


def test_signing_in_leads_an_account_to_its_own_page_and_a_publisher_to_the_packs(
    site: "Site",
) -> None:
    page = site.visit().page
    site.sign_in(page, "account")
    expect(page).to_have_url(f"{site.address}{OWN}")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.address}/sign-in")
    page.goto(OWN)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    site.sign_in(page, "publisher-admin")
    expect(page).to_have_url(f"{site.address}/")


def test_signing_in_leads_back_to_the_page_that_was_asked_for(site: "Site") -> None:
    page = site.visit(path=AUSTIN).page
    page.get_by_label("Token").fill(site.seeded.tokens["account"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.address}{AUSTIN}")


def test_a_token_that_is_none_is_said_to_be(site: "Site") -> None:
    page = site.visit(path="/sign-in").page
    page.get_by_label("Token").fill("letmein")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no token")


def test_the_first_stop_leads_past_the_navigation(site: "Site") -> None:
    page = site.visit("account", OWN).page
    page.keyboard.press("Tab")
    assert _focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_missing_values_come_first(site: "Site") -> None:
    page = site.visit("account", OWN).page
    first = page.locator("main section").first
    expect(first).to_contain_text("needs a value before 2.1.0 comes")
    expect(first).to_contain_text("warehouse-api.region")


def test_times_are_those_of_the_account_wherever_it_is_looked_at(site: "Site") -> None:
    page = site.visit("account", OWN, timezone_id="Asia/Tokyo").page
    expect(page.locator("main")).to_contain_text("Mon 30 Nov 23:00–00:00 Chicago")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_an_account_fills_in_what_is_missing(own_site: "Site", scripts: bool) -> None:
    page = own_site.visit("account", OWN, java_script_enabled=scripts).page
    page.get_by_role("link", name="Fill in").click()
    page.get_by_label("warehouse-api.region").fill("us-south")
    page.get_by_label("stock-erp.pageSize").fill("many")
    page.get_by_role("button", name="Save the settings").click()
    wrong = page.get_by_label("stock-erp.pageSize")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_accessible_description("This is no number.")
    expect(page.get_by_label("warehouse-api.region")).to_have_value("us-south")
    wrong.fill("250")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("status")).to_have_text("The settings are saved.")
    page.goto(OWN)
    expect(page.locator("main")).not_to_contain_text("needs a value")


def test_what_a_manifest_sets_is_shown_and_not_for_editing(site: "Site") -> None:
    page = site.visit("account", AUSTIN).page
    field = page.get_by_label("alert-rules.recipient")
    assert not field.is_editable()
    expect(field).to_have_value("stock@initech.example")
    secret = page.get_by_label("stock-erp.password")
    expect(secret).to_have_value("a reference is set")
    assert "vault/initech" not in page.content()


def test_an_account_tries_a_release_by_keyboard_alone(own_site: "Site") -> None:
    page = own_site.visit("account", OWN).page
    _tab_to(page, "Try 2.1.0 now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Try Stock levels (austin) 2.1.0")
    expect(page.locator("main")).to_contain_text("There is no way back")
    _tab_to(page, "Try 2.1.0 now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("It runs 2.1.0 now.")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_an_account_chooses_a_slot_and_takes_it_back(own_site: "Site", scripts: bool) -> None:
    page = own_site.visit("account", f"{AUSTIN}/trial", java_script_enabled=scripts).page
    field = page.get_by_label("Day and time in Chicago")
    field.fill("2026-11-28T22:15")
    page.get_by_role("button", name="Choose this slot").click()
    expect(page.get_by_role("status")).to_have_text("The slot is yours.")
    expect(page.locator("dl")).to_contain_text("Sat 28 Nov 22:15 Chicago")
    page.goto(f"{OWN}/calendar")
    expect(page.locator("main")).to_contain_text("Sat 28 Nov 22:15 Chicago")
    page.goto(AUSTIN)
    page.get_by_role("button", name="Take the slot back").click()
    expect(page.get_by_role("status")).to_contain_text("The slot is taken back")


def test_a_slot_that_is_too_late_is_explained_beside_the_field(site: "Site") -> None:
    page = site.visit("account", f"{AUSTIN}/trial").page
    field = page.get_by_label("Day and time in Chicago")
    field.evaluate("field => field.form.noValidate = true")
    field.fill("2026-12-24T20:00")
    page.get_by_role("button", name="Choose this slot").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("2026-12-24T20:00")
    expect(page.locator("#at-d")).to_contain_text("before the release window")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_an_account_installs_a_pack_and_parts_with_it(own_site: "Site", scripts: bool) -> None:
    page = own_site.visit("account", f"{OWN}/packs", java_script_enabled=scripts).page
    page.get_by_role("link", name="Install once more").click()
    page.get_by_label("Instance").fill("dallas")
    page.get_by_label("production").check()
    page.get_by_label("stock-erp.baseUrl").fill("https://erp.initech.example/dallas")
    page.get_by_label("stock-erp.password").fill("vault/initech/dallas")
    page.get_by_role("button", name="Install 2.0.0").click()
    expect(page.get_by_role("status")).to_have_text("It is installed and runs 2.0.0.")
    expect(page.get_by_label("stock-erp.password")).to_have_value("")
    assert "vault/initech" not in page.content()
    page.get_by_role("link", name="Uninstall").click()
    page.get_by_role("button", name="Uninstall it").click()
    expect(page.get_by_role("status")).to_have_text("It is uninstalled.")


def test_what_two_tabs_change_is_not_lost(own_site: "Site") -> None:
    one, other = (own_site.visit("account", AUSTIN).page for _ in range(2))
    one.get_by_label("warehouse-api.region").fill("us-south")
    one.get_by_role("button", name="Save the settings").click()
    other.get_by_label("warehouse-api.region").fill("us-west")
    other.get_by_role("button", name="Save the settings").click()
    expect(other.get_by_role("alert")).to_contain_text("since you opened the page")
    expect(other.get_by_label("warehouse-api.region")).to_have_value("us-west")
    other.get_by_role("button", name="Save the settings").click()
    expect(other.get_by_role("status")).to_have_text("The settings are saved.")


def test_an_account_copies_a_template(own_site: "Site") -> None:
    page = own_site.visit("account", f"{OWN}/templates").page
    page.get_by_role("button", name="Copy csv-to-orders 1.0.0").click()
    expect(page.get_by_role("status")).to_have_text("The template is copied.")
    expect(page.locator("main")).not_to_contain_text("Copy csv-to-orders")


def test_another_account_does_not_exist(site: "Site") -> None:
    page, told = site.visit("account").page, []
    for name in ("globex", "no-such-account"):
        answer = page.goto(f"/accounts/{name}")
        assert answer is not None
        told.append((answer.status, answer.text()))
    assert told[0] == told[1]
    assert told[0][0] == 404


def test_a_viewer_sees_the_same_page_without_buttons(site: "Site") -> None:
    page = site.visit("publisher-viewer", AUSTIN).page
    expect(page.get_by_label("warehouse-api.region")).to_be_visible()
    buttons = page.locator("main").get_by_role("button")
    assert buttons.count() == 0
    assert page.get_by_role("link", name="Try 2.1.0 now").count() == 0


def test_an_admin_acts_in_the_accounts_stead_and_the_log_says_who_did_it(own_site: "Site") -> None:
    page = own_site.visit("publisher-admin", f"{AUSTIN}/trial").page
    expect(page.locator("main")).to_contain_text("You act in the stead of Initech")
    page.get_by_role("button", name="Try 2.1.0 now").click()
    expect(page.get_by_role("status")).to_have_text("It runs 2.1.0 now.")
    page.goto(f"{OWN}/events")
    expect(page.locator("tbody tr").first).to_contain_text("release desk")


def test_what_a_runtime_does_not_run_is_no_success(site: "Site") -> None:
    page = site.visit("publisher-viewer", "/accounts/northwind-berlin").page
    row = page.get_by_role("row", name="Stock levels")
    expect(row).to_contain_text("overdue")
    expect(row).not_to_contain_text("running")
    row.get_by_role("link").click()
    expect(page.locator("dl")).to_contain_text("Should run")
    expect(page.locator("dl")).to_contain_text("it reports that it runs 2.0.0")
