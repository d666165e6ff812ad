"""A roll-out is seen moving while a real pass carries it out."""

from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from reconciler.reconcile import reconcile
from reconciler.settings import Settings
from reconciler.store.session import SqlSession
from reconciler.wiring import open_world

if TYPE_CHECKING:
    from tests.browser.conftest import Site

MIDNIGHT = datetime(2026, 12, 1, 5, tzinfo=UTC)


class Steps:
    """A Progress that stops after each batch until it may go on."""

    def __init__(self) -> None:
        self.stopped, self.may_go_on = Event(), Event()

    def begin(self, label: str, total: int, unit: str) -> "Steps":  # noqa: ARG002
        return self

    def advance(self, number: int) -> None:  # noqa: ARG002
        self.stopped.set()
        assert self.may_go_on.wait(60)

    def end(self) -> None:
        """Nothing is held."""


def test_a_roll_out_is_seen_moving(own_site: "Site", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqlSession, "batch", 10)
    page = own_site.visit("publisher-admin", "/rollouts").page
    live = page.get_by_role("region", name="Under way")
    expect(live).to_contain_text("No roll-out is under way.")
    steps = Steps()
    window = Thread(target=_carry_out, args=(own_site, steps))
    window.start()
    try:
        assert steps.stopped.wait(60)
        expect(live).to_contain_text("24 of 52 attachments", timeout=30_000)
    finally:
        steps.may_go_on.set()
        window.join(60)
    expect(live).to_contain_text("No roll-out is under way.", timeout=30_000)


def _carry_out(site: "Site", steps: Steps) -> None:
    """The pass at the window of stock-levels 2.1.0: 14 of 52 have adopted it before."""
    stage = site.seeded.stage
    settings = Settings(
        repository=str(stage.repository),
        store_url=f"sqlite:///{stage.folder / 'rehearsal.db'}",
        now=MIDNIGHT,
    )
    with open_world(settings, store="existing", writes=True) as world:
        world.progress = steps
        reconcile(world)
