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
from reconciler.ports import Access
from reconciler.wiring import SystemClock

Make = Callable[..., str]


def _signed_in(browser: Any, token: str, **headers: str) -> Any:
    found = browser.post("/sign-in", {"token": token, "next": "/"}, headers)
    assert found.status == 303, found.body
    return found


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
def test_a_header_that_is_no_token_is_refused(serve: Callable[..., Any], header: str) -> None:
    found = serve().ask("GET", "/api/v1/me", headers={"Authorization": header})
    assert (found.status, found.json["rule"]) == (401, "token")


def test_a_header_counts_alone_even_beside_a_good_cookie(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server = serve()
    visitor = browser(server)
    _signed_in(visitor, make_token())
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
    found = _signed_in(visitor, make_token("globex"))
    assert found.headers["location"] == "/"
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
    _signed_in(visitor, make_token(), **https)
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
    _signed_in(visitor, make_token(), **{"X-Forwarded-Proto": "https"})
    assert set(visitor.cookies) == {"reconciler-session"}


def test_over_http_one_signs_in_on_this_machine_alone(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    other = {"Host": "packs.example", "Origin": "http://packs.example"}
    found = visitor.post("/sign-in", {"token": make_token()}, other)
    assert found.status == 403
    assert b"signing in needs https" in found.body
    assert not visitor.cookies


def test_every_sign_in_has_a_new_id_and_ends_the_session_before_it(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server, token = serve(), make_token()
    visitor = browser(server)
    planted = "planted-by-somebody-else"
    visitor.cookies["reconciler-session"] = planted
    _signed_in(visitor, token)
    first = dict(visitor.cookies)
    _signed_in(visitor, token)
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
    _signed_in(visitor, make_token())
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
    _signed_in(visitor, make_token())
    assert visitor.get("/api/v1/me").status == 200
    known.revoke_token(1, now=SystemClock().now(), actor="ann")
    assert visitor.get("/api/v1/me").status == 401


def test_an_operator_signs_everybody_out_at_once(
    serve: Callable[..., Any], make_token: Make, browser: Any, known: Access
) -> None:
    visitor = browser(serve())
    _signed_in(visitor, make_token())
    assert known.end_sessions(None, now=SystemClock().now(), actor="ann") == 1
    assert visitor.get("/api/v1/me").status == 401


def test_a_session_does_not_outlive_its_token(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    end = SystemClock().now() + timedelta(hours=1)
    _signed_in(visitor, make_token(expires_at=end))
    (age,) = (flag for flag in visitor.flags["reconciler-session"] if flag.startswith("max-age"))
    assert 3500 < int(age.partition("=")[2]) <= 3600


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/packs?x=1", "/packs?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("", "/"), ("/a\r\nSet-Cookie: x=1", "/"), ("/é", "/"),
        ("/" + "a" * 3000, "/"), ("javascript:alert(1)", "/"), ("/a\\b", "/"),
    ],
)  # fmt: skip
def test_one_comes_back_to_a_page_of_ours_alone(
    serve: Callable[..., Any], make_token: Make, browser: Any, wanted: str, path: str
) -> None:
    found = browser(serve()).post("/sign-in", {"token": make_token(), "next": wanted})
    assert (found.status, found.headers["location"]) == (303, path)


def test_a_page_leads_to_the_sign_in_and_what_comes_in_the_address_is_only_text(
    serve: Callable[..., Any],
) -> None:
    found = serve().get("/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert found.status == 200
    assert b"<script>alert" not in found.body
    assert b"&#34;&gt;&lt;script&gt;" in found.body


def test_a_form_of_another_site_is_refused(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    _signed_in(visitor, make_token())
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": None, "Sec-Fetch-Site": None},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": None},
    ):
        found = visitor.post("/sign-out", {}, headers)
        assert (found.status, b"The request" in found.body) == (403, False), headers
    for headers in ({"Origin": None}, {"Sec-Fetch-Site": None}):
        assert visitor.get("/api/v1/me").status == 200
        assert visitor.post("/sign-out", {}, headers).status == 303
        visitor.cookies.clear()
        _signed_in(visitor, make_token())


def test_a_form_without_the_text_of_its_session_is_refused(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server = serve()
    visitor, other = browser(server), browser(server)
    _signed_in(visitor, make_token())
    _signed_in(other, make_token())
    for field in ({}, {"csrf": ""}, {"csrf": other.csrf}, {"csrf": "é"}):
        assert visitor.post("/sign-out", field, csrf=False).status == 403
    header = {"X-CSRF-Token": visitor.csrf}
    assert visitor.post("/sign-out", {}, header, csrf=False).status == 303


def test_the_api_takes_a_cookie_with_the_text_of_its_session_and_a_token_without(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server, token = serve(), make_token()
    visitor = browser(server)
    _signed_in(visitor, token)
    (name, value), *_ = visitor.cookies.items()
    ours = {"Cookie": f"{name}={value}", "Origin": server.address}
    wish = {"name": "x", "role": "publisher-viewer"}

    def make(**more: Any) -> int:
        return int(server.ask("POST", "/api/v1/tokens", body=wish, **more).status)

    assert make(headers=ours) == 403
    assert (
        make(headers={**ours, "X-CSRF-Token": visitor.csrf, "Origin": "https://e.example"}) == 403
    )
    assert make(headers={**ours, "X-CSRF-Token": visitor.csrf}) == 201
    assert make(token=token) == 201


def test_sign_in_from_another_site_is_refused(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    found = visitor.post("/sign-in", {"token": make_token()}, {"Origin": "https://evil.example"})
    assert found.status == 403
    assert not visitor.cookies


def test_five_failures_block_an_address_in_every_process(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    token = make_token()
    one, other = browser(serve()), browser(serve())
    for visitor in (one, other, one, other, one):
        found = visitor.post("/sign-in", {"token": "ipr_wrong"})
        assert found.status == 401
        assert b"not all of it" in found.body
    for visitor in (one, other):
        found = visitor.post("/sign-in", {"token": token})
        assert found.status == 429
        assert 0 < int(found.headers["retry-after"]) <= 900
        assert not visitor.cookies
    assert one.server.get("/api/v1/me", token).status == 200


def test_behind_a_trusted_proxy_those_who_fail_block_nobody_else(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve("--trusted-proxy", "127.0.0.0/8"))
    wrong = {"token": "ipr_wrong"}

    def come(address: str, fields: Any = wrong) -> int:
        return int(visitor.post("/sign-in", fields, {"X-Forwarded-For": address}).status)

    assert [come(f"2001:db8:1:2::{number}") for number in range(6)] == [401] * 5 + [429]
    assert come("2001:db8:1:3::1") == 401
    assert [come("192.0.2.7, 10.0.0.1") for _ in range(2)] == [401, 401]
    assert come("198.51.100.1", {"token": make_token()}) == 303


def test_without_a_trusted_proxy_nobody_chooses_an_address(
    serve: Callable[..., Any], browser: Any
) -> None:
    visitor = browser(serve())
    found = [
        visitor.post(
            "/sign-in", {"token": "ipr_x"}, {"X-Forwarded-For": f"192.0.2.{number}"}
        ).status
        for number in range(6)
    ]
    assert found == [401] * 5 + [429]


def test_a_token_that_is_tried_from_everywhere_is_blocked_by_its_beginning(
    serve: Callable[..., Any], browser: Any
) -> None:
    visitor = browser(serve("--trusted-proxy", "127.0.0.1"))
    unknown = tokens.token_text(bytes(32))
    found = [
        visitor.post(
            "/sign-in", {"token": unknown}, {"X-Forwarded-For": f"192.0.2.{number}"}
        ).status
        for number in range(6)
    ]
    assert found == [401] * 5 + [429]


def test_no_secret_is_in_any_file_log_or_page(
    serve: Callable[..., Any], make_token: Make, browser: Any, tmp_path: Path
) -> None:
    server, token = serve(), make_token("globex")
    visitor = browser(server)
    _signed_in(visitor, token)
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
