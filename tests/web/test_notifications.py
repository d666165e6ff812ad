"""Channels and notifications over HTTP: an account's own alone, secrets once, tests at once."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.model.events import EventDraft, EventKind
from reconciler.ports import Refusal
from reconciler.store import open_store
from reconciler.wiring import SystemClock

TOP = Path(__file__).parents[2]
Make = Callable[..., str]
WEBHOOK = {"kind": "webhook", "address": "https://hooks.example/x", "topics": ["late"]}


def _fits(name: str, value: Any) -> None:
    schema = json.loads((TOP / "schemas" / "api" / f"{name}.schema.json").read_text())
    Draft202012Validator(schema).validate(value)


def test_an_account_adds_lists_and_removes_its_own_channels(
    serve: Callable[..., Any], make_token: Make
) -> None:
    server, token = serve(), make_token("globex")
    place = "/api/v1/accounts/globex/channels"
    made = server.ask("POST", place, token=token, body=WEBHOOK)
    assert made.status == 201, made.body
    _fits("new-channel", made.json)
    assert made.json["secret"].startswith("whsec_")
    listed = server.get(place, token)
    _fits("channels", listed.json)
    assert made.json["secret"] not in listed.body.decode()
    where = made.headers["location"]
    _fits("channel", server.get(where, token).json)
    assert server.ask("DELETE", where, token=token).status == 204
    assert server.ask("DELETE", where, token=token).status == 404
    assert server.get(place, token).json == {"items": []}


def test_another_accounts_channels_are_like_ones_that_are_not_there(
    serve: Callable[..., Any], make_token: Make
) -> None:
    server, globex, acme = serve(), make_token("globex"), make_token("acme")
    made = server.ask("POST", "/api/v1/accounts/globex/channels", token=globex, body=WEBHOOK)
    number = made.json["number"]
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test")):
        for account in ("acme", "globex", "nobody"):
            there, missing = (
                server.ask(method, f"/api/v1/accounts/{account}/channels/{n}{path}", token=acme)
                for n in (number, 4711)
            )
            assert there.status == missing.status == 404
            assert there.json["detail"] == missing.json["detail"]
    assert server.get("/api/v1/channels", globex).status == 403
    admin = make_token()
    assert server.get("/api/v1/channels", admin).json == {"items": []}, "the publisher's own alone"
    assert server.get("/api/v1/accounts/nobody/channels", admin).status == 404


def test_a_test_is_sent_at_once_and_never_into_the_servers_own_network(
    serve: Callable[..., Any], make_token: Make
) -> None:
    server, admin = serve(), make_token()
    refused = server.ask(
        "POST",
        "/api/v1/channels",
        token=admin,
        body={"kind": "webhook", "address": "http://127.0.0.1/x"},
    )
    assert (refused.status, refused.json["rule"]) == (409, "refused")
    address = server.address.replace("http://", "https://").replace("127.0.0.1", "localhost")
    wish = {"kind": "slack", "address": f"{address}/x"}
    made = server.ask("POST", "/api/v1/channels", token=admin, body=wish)
    tried = server.ask("POST", f"{made.headers['location']}/test", token=admin)
    _fits("channel-test", tried.json)
    assert not tried.json["taken"]
    assert "not public" in tried.json["error"]


def test_a_receiver_that_never_answers_is_tried_once_at_a_time(
    serve: Callable[..., Any], make_token: Make
) -> None:
    server, globex = serve("--allow-private-addresses"), make_token("globex")
    with socket.create_server(("127.0.0.1", 0)) as receiver, ThreadPoolExecutor(1) as beside:
        address = f"http://127.0.0.1:{receiver.getsockname()[1]}/x"
        place = "/api/v1/accounts/globex/channels"
        wish = {"kind": "webhook", "address": address}
        where = server.ask("POST", place, token=globex, body=wish).headers["location"]
        key = {"Idempotency-Key": "k"}
        ask = partial(server.ask, "POST", f"{where}/test", token=globex)
        first = beside.submit(ask, headers=key)
        connection, _ = receiver.accept()
        again = ask()
        assert (again.status, again.json["rule"]) == (409, "being-tried")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert first.result().json == {"taken": True, "error": None}
        connection.close()
    replayed = ask(headers=key)
    assert (replayed.json["taken"], replayed.headers["idempotency-replayed"]) == (True, "true")


def test_notifications_are_listed_in_pages_and_a_dead_one_is_sent_again(
    serve: Callable[..., Any], make_token: Make
) -> None:
    server, admin = serve(), make_token()
    listed = server.get("/api/v1/notifications?state=dead&limit=5", admin)
    _fits("notifications", listed.json)
    assert listed.json == {"items": [], "next": None}
    assert server.ask("POST", "/api/v1/notifications/7/resend", token=admin).status == 404
    globex = make_token("globex")
    assert server.get("/api/v1/accounts/globex/notifications", globex).status == 200
    assert server.get("/api/v1/accounts/acme/notifications", globex).status == 404


def test_a_server_sends_what_happens_beside_answering(
    serve: Callable[..., Any], make_token: Make, tmp_path: Path
) -> None:
    server, admin = serve("--allow-private-addresses"), make_token()
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(60)
        address = f"http://127.0.0.1:{receiver.getsockname()[1]}/x"
        wish = {"kind": "webhook", "address": address}
        assert server.ask("POST", "/api/v1/channels", token=admin, body=wish).status == 201
        _refuse(tmp_path)
        connection, _ = receiver.accept()
        with connection, connection.makefile("rb") as said:
            headers = {line.partition(b":")[0].lower() for line in iter(said.readline, b"\r\n")}
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert {b"webhook-id", b"webhook-timestamp", b"webhook-signature"} <= headers
    server.stop()
    assert server.process.returncode == 0


def _refuse(folder: Path) -> None:
    clock = SystemClock()
    at = clock.now()
    store = open_store(f"sqlite:///{folder}/install-base.db", mode="write", clock=clock)
    event = EventDraft(kind=EventKind.REFUSED, at=at, actor="ann", message="no")
    refusal = Refusal(revision="a" * 40, reason="invalid", message="no", at=at)
    with store.session(30) as session:
        session.refuse(refusal, (event,))
