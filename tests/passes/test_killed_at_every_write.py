"""A pass killed with SIGKILL at any write, and started again, ends like one that was not killed."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.requests import adopt
from reconciler.model.events import Event, HistoryLine
from reconciler.reconcile import reconcile
from reconciler.settings import Settings
from reconciler.store import check
from reconciler.wiring import open_world

SCRIPT = Path(__file__).with_name("killed_pass.py")
NOW = "2026-12-01T05:00:00+00:00"
SHARES = 4  # so that several cores can kill


def run_pass(
    repository: Path, store: Path, fatal: int, cache: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(repository), f"sqlite:///{store}", NOW, str(fatal)],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )


def content(store: Path) -> dict[str, Any]:
    """All that must not differ: rows, records, declarations, copies, history and events."""
    settings = Settings(store_url=f"sqlite:///{store}", now=datetime.fromisoformat(NOW))
    with open_world(settings, store="existing") as world:
        assert world.store is not None
        base = world.store.base()
        return {
            "applied": base.applied,
            "rows": dict(base.attachments.items()),
            "packs": base.packs,
            "components": base.components,
            "declarations": {(d.kind, d.name): d.body for d in base.tree},
            "history": sorted(map(_moved, world.store.history())),
            "events": [_told(event) for event in world.store.events()],
        }


def _moved(line: HistoryLine) -> tuple[str, ...]:
    return (line.account, line.pack, line.instance, str(line.before), str(line.after), line.action)


def _told(event: Event) -> tuple[str, str, str]:
    return (event.draft.kind, event.draft.message, event.digest)


def a_busy_pass(office: Any) -> None:
    """Everything in one pass: a promotion, an install, an uninstall, a configure, a slot, …"""
    office.pack("quotes")
    office.release("quotes", "1.0.0")
    office.release("quotes", "1.1.0", on="2026-12-05")
    office.attach("acme", "quotes")
    office.release("stock", "1.1.0")
    office.release("orders", "1.1.0", on="2026-12-01")
    office.group(
        "everyone",
        ["acme", "globex", "hooli", "initech"],
        {"orders": "manual", "quotes": "manual", "stock": "manual"},
    )
    office.commit()
    assert office.apply("2026-11-20T12:00").error is None
    slot = datetime.fromisoformat("2026-12-01T04:45+00:00")
    office.ask("acme", "quotes", "2026-11-20T13:00", adopt, version=None, at=slot)
    office.drop("Release", "stock@1.1.0")
    office.drop("Attachment", "hooli/orders")
    office.attach("initech", "orders", adopt="1.1.0")
    office.attach("globex", "orders", hold={"until": "2026-12-05", "reason": "stocktaking"})
    office.account("umbrella", status="suspended")
    office.commit()


@pytest.fixture
def worlds(office: Any, tmp_path: Path) -> Any:
    a_busy_pass(office)

    def killed_at(fatal: int) -> tuple[subprocess.CompletedProcess[str], Path]:
        store = tmp_path / f"store-{fatal}" / "install-base.db"
        store.parent.mkdir()
        shutil.copy(office.store_file, store)
        return run_pass(office.folder, store, fatal, tmp_path / "cache"), store

    return killed_at


@pytest.mark.parametrize("share", range(SHARES))
def test_whichever_write_is_the_last_the_next_pass_ends_in_the_same_state(
    worlds: Any, office: Any, tmp_path: Path, share: int
) -> None:
    whole, store = worlds(0)
    assert whole.returncode == 0, whole.stderr
    expected = content(store)
    writes = int(whole.stdout)
    assert writes > 20
    assert {row[5] for row in expected["history"]} == {
        "install",
        "uninstall",
        "upgrade",
        "rollback",
        "slot",
    }
    for fatal in range(1 + share, writes + 1, SHARES):
        killed, store = worlds(fatal)
        assert killed.returncode == -signal.SIGKILL, f"write {fatal}: {killed.stderr}"
        again = run_pass(office.folder, store, 0, tmp_path / "cache")
        assert again.returncode == 0, f"write {fatal}: {again.stderr}"
        assert content(store) == expected, f"killed at write {fatal} of {writes}"
        assert check(f"sqlite:///{store}") == []


def test_a_first_pass_killed_at_any_write_is_finished_by_the_next(
    office: Any, tmp_path: Path
) -> None:
    office.commit()
    folder = tmp_path / "first"
    folder.mkdir()
    whole = run_pass(office.folder, folder / "0.db", 0, tmp_path / "cache")
    expected = content(folder / "0.db")
    assert len(expected["rows"]) == 5
    for fatal in range(1, int(whole.stdout) + 1, 7):
        store = folder / f"{fatal}.db"
        assert (
            run_pass(office.folder, store, fatal, tmp_path / "cache").returncode == -signal.SIGKILL
        )
        assert run_pass(office.folder, store, 0, tmp_path / "cache").returncode == 0
        found = content(store)
        found["events"] = [told[:2] for told in found["events"]]
        assert found == {**expected, "events": [told[:2] for told in expected["events"]]}


def test_a_pass_killed_after_its_acceptance_is_finished_without_git(
    worlds: Any, office: Any, tmp_path: Path
) -> None:
    whole, store = worlds(0)
    expected = content(store)
    killed, store = worlds(int(whole.stdout) - 3)
    assert killed.returncode == -signal.SIGKILL
    shutil.rmtree(office.folder / ".git" / "objects")
    run_pass(office.folder, store, 0, tmp_path / "cache")
    assert content(store) == expected


def test_the_pass_that_finishes_a_killed_one_counts_what_it_moved(worlds: Any, office: Any) -> None:
    whole, _ = worlds(0)
    unfinished = 0
    for fatal in range(int(whole.stdout) // 2, int(whole.stdout), 4):
        _, store = worlds(fatal)
        before = content(store)
        settings = Settings(
            repository=str(office.folder),
            store_url=f"sqlite:///{store}",
            now=datetime.fromisoformat(NOW),
        )
        with open_world(settings, store="create") as world:
            outcome = reconcile(world)
        lines = len(content(store)["history"]) - len(before["history"])
        assert outcome.moved == lines
        assert (outcome.run is None) == (lines == 0)
        unfinished += not before["applied"].settled and lines > 0
    assert unfinished
