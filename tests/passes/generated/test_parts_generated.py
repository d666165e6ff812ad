"""Generated worlds: whatever a look at the changes alone says, a look at everything says too."""

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
from reconciler.desired.attachments import membership
from reconciler.errors import RequestRefused
from reconciler.model.base import AttachmentKey
from reconciler.model.changes import Plan
from reconciler.ports import Store
from reconciler.reconcile import reconcile
from reconciler.settings import Settings
from reconciler.steps.complete import narrowed
from reconciler.steps.difference import due_part
from reconciler.steps.due import due_plan
from reconciler.steps.propose import Proposal, propose
from reconciler.steps.world import World
from reconciler.store import check
from reconciler.wiring import open_world

STEPS = 12


def content(plan: Plan) -> dict[str, Any]:
    """All of a plan but the paths of its changes: a part has those of the changed files only."""
    effects = plan.effects
    return {
        "changes": [replace(change, path=None) for change in plan.changes],
        "next_due": plan.next_due,
        "digest": plan.digest,
        "put": {(d.kind, d.name): d.body for d in effects.put},
        "dropped": set(effects.dropped),
        "packs": {record.name: record for record in effects.packs},
        "components": set(effects.components),
        "members": effects.members,
        "rollouts": effects.rollouts,
        "suspensions": effects.suspensions,
        "renames": dict(effects.renames),
    }


def errors(proposal: Proposal) -> list[str]:
    found = proposal.judgement.findings if proposal.judgement else ()
    return [f"{f.path} {f.rule} {f.message}" for f in found if f.severity == "error"]


def written(path: str, documents: list[dict[str, Any]]) -> str:
    """JSON is YAML; a file that is called so has one List for each kind."""
    if not path.endswith("list.yaml"):
        return "\n---\n".join(map(json.dumps, documents))
    lists: dict[str, dict[str, Any]] = {}
    for found in documents:
        kind = f"{found['kind']}List"
        empty = {"apiVersion": found["apiVersion"], "kind": kind, "items": []}
        item = {key: found[key] for key in ("metadata", "spec") if key in found}
        lists.setdefault(kind, empty)["items"].append(item)
    return "\n---\n".join(map(json.dumps, lists.values()))


