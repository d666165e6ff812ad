"""Generated worlds: a base that is supposed to be applied and one that is come to the same plan."""

import json
import random
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired import requests
from reconciler.errors import RequestRefused
from reconciler.model.base import AttachmentKey
from reconciler.model.changes import Change, Plan
from reconciler.model.outcome import PassOutcome
from reconciler.reconcile import preview, reconcile
from reconciler.settings import Settings
from reconciler.steps.propose import Proposal, propose
from reconciler.wiring import open_world

STEPS = 10


def said(plan: Plan | None) -> list[list[Change]]:
    """All but the paths of changes: of what waits elsewhere nobody reads the manifest."""
    assert plan is not None
    return [
        [replace(change, path=None) for change in changes]
        for changes in (plan.changes, plan.waiting)
    ]


class Desk:
    """One publisher and one store; `seen` counts what was compared."""

    def __init__(self, publisher: Any, folder: Path, seed: int) -> None:
        self.publisher, self.dice = publisher, random.Random(-seed)
        self.folder = folder / "repository"
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.store_url = f"sqlite:///{folder / 'install-base.db'}"
        self.now = datetime(2026, 11, 2, 12, tzinfo=UTC)
        self.seen: Counter[str] = Counter()

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=publisher", "-c", "user.email=publisher@example.com"]
        command = ["git", "-C", str(self.folder), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self) -> str:
        for entry in self.folder.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        texts: dict[str, str] = dict(self.publisher.files)
        for path, document in self.publisher.documents.values():
            texts[path] = f"{texts[path]}\n---\n" if path in texts else ""
            texts[path] += json.dumps(document)
        for path, text in texts.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def settings(self, revision: str) -> Settings:
        return Settings(
            repository=str(self.folder),
            store_url=self.store_url,
            revision=revision,
            now=self.now,
            allow_destructive=True,
        )

    def apply(self, revision: str) -> PassOutcome:
        with open_world(self.settings(revision), store="create") as world:
            return reconcile(world)

    def plan(self, revision: str, beyond: str | None = None) -> PassOutcome:
        with open_world(self.settings(revision), store="existing") as world:
            return preview(world, beyond=beyond)

    def whole(self, revision: str) -> Proposal:
        """What the store says, everything looked at."""
        with open_world(self.settings(revision), store="existing") as world:
            assert world.store is not None
            base = world.store.base()
            return propose(world, base, revision, self.now, rewind_is_error=False)

    def edited(self) -> str:
        for _ in range(self.dice.choice([1, 1, 2, 3])):
            self.publisher.edit()
        return self.commit()

    def accounts_ask(self, applied: Any) -> None:
        """For what is applied, and not for what was edited since."""
        with open_world(self.settings("HEAD"), store="existing", writes=True) as world:
            assert world.store is not None
            for _ in range(2):
                account, pack = (
                    self.dice.choice([name for kind, name in applied if kind == wanted])
                    for wanted in ("ManagedAccount", "IntegrationPack")
                )
                key = AttachmentKey(account, pack, self.dice.choice(["", "east"]))
                with suppress(RequestRefused):
                    if self.dice.random() < 0.5:
                        world.store.request(
                            account,
                            pack,
                            lambda base: requests.install(base, key, self.now, account),  # noqa: B023
                        )
                    else:
                        world.store.request(
                            account,
                            pack,
                            lambda base: requests.adopt(base, key, None, self.now, account),  # noqa: B023
                        )
                    self.seen["request"] += 1

    def step(self) -> None:
        kept = self.publisher.keep()
        self.accounts_ask(kept[0])
        self.now += timedelta(minutes=self.dice.choice([1, 600, 1440]))
        self.publisher.today = self.now.date()
        base = self.edited()
        after_base = self.publisher.keep()
        asked = self.edited()
        supposed = self.plan(asked, beyond=base)
        applied = self.apply(base)
        assert supposed.plan_base is not None
        assert supposed.plan_base.is_supposed == (applied.error is None)
        if applied.error is not None:
            self.seen["refused"] += 1
            self.publisher.go_back(kept)
            return
        whole = self.whole(asked)
        self.compare(supposed, whole)
        if whole.error is None:
            assert said(self.plan(asked).plan) == said(whole.plan)
        self.publisher.go_back(after_base)

    def compare(self, supposed: PassOutcome, found: Proposal) -> None:
        assert type(supposed.error) is type(found.error)
        if found.judgement is not None:
            findings = found.judgement.findings
            assert [replace(one, new=None) for one in supposed.findings] == list(findings)
        self.seen["invalid" if found.error else "compared"] += 1
        if found.error is None:
            assert supposed.plan is not None
            assert found.plan is not None
            assert supposed.plan.changes == found.plan.changes
            assert supposed.plan.waiting == found.plan.waiting
            assert supposed.plan.digest == found.plan.digest
            assert supposed.plan.next_due == found.plan.next_due


@pytest.mark.parametrize("seed", [8, 9, 13])
def test_a_base_that_is_supposed_and_one_that_is_applied_come_to_one_plan(
    seed: int, publisher_type: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk = Desk(publisher_type(seed), tmp_path, seed)
    assert desk.apply(desk.commit()).error is None
    for _ in range(STEPS):
        desk.step()
    assert desk.seen["compared"]
