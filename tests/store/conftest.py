"""Stores in files, and a small publisher's world to put into them."""

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    ComponentRecord,
    InstallBase,
    PackRecord,
    ReleaseRecord,
    Settings,
)
from reconciler.model.changes import Effects, Member, Plan, Rollout
from reconciler.model.declarations import AttachmentMode, Declaration, Kind, Release
from reconciler.model.decode import declaration
from reconciler.model.events import EventDraft, EventKind
from reconciler.ports import Acceptance, Moved, Session, Store
from reconciler.store import open_store

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
TOP = Path(__file__).parents[2]


@dataclass
class SetClock:
    """Stands where the test puts it."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


def _release(pack: str, version: str, *, promoted: bool = False, **fields: Any) -> ReleaseRecord:
    release = Release(pack=pack, version=version, components={"sync": version}, **fields)
    return ReleaseRecord(
        release=release,
        accepted_at=START,
        promoted_at=START if promoted else None,
        current_at=START if promoted else None,
    )


@dataclass
class World:
    """Makes values of the model in few words, and carries them out."""

    clock: SetClock = field(default_factory=SetClock)

    def pack(
        self,
        name: str = "orders",
        current: str | None = "1.0.0",
        pending: str | None = None,
        *,
        effective: tuple[str, ...] = (),
        others: tuple[str, ...] = (),
        multiple: bool = False,
        declared: bool = True,
        testing_period: int = 0,
    ) -> PackRecord:
        """A pack record; `effective` and `others` are further releases, promoted or not."""
        promoted = {v: _release(name, v, promoted=True) for v in (current, *effective) if v}
        waiting = {v: _release(name, v, date_text="2026-12-01") for v in (pending, *others) if v}
        releases = {v: replace(r, declared=declared) for v, r in (promoted | waiting).items()}
        return PackRecord(
            name=name,
            mode=AttachmentMode.MULTIPLE if multiple else AttachmentMode.SINGLE,
            declared=declared,
            current=current,
            pending=pending,
            testing_period=testing_period,
            releases=dict(sorted(releases.items())),
        )

    def row(
        self, account: str, pack: str = "orders", instance: str = "", **fields: Any
    ) -> Attached:
        fields.setdefault("origin", AttachmentOrigin.AUTOMATIC)
        return Attached(key=AttachmentKey(account=account, pack=pack, instance=instance), **fields)

    def declared(self, kind: Kind, metadata: Any, **spec: Any) -> Declaration:
        name = {"name": metadata} if isinstance(metadata, str) else metadata
        return declaration(kind, name, spec)

    def tree(self, *packs: PackRecord, accounts: tuple[str, ...] = ()) -> tuple[Declaration, ...]:
        """A publisher with its packs, their releases, accounts, and one group of everybody."""
        found = [self.declared(Kind.PUBLISHER, "acme", timeZone="America/New_York")]
        for pack in packs:
            mode, name = pack.mode.value, pack.name
            found.append(
                self.declared(Kind.INTEGRATION_PACK, name, attachment=mode, components=["sync"])
            )
            found += [
                self.declared(
                    Kind.RELEASE,
                    {},
                    pack=name,
                    version=version,
                    components={"sync": version},
                    schedule={"date": text} if (text := record.release.date_text) else "immediate",
                )
                for version, record in pack.releases.items()
            ]
        found += [self.declared(Kind.MANAGED_ACCOUNT, account) for account in accounts]
        resources = [{"pack": pack.name, "install": "automatic"} for pack in packs]
        found.append(self.declared(Kind.ACCOUNT_GROUP, "everybody", all=True, packs=resources))
        return tuple(found)

    def event(self, message: str = "told", **fields: Any) -> EventDraft:
        fields.setdefault("kind", EventKind.RELEASE)
        fields.setdefault("at", self.clock.now())
        return EventDraft(actor="ann", message=message, **fields)

    def plan(self, effects: Effects | None = None, revision: str = "a" * 40, **fields: Any) -> Plan:
        fields = {"gated": True, "next_due": None, "now": self.clock.now(), **fields}
        return Plan(
            revision=revision,
            store_id=None,
            changes=(),
            waiting=(),
            digest="d" * 64,
            effects=effects or Effects(renames={}),
            **fields,
        )

    def acceptance(
        self, effects: Effects, *events: EventDraft, revision: str = "a" * 40, **fields: Any
    ) -> Acceptance:
        plan = self.plan(effects, revision, **fields)
        return Acceptance(plan=plan, actor="ann", events=events, zone_rules="2026a", seen=0)

    def roll_out(self, session: Session, pack: str = "orders", **fields: Any) -> Moved:
        """All gates open unless fields say otherwise."""
        return self.roll_out_all(session, pack, **fields)

    def roll_out_all(self, session: Session, *packs: str, **fields: Any) -> Moved:
        """The same for several packs at once."""
        rollout = {name: fields.pop(name, False) for name in ("closed", "suspended")}
        given: dict[str, Any] = {
            "gated": True,
            "today": date(2026, 11, 22),
            "at": self.clock.now(),
            "actor": "ann",
            **fields,
        }
        return session.roll_out([Rollout(pack=pack, **rollout) for pack in packs], **given)

    def fill(
        self,
        store: Store,
        *packs: PackRecord,
        rows: tuple[Attached, ...] = (),
        suspended: tuple[str, ...] = (),
        settle: bool = True,
    ) -> None:
        """Accepts packs with everything that belongs to them, and installs rows as they are."""
        accounts = tuple(sorted({row.key.account for row in rows} | set(suspended)))
        effects = Effects(
            renames={},
            put=self.tree(*packs, accounts=accounts),
            packs=packs,
            components=(ComponentRecord(component="sync", version="1", fingerprint="f"),),
            members=len(rows),
            suspensions=dict.fromkeys(suspended, True),
        )
        with store.session(0) as session:
            session.accept(self.acceptance(effects, self.event(pack="orders")))
            session.membership((Member(None, row) for row in rows), self.clock.now(), "ann")
            if settle:
                session.settle(None, self.clock.now())

    def serve(self, store: Store, *packs: PackRecord, revision: str = "b" * 40) -> None:
        """Accepts what packs serve from now on; no row is moved."""
        before = store.base().tree
        put = tuple(
            found
            for found in self.tree(*packs)
            if found.kind in (Kind.RELEASE, Kind.INTEGRATION_PACK)
            and before.get(found.kind, found.name) != found
        )
        effects = Effects(renames={}, put=put, packs=packs)
        with store.session(0) as session:
            session.accept(self.acceptance(effects, self.event(), revision=revision))

    def later(self, **duration: int) -> None:
        self.clock.at += timedelta(**duration)

    def settings(self, **fields: Any) -> Settings:
        return Settings(**fields)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; a module about others says which.

    "parts" is PostgreSQL with the tables divided, as `store partition` leaves them.
    """
    return str(request.param)


