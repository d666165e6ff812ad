"""Every page, as whoever may see it: in both colour schemes, on a screen and on a phone."""

from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from reconciler.web.route import Access, Route
from reconciler.web.routes import ROUTES

if TYPE_CHECKING:
    from tests.browser.conftest import Site

# What stands in braces in the path of a page, as make serve-demo has it.
NAMES = {
    "account": "initech",
    "attachment": "stock-levels:austin",
    "pack": "stock-levels",
    "version": "2.1.0",
    "group": "retail",
}
# Beside these, pages are asked for without a query.
MORE = (
    ("publisher-admin", "/"),
    ("publisher-admin", "/accounts/initech"),
    ("publisher-viewer", "/accounts/initech"),
    ("publisher-viewer", "/accounts/initech/attachments/stock-levels:austin"),
    ("account", "/no-such-page"),
    (None, "/sign-in?next=/accounts/initech"),
)
# Not pages to look at, but what leads to others, or goes on in one.
WAYS = {"/rollouts/stream", "/sign-in/provider", "/sign-in/callback"}

SCREEN, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
ALL = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
# What differs between light and dark is colours alone.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SCHEMES: tuple[tuple[Literal["light", "dark"], Any], ...] = (("light", ALL), ("dark", COLOURS))


def _role(route: Route) -> str | None:
    match route.access:
        case Access.ANYBODY:
            return None
        case Access.PUBLISHER | Access.ADMIN:
            return "publisher-admin"
        case _:
            return "account"


def _pages() -> list[tuple[str | None, str]]:
    routes = [r for r in ROUTES if r.page and r.method == "GET" and r.path not in WAYS]
    return [(_role(route), route.path.format_map(NAMES)) for route in routes] + list(MORE)


@pytest.mark.parametrize(("role", "path"), _pages())
def test_a_page_fits_everybody(site: "Site", role: str | None, path: str) -> None:
    visit = site.visit(role, path, viewport=SCREEN)
    page = visit.page
    for viewport in (SCREEN, PHONE):
        page.set_viewport_size(viewport)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"it scrolls sideways at {viewport['width']} px"
        for scheme, rules in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=rules)
            assert found.violations_count == 0, found.generate_report()
    expected = 1 if path == "/no-such-page" else 0
    assert len(visit.complaints) == expected, visit.complaints
    assert page.title().endswith("Install base")
    assert page.locator("h1").count() == 1
    page.context.close()


@pytest.mark.parametrize("role", ["publisher-viewer", "account"])
def test_pages_are_read_without_scripts(site: "Site", role: str) -> None:
    pages = [path for its_role, path in _pages() if its_role == role]
    page = site.visit(role, java_script_enabled=False).page
    for path in pages:
        page.goto(path)
        assert page.locator("h1").is_visible(), path
    page.context.close()
