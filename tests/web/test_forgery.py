"""Requests that a page of another site has a browser send are refused."""

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., str]


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/packs?x=1", "/packs?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("", "/"), ("/a\r\nSet-Cookie: x=1", "/"), ("/é", "/"),
        ("/" + "a" * 3000, "/"), ("javascript:alert(1)", "/"), ("/a\\b", "/"),
    ],
)  # fmt: skip
def test_one_comes_back_to_a_page_of_ours_alone(
    shared: Any, browser: Any, wanted: str, path: str
) -> None:
    found = browser(shared.start()).post("/sign-in", {"token": shared.token(), "next": wanted})
    assert (found.status, found.headers["location"]) == (303, path)


def test_a_page_leads_to_the_sign_in_and_what_comes_in_the_address_is_only_text(
    shared: Any,
) -> None:
    found = shared.start().get("/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert found.status == 200
    assert b"<script>alert" not in found.body
    assert b"&#34;&gt;&lt;script&gt;" in found.body


def test_a_form_of_another_site_is_refused(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    visitor = browser(serve())
    visitor.sign_in(make_token())
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
        visitor.sign_in(make_token())


def test_a_form_without_the_text_of_its_session_is_refused(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server = serve()
    visitor, other = browser(server), browser(server)
    visitor.sign_in(make_token())
    other.sign_in(make_token())
    for field in ({}, {"csrf": ""}, {"csrf": other.csrf}, {"csrf": "é"}):
        assert visitor.post("/sign-out", field, csrf=False).status == 403
    header = {"X-CSRF-Token": visitor.csrf}
    assert visitor.post("/sign-out", {}, header, csrf=False).status == 303


def test_the_api_takes_a_cookie_with_the_text_of_its_session_and_a_token_without(
    serve: Callable[..., Any], make_token: Make, browser: Any
) -> None:
    server, token = serve(), make_token()
    visitor = browser(server)
    visitor.sign_in(token)
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
