"""A real server process over a store of its own, and a client that speaks HTTP with it."""

import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from reconciler.model.access import Role
from reconciler.ports.access import Access
from reconciler.store import access_of, open_store
from reconciler.wiring import FixedClock, SystemClock

_LIMIT_SECONDS = 60
NOW = "2026-11-24T15:30:00+00:00"
TOP = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """`reconciler serve` as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request on a connection of its own; `body` is sent as JSON, bytes as they are."""
        host = urlsplit(self.address)
        connection = http.client.HTTPConnection(
            host.hostname or "", host.port, timeout=_LIMIT_SECONDS
        )
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body, sent)
            found = connection.getresponse()
            headers = {name.lower(): value for name, value in found.getheaders()}
            return Reply(
                status=found.status,
                headers=headers,
                body=found.read(),
                cookies=tuple(found.headers.get_all("set-cookie", ())),
            )
        finally:
            connection.close()

    def get(self, path: str, token: str | None = None) -> Reply:
        return self.ask("GET", path, token=token)

    def stop(self) -> str:
        """Asks it to end; what it said on stderr after it was ready."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=_LIMIT_SECONDS)
        return said


class Browser:
    """A browser that has one server open: keeps cookies, and says where requests come from."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}
        self.flags: dict[str, set[str]] = {}

    def get(self, path: str) -> Reply:
        return self._send("GET", path, None, {"Sec-Fetch-Site": "none"})

    def post(
        self,
        path: str,
        fields: Mapping[str, str],
        headers: Mapping[str, str | None] | None = None,
        *,
        csrf: bool = True,
    ) -> Reply:
        """A form of the server's own page, unless `headers` say otherwise; None drops one."""
        sent: dict[str, str | None] = {
            "Origin": self.server.address,
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        proof = {"csrf": self.csrf} if csrf and self.cookies else {}
        body = urlencode({**proof, **fields}).encode()
        given = {name: value for name, value in sent.items() if value is not None}
        return self._send("POST", path, body, given)

    def sign_in(self, token: str, **headers: str) -> Reply:
        """With a token, on the page for it."""
        found = self.post("/sign-in", {"token": token, "next": "/"}, headers)
        assert found.status == 303, found.body
        return found

    @property
    def csrf(self) -> str:
        """What the server puts into its forms, as every page of a session has it."""
        import hashlib
        import hmac

        session = next((v for name, v in self.cookies.items() if name.endswith("session")), "")
        return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        found = self.server.ask(method, path, body=body, headers=sent)
        for line in found.cookies:
            pair, *flags = line.split("; ")
            name, _, value = pair.partition("=")
            self.flags[name] = {flag.lower() for flag in flags}
            if "max-age=0" in self.flags[name]:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return found


@pytest.fixture
def browser() -> Callable[[Server], Browser]:
    """A browser with a profile of its own."""
    return Browser


@pytest.fixture(scope="session")
def make_store() -> Callable[[Path], Access]:
    """Makes a store in a folder, which knows the accounts acme and globex: who may come in."""
    return _make_store


@pytest.fixture
def known(tmp_path: Path) -> Access:
    """Who may come in; the store of `serve`, which knows the accounts acme and globex."""
    return _make_store(tmp_path)


def _make_store(folder: Path) -> Access:
    path = folder / "install-base.db"
    store = open_store(f"sqlite:///{path}", mode="create", clock=SystemClock())
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO account (name) VALUES ('acme'), ('globex')")
    return access_of(store)


@pytest.fixture
def make_token(known: Access) -> Callable[..., str]:
    """Makes a token and gives its text: of an account, or of a role."""

    def make(account: str | None = None, *, role: Role = Role.PUBLISHER_ADMIN, **given: Any) -> str:
        given.setdefault("now", SystemClock().now())
        given.setdefault("expires_at", None)
        role = role if account is None else Role.ACCOUNT
        _, text = known.create_token(
            given.pop("name", account or role.value),
            role,
            account=account,
            actor="ann",
            **given,
        )
        return text

    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """The example repository as it was applied at NOW, in a rehearsal store that stands there."""

    path: Path
    serve: Callable[..., Server]

    def start(self, *arguments: str) -> Server:
        return self.serve("--now", NOW, *arguments)

    def token(self, account: str | None = None, role: Role = Role.PUBLISHER_ADMIN) -> str:
        """Of an account, or of a role."""
        return self.made_token(account, role)[1]

    def made_token(
        self,
        account: str | None = None,
        role: Role = Role.PUBLISHER_ADMIN,
        expires_at: datetime | None = None,
        now: datetime | None = None,
    ) -> tuple[int, str]:
        """The number, too."""
        role = role if account is None else Role.ACCOUNT
        made, text = self.access.create_token(
            account or role.value,
            role,
            account=account,
            actor="ann",
            now=now or datetime.fromisoformat(NOW),
            expires_at=expires_at,
        )
        return made.id, text

    @property
    def access(self) -> Access:
        clock = FixedClock(instant=datetime.fromisoformat(NOW))
        return access_of(open_store(f"sqlite:///{self.path}", mode="write", clock=clock))


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy."""
    folder = tmp_path_factory.mktemp("estate")
    repository, store = folder / "publisher", folder / "install-base.db"
    shutil.copytree(TOP / "example-repo", repository)
    for command in (
        ("git", "init", "-q", "-b", "main", "."),
        ("git", "add", "-A"),
        ("git", "-c", "user.name=ann", "-c", "user.email=ann@larkfield.example", "commit", "-qm",
         "Begin"),
        (sys.executable, "-m", "reconciler", "apply", ".", "--now", NOW, "--store",
         f"sqlite:///{store}"),
    ):  # fmt: skip
        subprocess.run(command, cwd=repository, check=True, capture_output=True)
    return store


@pytest.fixture
def estate(applied: Path, tmp_path: Path, serve: Callable[..., Server]) -> Estate:
    path = tmp_path / "install-base.db"
    shutil.copy(applied, path)
    return Estate(path=path, serve=serve)


@pytest.fixture(scope="session")
def shared(applied: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """One estate with one server, for all tests that only look, or are refused."""
    folder = tmp_path_factory.mktemp("shared")
    path = folder / "install-base.db"
    shutil.copy(applied, path)
    with _servers() as start:
        server = start(folder, "--now", NOW)
        yield Estate(path=path, serve=lambda *_: server)
        said = server.stop()
        assert "Traceback" not in said, said


@contextmanager
def _servers() -> Iterator[Callable[..., Server]]:
    """Starts servers in a folder; all of them end with the block."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *arguments: str, **environment: str) -> Server:
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "serve", "--port", "0", *arguments],
            cwd=folder,
            env=os.environ | environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("serving on "):
                return Server(process, line.split()[2])
        raise AssertionError(f"the server did not start: {''.join(said)}")

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; the store is `tmp_path`/install-base.db unless the arguments name another."""
    with _servers() as start:
        yield partial(start, tmp_path)


@pytest.fixture(scope="module")
def serve_in() -> Iterator[Callable[..., Server]]:
    """Starts servers in a folder, for all tests of a module."""
    with _servers() as start:
        yield start
