"""Tokens over HTTP: made once and shown once, listed and revoked by publishers' administrators."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.access import Role
from reconciler.ports.access import Access
from reconciler.wiring import SystemClock

TOP = Path(__file__).parents[2]
Make = Callable[..., str]


def _fits(name: str, value: Any) -> None:
    schema = json.loads((TOP / "schemas" / "api" / f"{name}.schema.json").read_text())
    Draft202012Validator(schema).validate(value)


def test_a_token_is_made_used_and_revoked(serve: Callable[..., Any], make_token: Make) -> None:
    server, admin = serve(), make_token()
    wish = {"name": "agent", "role": "account", "account": "globex"}
    made = server.ask("POST", "/api/v1/tokens", token=admin, body=wish)
    assert made.status == 201
    _fits("new-token", made.json)
    text, path = made.json["token"], made.headers["location"]
    assert server.get("/api/v1/me", text).json["account"] == "globex"
    assert text not in server.get(path, admin).body.decode()
    gone = server.ask("DELETE", path, token=admin)
    assert (gone.status, gone.json["state"]) == (200, "revoked")
    _fits("token", gone.json)
    assert server.get("/api/v1/me", text).status == 401
    assert server.ask("DELETE", path, token=admin).json == gone.json


def test_who_made_and_ended_it_is_in_the_audit_log(
    serve: Callable[..., Any], make_token: Make, tmp_path: Path
) -> None:
    from reconciler.store import open_store

    server, admin = serve(), make_token(name="ann")
    wish = {"name": "x", "role": "publisher-viewer"}
    server.ask("POST", "/api/v1/tokens", token=admin, body=wish)
    server.ask("DELETE", "/api/v1/tokens/2", token=admin)
    store = open_store(f"sqlite:///{tmp_path}/install-base.db", mode="read", clock=SystemClock())
    actors = [event.draft.actor for event in store.events()]
    assert actors == ["ann", "ann (token 1)", "ann (token 1)"]


def test_tokens_come_in_pages(serve: Callable[..., Any], make_token: Make) -> None:
    server, admin = serve(), make_token()
    for number in range(4):
        make_token("globex", name=f"agent {number}")
    first = server.get("/api/v1/tokens?limit=2", admin).json
    _fits("tokens", first)
    assert [token["number"] for token in first["items"]] == [1, 2]
    rest = server.get(f"/api/v1/tokens?limit=3&cursor={first['next']}", admin).json
    assert [token["number"] for token in rest["items"]] == [3, 4, 5]
    assert rest["next"] is None
    assert len(server.get("/api/v1/tokens?account=globex", admin).json["items"]) == 4


def test_ended_tokens_are_listed_when_asked_for(
    serve: Callable[..., Any], make_token: Make, known: Access
) -> None:
    server, admin = serve(), make_token()
    make_token()
    known.revoke_token(2, now=SystemClock().now(), actor="ann")
    assert len(server.get("/api/v1/tokens", admin).json["items"]) == 1
    assert len(server.get("/api/v1/tokens?all=true", admin).json["items"]) == 2


@pytest.mark.parametrize("role", [None, Role.ACCOUNT, Role.PUBLISHER_VIEWER])
def test_nobody_but_an_administrator_sees_or_makes_tokens(shared: Any, role: Role | None) -> None:
    server = shared.start()
    token = None
    if role is not None:
        token = shared.token("globex") if role is Role.ACCOUNT else shared.token(role=role)
    refused = 401 if role is None else 403
    wish = {"name": "x", "role": "publisher-admin"}
    for method, path, body in (
        ("GET", "/api/v1/tokens", None),
        ("POST", "/api/v1/tokens", wish),
        ("GET", "/api/v1/tokens/1", None),
        ("DELETE", "/api/v1/tokens/1", None),
    ):
        assert server.ask(method, path, token=token, body=body).status == refused


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 400),
        ({"name": "x", "role": "owner"}, 400),
        ({"name": "", "role": "publisher-admin"}, 400),
        ({"name": "x", "role": "publisher-admin", "more": 1}, 400),
        ({"name": "x", "role": "publisher-admin", "expires_at": "tomorrow"}, 400),
        ({"name": "x", "role": "publisher-admin", "expires_at": "2031-01-01T00:00:00"}, 400),
        ({"name": "x", "role": "publisher-admin", "expires_at": "9999-12-31T23:59:59-23:00"}, 409),
        ({"name": "x", "role": "publisher-admin", "expires_at": "2090-01-01T00:00:00Z"}, 409),
        ({"name": "x", "role": "publisher-admin", "expires_at": "0001-01-01T00:00:00+23:00"}, 409),
        ({"name": "x", "role": "publisher-admin", "expires_at": "2020-01-01T00:00:00Z"}, 409),
        ({"name": "a\u0000b", "role": "publisher-admin"}, 400),
        ({"name": "\ud800", "role": "publisher-admin"}, 400),
        ({"name": "x", "role": "account"}, 409),
        ({"name": "x", "role": "account", "account": "nobody"}, 409),
        ({"name": "x", "role": "account", "account": "globex\u0000"}, 400),
        ({"name": "x", "role": "publisher-admin", "account": "globex"}, 409),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(shared: Any, wish: Any, status: int) -> None:
    server, admin = shared.start(), shared.token()
    before = shared.access.tokens()
    found = server.ask("POST", "/api/v1/tokens", token=admin, body=wish)
    assert (found.status, found.headers["content-type"]) == (status, "application/problem+json")
    assert len(shared.access.tokens()) == len(before)


def test_an_end_may_be_given_or_left_to_ninety_days_or_to_revocation(
    serve: Callable[..., Any], make_token: Make, known: Access
) -> None:
    server, admin = serve(), make_token()
    wish = {"name": "x", "role": "publisher-viewer"}
    end = SystemClock().now().replace(microsecond=0) + timedelta(days=1)
    for more in ({}, {"expires_at": None}, {"expires_at": end.isoformat()}):
        server.ask("POST", "/api/v1/tokens", token=admin, body={**wish, **more})
    _, usual, endless, given = known.tokens()
    assert usual.expires_at == usual.created_at + timedelta(days=90)
    assert endless.expires_at is None
    assert given.expires_at == end


@pytest.mark.parametrize("number", ["0", "999999", "99999999999", "x", "-1"])
def test_a_token_that_is_not_there_is_not_found(shared: Any, number: str) -> None:
    server, admin = shared.start(), shared.token()
    for method in ("GET", "DELETE"):
        assert server.ask(method, f"/api/v1/tokens/{number}", token=admin).status == 404


def test_a_lost_answer_with_a_token_is_not_given_again(
    serve: Callable[..., Any], make_token: Make, known: Access, tmp_path: Path
) -> None:
    server, admin = serve(), make_token()
    wish, key = {"name": "x", "role": "publisher-viewer"}, {"Idempotency-Key": "k1"}

    def make() -> Any:
        return server.ask("POST", "/api/v1/tokens", token=admin, body=wish, headers=key)

    first, again = make(), make()
    assert (first.status, again.status, again.json["rule"]) == (201, 409, "answered-once")
    assert len(known.tokens()) == 2
    secret = first.json["token"][10:].encode()
    assert secret not in again.body
    server.stop()
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert not [text for text in files if secret in text]


def test_the_same_request_with_a_key_is_answered_once(
    serve: Callable[..., Any], make_token: Make
) -> None:
    one, other, admin = serve(), serve(), make_token()
    for name in ("a", "b"):
        make_token(name=name)

    def revoke(server: Any, number: int, key: str = "k1", token: str = admin) -> Any:
        headers = {"Idempotency-Key": key}
        return server.ask("DELETE", f"/api/v1/tokens/{number}", token=token, headers=headers)

    first, again = revoke(one, 2), revoke(other, 2)
    assert (again.status, again.json) == (first.status, first.json)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    another = revoke(one, 3)
    assert (another.status, another.json["rule"]) == (422, "idempotency-key")
    assert "idempotency-replayed" not in revoke(one, 2, token=make_token()).headers
    assert revoke(one, 3, key="k2").status == 200


def test_a_refusal_is_found_anew_and_a_key_that_is_none_is_refused(
    serve: Callable[..., Any], make_token: Make
) -> None:
    server, admin = serve(), make_token()

    def revoke(key: str) -> Any:
        headers = {"Idempotency-Key": key}
        return server.ask("DELETE", "/api/v1/tokens/2", token=admin, headers=headers)

    assert revoke("k1").status == 404
    make_token()
    assert revoke("k1").status == 200
    for key in ("", "x" * 201, "a b", "\xff"):
        assert (found := revoke(key)).status == 400, key
        assert found.json["rule"] == "idempotency-key"


@pytest.mark.parametrize(("seconds", "status"), [(50, 409), (61, 200)])
def test_what_a_killed_process_left_is_taken_over_after_a_minute(
    serve: Callable[..., Any], make_token: Make, tmp_path: Path, seconds: int, status: int
) -> None:
    server, admin = serve(), make_token()
    make_token()
    headers = {"Idempotency-Key": "k1"}

    def revoke() -> Any:
        return server.ask("DELETE", "/api/v1/tokens/2", token=admin, headers=headers)

    revoke()
    began = (SystemClock().now() - timedelta(seconds=seconds)).isoformat()[:26] + "Z"
    with closing(sqlite3.connect(tmp_path / "install-base.db")) as file, file:
        file.execute("UPDATE answered SET status = NULL, body = NULL, at = ?", (began,))
    found = revoke()
    assert found.status == status
    assert found.headers.get("retry-after") == ("1" if status == 409 else None)
