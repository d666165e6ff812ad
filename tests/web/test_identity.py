"""Who is asking: by a token in the header, or by the cookie of a browser that signed in."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.model import tokens
from reconciler.model.access import Role
from reconciler.ports.access import Access
from reconciler.store import access_of, open_store
from reconciler.wiring import SystemClock

Make = Callable[..., str]


def test_a_token_says_who_one_is(serve: Callable[..., Any], make_token: Make) -> None:
    server = serve()
    assert server.get("/api/v1/me", make_token("globex", name="agent")).json == {
        "name": "agent (token 1)", "role": "account", "account": "globex",
    }  # fmt: skip
    assert server.get("/api/v1/me", make_token(role=Role.PUBLISHER_VIEWER)).json["account"] is None


def test_unknown_expired_and_revoked_get_one_answer_and_the_log_has_the_reason(
    serve: Callable[..., Any], make_token: Make, known: Access
) -> None:
    now = SystemClock().now()
    revoked = make_token()
    known.revoke_token(1, now=now, actor="ann")
    expired = make_token(now=now - timedelta(hours=1), expires_at=now)
    unknown = tokens.token_text(bytes(32))
    server = serve()
    answers = [server.get("/api/v1/me", token) for token in (revoked, expired, unknown)]
    assert len({(found.status, found.body) for found in answers}) == 1
    assert answers[0].status == 401
    assert 'error="invalid_token"' in answers[0].headers["www-authenticate"]
    said = server.stop()
    for reason in ("revoked (token 1)", "expired (token 2)", "unknown (ipr_000000…)"):
        assert reason in said
    assert not [token for token in (revoked, expired, unknown) if token in said]


def test_a_typing_error_is_told_without_asking_the_store(
    serve: Callable[..., Any], make_token: Make
) -> None:
    token = make_token()
    found = serve().get("/api/v1/me", token[:-1])
    assert (found.status, found.json["detail"]) == (401, "this is no token, or not all of it")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer \xff\xfe", "Bearer " + "x" * 5000]
)
def test_a_header_that_is_no_token_is_refused(shared: Any, header: str) -> None:
    found = shared.start().ask("GET", "/api/v1/me", headers={"Authorization": header})
    assert (found.status, found.json["rule"]) == (401, "token")


def test_a_header_counts_alone_even_beside_a_good_cookie(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server = serve()
    visitor = browser(server)
    visitor.sign_in(make_token())
    (name, value), *_ = visitor.cookies.items()
    cookie = {"Cookie": f"{name}={value}"}
    assert server.ask("GET", "/api/v1/me", headers=cookie).status == 200
    bad = {**cookie, "Authorization": "Bearer nothing"}
    assert server.ask("GET", "/api/v1/me", headers=bad).status == 401
    token = make_token("globex")
    found = server.ask("GET", "/api/v1/me", token=token, headers=cookie)
    assert found.json["account"] == "globex"


def test_use_is_written_beside_the_requests(
    serve: Callable[..., Any], make_token: Make, known: Access
) -> None:
    token, idle = make_token(), make_token()
    before = SystemClock().now()
    server = serve()
    for _ in range(3):
        server.get("/api/v1/me", token)
    server.stop()
    found, other = known.token(tokens.digest(token)), known.token(tokens.digest(idle))
    assert found is not None
    assert other is not None
    assert found.last_used_at is not None
    assert found.last_used_at > before
    assert other.last_used_at is None


def test_a_session_is_a_cookie_out_of_reach_of_scripts_and_of_other_sites(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    found = visitor.sign_in(make_token("globex"))
    assert found.headers["location"] == "/accounts/globex"
    assert visitor.flags == {
        "reconciler-session": {"httponly", "max-age=43200", "path=/", "samesite=lax"}
    }
    assert visitor.get("/api/v1/me").json["account"] == "globex"


def test_over_https_the_cookie_is_secure_and_of_this_host_alone(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server = serve("--trusted-proxy", "127.0.0.1")
    visitor = browser(server)
    https = {
        "X-Forwarded-Proto": "https",
        "Host": "packs.example",
        "Origin": "https://packs.example",
    }
    visitor.sign_in(make_token(), **https)
    assert visitor.flags == {
        "__Host-reconciler-session": {
            "httponly", "max-age=43200", "path=/", "samesite=lax", "secure",
        }
    }  # fmt: skip
    value = visitor.cookies["__Host-reconciler-session"]
    for name, status in (("__Host-reconciler-session", 200), ("reconciler-session", 401)):
        sent = {**https, "Cookie": f"{name}={value}"}
        assert server.ask("GET", "/api/v1/me", headers=sent).status == status


def test_nobody_but_a_trusted_proxy_says_that_it_is_https(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve("--trusted-proxy", "192.0.2.1"))
    visitor.sign_in(make_token(), **{"X-Forwarded-Proto": "https"})
    assert set(visitor.cookies) == {"reconciler-session"}


def test_over_http_one_signs_in_on_this_machine_alone(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    other = {"Host": "packs.example", "Origin": "http://packs.example"}
    found = visitor.post("/sign-in", {"token": make_token()}, other)
    assert found.status == 403
    assert b"Signing in needs https" in found.body
    nonsense = {"Host": "[", "Origin": "http://["}
    assert visitor.post("/sign-in", {"token": make_token()}, nonsense).status == 403
    assert not visitor.cookies


def test_every_sign_in_has_a_new_id_and_ends_the_session_before_it(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server, token = serve(), make_token()
    visitor = browser(server)
    planted = "planted-by-somebody-else"
    visitor.cookies["reconciler-session"] = planted
    visitor.sign_in(token)
    first = dict(visitor.cookies)
    visitor.sign_in(token)
    second = dict(visitor.cookies)
    assert len({planted, first["reconciler-session"], second["reconciler-session"]}) == 3
    visitor.cookies = {"reconciler-session": planted}
    assert visitor.get("/api/v1/me").status == 401
    visitor.cookies = first
    assert visitor.get("/api/v1/me").status == 401
    visitor.cookies = second
    assert visitor.get("/api/v1/me").status == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    visitor.sign_in(make_token())
    kept = dict(visitor.cookies)
    found = visitor.post("/sign-out", {})
    assert (found.status, found.headers["location"]) == (303, "/sign-in")
    assert not visitor.cookies
    visitor.cookies = kept
    assert visitor.get("/api/v1/me").status == 401


def test_revoking_a_token_ends_its_sessions_at_once(
    serve: Callable[..., Any], make_token: Make, browser: Any, known: Access
) -> None:
    visitor = browser(serve())
    visitor.sign_in(make_token())
    assert visitor.get("/api/v1/me").status == 200
    known.revoke_token(1, now=SystemClock().now(), actor="ann")
    assert visitor.get("/api/v1/me").status == 401


def test_on_postgresql_every_process_knows_at_once_who_may_come_in(
    serve: Callable[..., Any], browser: Any, new_database: Callable[..., str]
) -> None:
    url = new_database(made=True)
    known = access_of(open_store(url, mode="write", clock=SystemClock()))
    now = SystemClock().now()
    _, text = known.create_token("ann", Role.PUBLISHER_ADMIN, expires_at=None, now=now, actor="ann")
    one, other = serve("--store", url), serve("--store", url)
    visitor = browser(one)
    visitor.sign_in(text)
    visitor.server = other
    assert visitor.get("/api/v1/me").status == 200
    headers = {"Idempotency-Key": "k1"}
    for server, replayed in ((one, None), (other, "true")):
        wish = {"name": "x", "role": "publisher-viewer"}
        server.ask("POST", "/api/v1/tokens", token=text, body=wish)
        gone = server.ask("DELETE", "/api/v1/tokens/2", token=text, headers=headers)
        assert (gone.status, gone.headers.get("idempotency-replayed")) == (200, replayed)
    assert one.ask("DELETE", "/api/v1/tokens/1", token=text).status == 200
    for server in (one, other):
        assert server.get("/api/v1/me", text).status == 401
    assert visitor.get("/api/v1/me").status == 401


def test_an_operator_signs_everybody_out_at_once(
    serve: Callable[..., Any], make_token: Make, browser: Any, known: Access
) -> None:
    visitor = browser(serve())
    visitor.sign_in(make_token())
    assert known.end_sessions(None, now=SystemClock().now(), actor="ann") == 1
    assert visitor.get("/api/v1/me").status == 401


def test_a_session_does_not_outlive_its_token(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    end = SystemClock().now() + timedelta(hours=1)
    visitor.sign_in(make_token(expires_at=end))
    (age,) = (flag for flag in visitor.flags["reconciler-session"] if flag.startswith("max-age"))
    assert 3500 < int(age.partition("=")[2]) <= 3600


def test_no_secret_is_in_any_file_log_or_page(
    serve: Callable[..., Any], make_token: Make, browser: Any, tmp_path: Path
) -> None:
    server, token = serve(), make_token("globex")
    visitor = browser(server)
    visitor.sign_in(token)
    pages = [visitor.get("/api/v1/me").body, visitor.get("/sign-in").body]
    pages.append(visitor.post("/sign-in", {"token": token + "0"}).body)
    pages.append(visitor.post("/sign-in", {"token": tokens.token_text(b"\x01" * 32)}).body)
    secrets = (token[10:], visitor.cookies["reconciler-session"])
    with closing(sqlite3.connect(tmp_path / "install-base.db")) as file:
        pages.append("\n".join(file.iterdump()).encode())
    said = server.stop().encode()
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    for secret in secrets:
        assert not [text for text in (*pages, said, *files) if secret.encode() in text]
