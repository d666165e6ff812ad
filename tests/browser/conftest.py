"""A real Chromium, and real servers of the install base that make serve-demo shows."""

import io
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from demo.chromium import ARGUMENTS, chromium
from demo.serve import Seeded, seeded
from demo.server import served

_PATIENCE_MS = 15_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A tab of a browser; `complaints` are the errors of its console, those of the policy too."""

    page: Page
    complaints: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server, and the browser in which its pages are looked at."""

    address: str
    seeded: Seeded
    browser: Browser
    _signed_in: dict[str, Any] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def visit(self, role: str | None = None, path: str | None = None, **options: Any) -> Visit:
        """A new tab, signed in as the role, at the path; `options` are those of a context."""
        if role is not None:
            options["storage_state"] = self._state(role)
        context = self.browser.new_context(base_url=self.address, **options)
        self._open.callback(context.close)
        return _tab(context, path)

    def sign_in(self, page: Page, role: str) -> None:
        """By the form, as a person does."""
        page.goto("/sign-in")
        page.get_by_label("Token").fill(self.seeded.tokens[role])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)

    def close(self) -> None:
        """All tabs."""
        self._open.close()

    def _state(self, role: str) -> Any:
        if role not in self._signed_in:
            visit = self.visit()
            self.sign_in(visit.page, role)
            self._signed_in[role] = visit.page.context.storage_state()
        return self._signed_in[role]


def _tab(context: BrowserContext, path: str | None) -> Visit:
    context.set_default_timeout(_PATIENCE_MS)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if path is not None:
        page.goto(path)
    return Visit(page=page, complaints=complaints)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine; without one the test fails and says how to install it."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture(scope="session")
def larkfield(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """Made once; whoever changes something takes a copy."""
    return seeded(tmp_path_factory.mktemp("larkfield"))


@pytest.fixture(scope="session")
def site(larkfield: Seeded, browser: Browser) -> Iterator[Site]:
    """For tests that only look."""
    with served(larkfield.stage, io.StringIO()) as (_, address):
        found = Site(address=address, seeded=larkfield, browser=browser)
        yield found
        found.close()


@pytest.fixture
def own_site(larkfield: Seeded, browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """For a test that changes something: a server of a copy of the install base."""
    shutil.copytree(larkfield.stage.folder, tmp_path, dirs_exist_ok=True)
    copy = larkfield.in_folder(tmp_path)
    with served(copy.stage, io.StringIO()) as (_, address):
        found = Site(address=address, seeded=copy, browser=browser)
        yield found
        found.close()
