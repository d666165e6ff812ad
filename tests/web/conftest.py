"""A real server process over a store of its own, and a client that speaks HTTP with it."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

_LIMIT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

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
            return Reply(status=found.status, headers=headers, body=found.read())
        finally:
            connection.close()

    def get(self, path: str, token: str | None = None) -> Reply:
        return self.ask("GET", path, token=token)

    def stop(self) -> str:
        """Asks it to end; what it said on stderr after it was ready."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=_LIMIT_SECONDS)
        return said


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; the store is `tmp_path`/install-base.db unless the arguments name another."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> Server:
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "serve", "--port", "0", *arguments],
            cwd=tmp_path,
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
