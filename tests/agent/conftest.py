"""A publisher with a server and accounts, all of them real processes over real git."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

TOP = Path(__file__).parents[2]
_LIMIT_SECONDS = 60
_PUBLISHER = """\
apiVersion: reconciler/v1
kind: Publisher
metadata: {name: acme}
spec: {timeZone: America/New_York, contact: {email: help@acme.example}}
---
apiVersion: reconciler/v1
kind: IntegrationPack
metadata: {name: orders}
spec: {attachment: single, components: [sync]}
---
apiVersion: reconciler/v1
kind: ManagedAccountList
items:
- {metadata: {name: globex}}
- {metadata: {name: initech}}
---
apiVersion: reconciler/v1
kind: AccountGroup
metadata: {name: everybody}
spec: {all: true, packs: [{pack: orders, install: automatic}]}
"""
_VERSION = """\
apiVersion: reconciler/v1
kind: PackagedComponent
spec:
  component: sync
  type: process
  version: {version}
  shareable: true
  content: content/{version}
  contains:
  - name: warehouse
    type: connection
    extensions: {{region: {{type: string, required: false, default: eu}}, key: {{type: secret}}}}
---
apiVersion: reconciler/v1
kind: Release
spec: {{pack: orders, version: {version}, components: {{sync: {version}}}, schedule: immediate}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Publisher:
    """A repository, its store, a server over both, and the tokens of accounts."""

    root: Path
    store: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    address: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    now: str | None = None

    @property
    def clock(self) -> list[str]:
        """What sets the time of a rehearsal store."""
        return [] if self.now is None else ["--now", self.now]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(TOP),
            "RECONCILER_STORE": self.store,
            "XDG_CACHE_HOME": str(self.root.parent / "cache"),
        }

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Acme", "-c", "user.email=releases@acme.example")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def run(self, *arguments: str, code: int = 0) -> str:
        """What a command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    def release(self, version: str, files: Mapping[str, bytes]) -> None:
        """An immediate release that everybody gets."""
        for path, content in files.items():
            file = self.root / "content" / version / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            if path.startswith("bin/"):
                file.chmod(0o755)
        (self.root / f"{version}.yaml").write_text(_VERSION.format(version=version))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", version)
        self.run("apply", *self.clock)

    def content_id(self, version: str) -> str:
        return self.git("rev-parse", f"HEAD:content/{version}")

    def serve(self, *arguments: str, repo: bool = True) -> str:
        """Starts the server; where it answers."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "reconciler", "serve", "--port", "0"),
                *(*self.clock, *arguments, *([str(self.root)] if repo else [])),
            ],
            cwd=self.root.parent,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("serving on "):
                self.address = line.split()[2]
                threading.Thread(target=process.stderr.read, daemon=True).start()
                return self.address
        raise AssertionError(f"the server did not start: {''.join(said)}")

    def token(self, account: str) -> str:
        """Of an account; `viewer` and `admin` are the publisher's."""
        if account not in self.tokens:
            role = ["--role", f"publisher-{account}"] if account in ("viewer", "admin") else None
            printed = self.run(
                *("token", "create", f"its-{account}", *self.clock),
                *(role or ["--account", account]),
            )
            self.tokens[account] = printed.split()[-1] if printed.split() else ""
        return self.tokens[account]

    def ask(
        self,
        method: str,
        path: str,
        *,
        who: str = "globex",
        account: str = "globex",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request below an account."""
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(
            place.hostname or "", place.port, timeout=_LIMIT_SECONDS
        )
        sent = {"Authorization": f"Bearer {self.token(who)}", **(headers or {})}
        content = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            connection.request(method, f"/api/v1/accounts/{account}{path}", content, sent)
            found = connection.getresponse()
            return Reply(
                status=found.status,
                headers={name.lower(): value for name, value in found.getheaders()},
                body=found.read(),
            )
        finally:
            connection.close()

    def agent(
        self, folder: Path, *arguments: str, server: str | None = None, program: str | None = None
    ) -> subprocess.Popen[str]:
        """Starts an agent of globex; `program` is a script that runs instead of the module."""
        start = ["-m", "reconciler"] if program is None else ["-c", program]
        process = subprocess.Popen(
            [
                *(sys.executable, *start, "agent", "--server", server or self.address),
                *("--account", "globex", "--folder", str(folder), "--name", "runtime", *arguments),
            ],
            cwd=self.root.parent,
            env={**self.environment, "RECONCILER_TOKEN": self.token("globex")},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def once(self, folder: Path, *arguments: str, server: str | None = None) -> tuple[int, str]:
        """Runs an agent to its end: exit code, and what it said."""
        process = self.agent(folder, "--once", *arguments, server=server)
        _, said = process.communicate(timeout=_LIMIT_SECONDS)
        return process.returncode, said

    def stop(self) -> None:
        while self.processes:
            process = self.processes.pop()
            if process.poll() is None:
                process.kill()
            process.communicate()


@contextmanager
def _publisher(folder: Path) -> Iterator[Publisher]:
    root = folder / "acme"
    root.mkdir()
    found = Publisher(root=root, store=f"sqlite:///{folder}/install-base.db")
    found.git("init", "--quiet")
    (root / "publisher.yaml").write_text(_PUBLISHER)
    yield found
    found.stop()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    """Nothing is released yet, and no server runs."""
    with _publisher(tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """What the first release holds: text, something large, and something to run."""
    return {
        "main.xml": b"<process/>\n",
        "maps/large.bin": bytes(range(256)) * 8_000,
        "bin/start": b"#!/bin/sh\necho 1\n",
        "maps-of/none": b"",
    }


@pytest.fixture
def serving(publisher: Publisher, files: dict[str, bytes]) -> Publisher:
    """1.0.0 is released to globex and initech, and a server runs."""
    publisher.release("1.0.0", files)
    publisher.serve()
    return publisher


@pytest.fixture(scope="session")
def _one_for_all(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> Iterator[Publisher]:
    with _publisher(tmp_path_factory.mktemp("shared")) as found:
        found.release("1.0.0", files)
        found.serve()
        yield found


@pytest.fixture
def shared(_one_for_all: Publisher) -> Publisher:
    """As `serving`, for tests that release nothing: globex has no agent, whoever had one before."""
    _one_for_all.ask("DELETE", "/agent")
    return _one_for_all


class Proxy:
    """A TCP proxy that passes so many bytes of answers and cuts the connection, then no more."""

    def __init__(self, address: str, *, cut_after: int, cuts: int) -> None:
        place = urlsplit(address)
        self._target = (place.hostname, place.port)
        self._cut_after = cut_after
        self._left = cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def cuts_left(self) -> int:
        return self._left

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while chunk := client.recv(65_536):
                self.requests.append(chunk.decode("latin-1"))
                server.sendall(chunk)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        with suppress(OSError), client, server:
            while chunk := server.recv(65_536):
                if self._left and passed + len(chunk) > self._cut_after:
                    self._left -= 1
                    client.sendall(chunk[: self._cut_after - passed])
                    client.shutdown(socket.SHUT_RDWR)
                    return
                passed += len(chunk)
                client.sendall(chunk)
            client.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cutting() -> Iterator[Callable[..., Proxy]]:
    """Makes proxies that cut connections."""
    made: list[Proxy] = []

    def make(address: str, *, cut_after: int, cuts: int) -> Proxy:
        made.append(Proxy(address, cut_after=cut_after, cuts=cuts))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def laid_out() -> Callable[[Path], dict[str, bytes]]:
    """The files that lie in a folder's current bundle, by path."""

    def found(folder: Path) -> dict[str, bytes]:
        top = folder / "current" / "orders" / "sync"
        (content,) = top.iterdir()
        return {
            str(path.relative_to(content)): path.read_bytes()
            for path in sorted(content.rglob("*"))
            if path.is_file()
        }

    return found


@pytest.fixture
def ended() -> Callable[[subprocess.Popen[str]], int]:
    """Asks a process to end; its exit code."""

    def end(process: subprocess.Popen[str]) -> int:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_LIMIT_SECONDS)
        return process.returncode

    return end
