"""Connections of strangers: none is kept that says nothing, and no head is read without end."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.applications import Starlette

from reconciler.web.connections import LARGEST_HEAD, BoundedConnection


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    place = urlsplit(address)
    with socket.create_connection((place.hostname or "", place.port), timeout=60) as client:
        yield client


def _rest(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    found = b""
    with suppress(ConnectionResetError):
        while some := client.recv(65536):
            found += some
    return found


def _send(client: socket.socket, text: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        client.sendall(text)


def test_a_head_without_end_is_refused(serve: Callable[..., Any]) -> None:
    server = serve()
    endless = (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20 * LARGEST_HEAD,
               b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: a\r\n" * LARGEST_HEAD,
               b"GET /" + b"a" * 20 * LARGEST_HEAD)  # fmt: skip
    for head in endless:
        with _connected(server.address) as client:
            _send(client, head)
            assert not _rest(client).startswith(b"HTTP/1.1 2")
    assert server.get("/healthz").status == 200


def test_a_body_that_is_longer_than_a_head_may_be_is_read(
    serve: Callable[..., Any], make_token: Callable[..., str]
) -> None:
    server, token = serve(), make_token("globex")
    body = b'{"kind": "webhook", "address": "x"' + b" " * 5 * LARGEST_HEAD + b"}"
    sent = {"Content-Type": "application/json"}
    refused = server.ask(
        "POST", "/api/v1/accounts/globex/channels", token=token, body=body, headers=sent
    )
    assert (refused.status, refused.json["rule"]) == (409, "refused")


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nA"])
def test_who_does_not_say_what_they_want_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(BoundedConnection, "seconds", 0.05)
    config = uvicorn.Config(
        Starlette(), http=BoundedConnection, log_config=None, lifespan="off", loop="asyncio"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=60) as client:
                _send(client, said)
                assert _rest(client).startswith(b"HTTP/1.1 400")
        finally:
            server.should_exit = True
            thread.join()