class Story:
    """One publisher and one store; `seen` counts what became of the commits."""

    def __init__(self, publisher: Any, folder: Path, seed: int) -> None:
        self.publisher = publisher
        self.folder = folder / "repository"
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.dice = random.Random(-seed)
        self.store_url = f"sqlite:///{folder / 'install-base.db'}"
        self.now = datetime(2026, 11, 2, 12, tzinfo=UTC)
        self.kept = self.publisher.keep()
        self.seen: Counter[str] = Counter()
        self.done: list[str] = []
        self.early = False

    def settings(self) -> Settings:
        return Settings(
            repository=str(self.folder),
            store_url=self.store_url,
            now=self.now,
            actor="tests",
        )

    def commit(self) -> None:
        for entry in self.folder.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        by_path: dict[str, list[dict[str, Any]]] = {}
        for path, document in self.publisher.documents.values():
            by_path.setdefault(path, []).append(document)
        texts = {path: written(path, documents) for path, documents in by_path.items()}
        for path, text in {**self.publisher.files, **texts}.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def git(self, *words: str) -> None:
        who = ["-c", "user.name=publisher", "-c", "user.email=publisher@example.com"]
        subprocess.run(["git", "-C", str(self.folder), *who, *words], check=True)

    def step(self) -> None:
        self.done = [self.publisher.edit() for _ in range(self.dice.choice([1, 1, 1, 2, 2, 3, 5]))]
        self.commit()
        if self.dice.random() < 0.5:
            self.now += timedelta(minutes=self.dice.choice([1, 61, 600, 1440, 3000]))
        if self.dice.random() < 0.05:
            self.now -= timedelta(minutes=self.dice.choice([1, 1440, 3000]))
        self.publisher.today = self.now.date()
        with open_world(self.settings(), store="existing", writes=True) as world:
            assert world.store is not None
            self.accounts_ask(world.store)
            self.compare(world, world.store)
        self.pass_by()

    def accounts_ask(self, store: Store) -> None:
        applied = self.kept[0]
        for _ in range(self.dice.choice([0, 0, 1, 2])):
            account = self.dice.choice([name for kind, name in applied if kind == "ManagedAccount"])
            pack = self.dice.choice([name for kind, name in applied if kind == "IntegrationPack"])
            key = AttachmentKey(account, pack, self.dice.choice(["", "", "east", "own"]))
            hour = self.now.replace(minute=0, second=0, microsecond=0)
            slot = hour + self.dice.randrange(4, 200) * timedelta(minutes=15)
            asks = [
                lambda base: requests.install(base, key, self.now, account),  # noqa: B023
                lambda base: requests.uninstall(base, key, self.now, account),  # noqa: B023
                lambda base: requests.adopt(base, key, None, self.now, account),  # noqa: B023
                lambda base: requests.adopt(base, key, None, self.now, account, at=slot),  # noqa: B023
                lambda base: requests.withdraw_slot(base, key, self.now, account),  # noqa: B023
            ]
            own = [row.adopt_at for row in store.attached(account=account, pack=pack)]
            with suppress(RequestRefused):
                decision = store.request(account, pack, self.dice.choice(asks))
                self.seen["request"] += 1
                due = store.base().packs[pack].due_at
                taken = decision.removed is not None or any(own)
                self.early |= taken and due is not None

    def compare(self, world: World, store: Store) -> None:
        packs = store.base().packs
        self.records = {name: replace(record, due_at=None) for name, record in packs.items()}
        whole, part = due_plan(store.base(), None, self.now), due_part(store, self.now)
        if part is not None:
            self.seen["due part"] += 1
            short_due = due_plan(part, None, self.now)
            assert not self.apart(short_due, whole), "due"
        revision = world.source.resolve()
        short = narrowed(world, store, revision, self.now)
        complete = propose(world, store.base(), revision, self.now)
        refused = complete.error is not None
        self.seen[f"{'part' if short else 'everything'}{' refused' if refused else ''}"] += 1
        if short is None:
            return
        assert complete.error is None, errors(complete)
        assert short.plan is not None
        assert complete.plan is not None
        assert short.error is None
        assert not self.apart(short.plan, complete.plan)

    def apart(self, part: Plan, whole: Plan) -> dict[str, tuple[object, object]]:
        """What differs. `early`: where something waited that an account took away, a part may name
        an instant at which nothing happens any more.
        """
        ours, theirs = content(part), content(whole)
        if self.early:
            never = datetime.max.replace(tzinfo=UTC)
            assert (ours.pop("next_due") or never) <= (theirs.pop("next_due") or never)
            for plan in (ours, theirs):
                packs = {name: replace(p, due_at=None) for name, p in plan.pop("packs").items()}
                known = self.records.items()
                plan["packs"] = {n: p for n, p in packs.items() if (n, p) not in known}
        return {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}

    def pass_by(self) -> None:
        with open_world(self.settings(), store="create") as world:
            outcome = reconcile(world)
        self.nothing_is_left()
        if outcome.error is None:
            self.kept = self.publisher.keep()
            self.seen["applied"] += 1
        else:
            self.publisher.go_back(self.kept)
            for found in outcome.findings:
                if str(found.severity) == "error":
                    self.seen[f"  {found.rule}"] += 1

    def nothing_is_left(self) -> None:
        """What was written by a part is what everything would have written."""
        with open_world(self.settings(), store="existing") as world:
            assert world.store is not None
            base = world.store.base()
            assert base.applied is not None
            left = due_plan(base, None, self.now)
            found = membership(base.tree, base.attachments.every(), gated=True)
            assert left.changes == ()
            assert self.early or left.next_due == base.applied.next_due
            assert next(iter(found), None) is None


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_part_says_what_everything_says(
    seed: int, publisher_type: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    story = Story(publisher_type(seed), tmp_path, seed)
    story.commit()
    story.pass_by()
    for _ in range(STEPS):
        story.step()
    assert check(story.store_url) == []
