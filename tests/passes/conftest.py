"""A publisher with a real git repository and a real store, driven as `apply` drives them."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.model.base import AttachmentKey, InstallBase, RowsInMemory
from reconciler.model.changes import Plan
from reconciler.model.outcome import PassOutcome
from reconciler.reconcile import reconcile
from reconciler.settings import Settings
from reconciler.wiring import open_world

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "publisher",
    "GIT_AUTHOR_EMAIL": "publisher@example.com",
    "GIT_COMMITTER_NAME": "publisher",
    "GIT_COMMITTER_EMAIL": "publisher@example.com",
}


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        env={**os.environ, **GIT},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@dataclass
class Office:
    """One publisher; documents are kept in memory and written as one file each at a commit.

    JSON is YAML, so that the files need no renderer. Every pack has the component "sync", every
    release names a packaged version of it of the same name.
    """

    folder: Path
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    server_url: str | None = None

    @classmethod
    def opened(cls, folder: Path) -> "Office":
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main")
        return cls(folder=folder)

    @property
    def store_url(self) -> str:
        return self.server_url or f"sqlite:///{self.folder.parent / 'install-base.db'}"

    @property
    def store_file(self) -> Path:
        return self.folder.parent / "install-base.db"

    def sql(self, *statements: str) -> list[Any]:
        """Runs statements on the store, past the program; the rows of the last one."""
        if self.server_url is None:
            with closing(sqlite3.connect(self.store_file)) as file, file:
                return [file.execute(statement).fetchall() for statement in statements][-1]
        with psycopg.connect(self.server_url) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> dict[str, list[Any]]:
        """The rows of every table, on a server with where they lie, and without the lease."""
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        every = "SELECT * FROM {}"
        if self.server_url is not None:
            names = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'lease'"
            names += " AND relnamespace = 'public'::regnamespace ORDER BY relname"
            every = "SELECT ctid::text, xmin::text, t::text FROM {} t ORDER BY 1"
        return {name: self.sql(every.format(name)) for (name,) in self.sql(names)}

    def content(self) -> object:
        """Something that differs when anything was written to the store."""
        return self.store_file.read_bytes() if self.server_url is None else self.tables()

    def lose_store(self) -> None:
        if self.server_url is None:
            self.store_file.unlink()
        else:
            self.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    def declare(self, kind: str, identity: str, spec: Mapping[str, Any], **metadata: Any) -> None:
        named = kind in ("Publisher", "IntegrationPack", "ManagedAccount", "AccountGroup")
        header: dict[str, Any] = {"name": identity, **metadata} if named else dict(metadata)
        self.documents[kind, identity] = {
            "apiVersion": "reconciler/v1",
            "kind": kind,
            **({"metadata": header} if header else {}),
            "spec": dict(spec),
        }

    def drop(self, kind: str, identity: str) -> None:
        del self.documents[kind, identity]

    def publisher(self, time_zone: str = "America/New_York", **spec: Any) -> None:
        self.declare("Publisher", "us", {"timeZone": time_zone, **spec})

    def pack(self, name: str, mode: str = "single", **spec: Any) -> None:
        contact = {"email": "help@example.com"}
        guides = {"installation": "https://example.com/i", "user": "https://example.com/u"}
        body = {"attachment": mode, "components": ["sync"], "contact": contact}
        self.declare("IntegrationPack", name, {**body, "documentation": guides, **spec})

    def release(self, pack: str, version: str, on: str | None = None, **spec: Any) -> None:
        packaged = {"component": "sync", "type": "process", "version": version, "shareable": True}
        self.declare("PackagedComponent", f"sync@{version}", packaged)
        schedule = "immediate" if on is None else {"date": on}
        body = {"pack": pack, "version": version, "components": {"sync": version}}
        self.declare("Release", f"{pack}@{version}", {**body, "schedule": schedule, **spec})

    def account(self, name: str, **spec: Any) -> None:
        self.declare("ManagedAccount", name, spec)

    def group(self, name: str, accounts: list[str], packs: Mapping[str, str]) -> None:
        resources = [{"pack": pack, "install": install} for pack, install in packs.items()]
        self.declare("AccountGroup", name, {"accounts": accounts, "packs": resources})

    def attach(self, account: str, pack: str, **spec: Any) -> None:
        instance = spec.get("instance")
        identity = "/".join(filter(None, (account, pack, instance)))
        self.declare("Attachment", identity, {"account": account, "pack": pack, **spec})

    def commit(self, message: str = "change") -> str:
        """Writes all documents, and nothing else, and commits them."""
        for old in self.folder.glob("*.yaml"):
            old.unlink()
        by_kind: dict[str, list[str]] = {"Publisher": []}
        for (kind, _), document in self.documents.items():
            by_kind.setdefault(kind, []).append(json.dumps(document))
        for kind, texts in by_kind.items():
            name = "publisher.yaml" if kind == "Publisher" else f"{kind.lower()}.yaml"
            (self.folder / name).write_text("\n---\n".join(texts) + "\n", encoding="utf-8")
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.folder, "rev-parse", "HEAD")

    def settings(self, now: str | datetime, **more: Any) -> Settings:
        at = instant(now) if isinstance(now, str) else now
        return Settings(
            repository=str(self.folder), store_url=self.store_url, now=at, actor="tests", **more
        )

    def apply(self, now: str | datetime, **more: Any) -> PassOutcome:
        with open_world(self.settings(now, **more), store="create") as world:
            return reconcile(world)

    def ask(self, account: str, pack: str, now: str | datetime, request: Any, **more: Any) -> Any:
        """What an account asks for itself: a function of reconciler.desired.requests."""
        key = AttachmentKey(account=account, pack=pack)
        settings = self.settings(now)
        with open_world(settings, store="existing", writes=True) as world:
            assert world.store is not None
            asked = partial(request, key=key, now=settings.now, actor=account, **more)
            return world.store.request(account, pack, asked)

    def base(self, now: str = "2026-01-01T00:00") -> InstallBase:
        with open_world(self.settings(now), store="existing") as world:
            assert world.store is not None
            found = world.store.base()
            rows = RowsInMemory(dict(found.attachments.items()), found.tree.suspended)
            return replace(found, attachments=rows)

    @staticmethod
    def said(plan: Plan) -> dict[str, Any]:
        """All of a plan but where manifests lie: a part knows that of changed files only."""
        effects = plan.effects
        return {
            "changes": [replace(change, path=None) for change in plan.changes],
            "next_due": plan.next_due,
            "put": {(d.kind, d.name): d.body for d in effects.put},
            "dropped": set(effects.dropped),
            "packs": {record.name: record for record in effects.packs},
            "components": set(effects.components),
            "members": effects.members,
            "rollouts": effects.rollouts,
            "suspensions": effects.suspensions,
        }

    def runs(self) -> dict[str, str | None]:
        """attachment -> the release that it runs."""
        return {str(key): row.release for key, row in self.base().attachments.items()}


@pytest.fixture
def database() -> str:
    """Which database the store lies in; some modules run on both."""
    return "sqlite"


@pytest.fixture
def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str, request: pytest.FixtureRequest
) -> Office:
    """Two packs, five accounts; orders 1.0.0 and stock 1.0.0 are current at the first pass."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = Office.opened(tmp_path / "repository")
    if database == "postgresql":
        found.server_url = request.getfixturevalue("new_database")()
    if database == "parts":
        found.server_url = request.getfixturevalue("new_database")(divided=True)
        found.sql("UPDATE store SET rehearsal = TRUE RETURNING one")
    found.publisher(limits={"maxUninstalls": "100%", "maxRollbacks": "100%"})
    found.pack("orders")
    found.pack("stock", mode="multiple")
    accounts = ["acme", "globex", "hooli", "initech", "umbrella"]
    for account in accounts:
        found.account(account)
    found.group("everyone", accounts, {"orders": "manual", "stock": "manual"})
    found.release("orders", "1.0.0")
    found.release("stock", "1.0.0")
    for account in ("acme", "globex", "hooli"):
        found.attach(account, "orders")
    found.attach("acme", "stock", instance="east")
    found.attach("acme", "stock", instance="west")
    return found
