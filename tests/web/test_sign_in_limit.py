"""Signing in that fails too often: counted by where it comes from, in all processes together."""

from collections.abc import Callable
from typing import Any

from reconciler.model import tokens

Make = Callable[..., str]


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