@pytest.fixture
def new_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., str]:
    """URLs of places for stores; `made`: an empty store may be there already, which is quicker."""
    if database in ("postgresql", "parts"):
        return request.getfixturevalue("new_database")  # type: ignore[no-any-return]
    numbers = count(1)

    def named(*, made: bool = False) -> str:
        return f"sqlite:///{tmp_path}/{'made' if made else 'new'}-{next(numbers)}.db"

    return named


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "install-base.db"


@pytest.fixture
def store_url(database: str, new_url: Callable[..., str], store_path: Path) -> str:
    if database == "parts":
        return str(new_url(divided=True))
    return f"sqlite:///{store_path}" if database == "sqlite" else new_url()


@pytest.fixture
def store(store_url: str, world: World) -> Store:
    return open_store(store_url, mode="create", clock=world.clock)


def _run_sql(url: str, *statements: str) -> list[Any]:
    """The rows of the last statement, whatever the database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            found = [file.execute(statement).fetchall() for statement in statements]
        return found[-1]
    with psycopg.connect(url) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def sql(store_url: str) -> Callable[..., list[Any]]:
    """Runs statements on the store, past the program."""
    return lambda *statements: _run_sql(store_url, *statements)


@pytest.fixture
def content(store_url: str, store_path: Path) -> Callable[[], object]:
    """Something that differs when anything was written, but for the lease."""
    if store_url.startswith("sqlite"):
        return store_path.read_bytes
    tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'lease'"
    tables += " AND relnamespace = current_schema()::regnamespace ORDER BY relname"

    def rows() -> object:
        return [
            _run_sql(store_url, f"SELECT ctid::text, xmin::text, t::text FROM {name} t ORDER BY 1")
            for (name,) in _run_sql(store_url, tables)
        ]

    return rows


_CHILD = """
import os, pickle, re, signal, sqlite3, sys
from datetime import UTC, date, datetime

from reconciler.model.changes import Rollout
from reconciler.store import open_store


class Clock:
    def now(self):
        return datetime(2026, 11, 22, 15, tzinfo=UTC)


statements, deadly = 0, 0


def count(statement):
    global statements
    words = re.sub(r'(?m)^--.*$', '', statement).split(None, 1)
    if words and words[0] in ("INSERT", "UPDATE", "DELETE", "COMMIT", "BEGIN", "CREATE", "WITH"):
        statements += 1
        if statements == deadly:
            os.kill(os.getpid(), signal.SIGKILL)


from reconciler.store.postgres.connection import PostgresConnection


def counted(method):
    def run(self, statement, *rest):
        count(statement)
        return method(self, statement, *rest)

    return run


PostgresConnection.execute = counted(PostgresConnection.execute)
PostgresConnection.script = counted(PostgresConnection.script)
PostgresConnection.executemany = counted(PostgresConnection.executemany)

connect = sqlite3.connect


def traced(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(count)
    return connection


sqlite3.connect = traced


def say(word):
    print(word, flush=True)


"""


@pytest.fixture
def child() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python code in a process of its own; `given` is what the code finds as `given`.

    On PostgreSQL its lease lasts `lease_seconds`; on SQLite, as long as the process.

    The code may set `deadly` to the number of the writing statement at which it is killed.
    """
    started: list[subprocess.Popen[str]] = []

    def start(code: str, given: Any = None, *, lease_seconds: str = "30") -> subprocess.Popen[str]:
        load = f"given = pickle.loads({pickle.dumps(given)!r})\n"
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD + load + code],
            env={
                **os.environ,
                "PYTHONPATH": str(TOP),
                "RECONCILER_LEASE_SECONDS": lease_seconds,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


def _facts(base: InstallBase) -> dict[str, Any]:
    return {
        "applied": base.applied,
        "tree": [(found.kind, found.name, found.body) for found in base.tree],
        "packs": base.packs,
        "components": base.components,
        "attachments": dict(base.attachments.items()),
        "copies": base.copies,
    }


@pytest.fixture
def facts() -> Callable[[InstallBase], dict[str, Any]]:
    """All of an install base but its identity, as values that compare."""
    return _facts
