"""What no client of ours would send: refused in plain words, and nothing of it is kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

NOW = "2026-11-24T15:30:00+00:00"
OWN = "/api/v1/accounts/globex"
JSON = {"Content-Type": "application/json", "If-Match": "*"}


UNREADABLE = (
    b"1e999",
    b"-1e999",
    b"NaN",
    b'{"secretRef": "a\\ud800b"}',
    b'{"secretRef": "a\\u0000b"}',
    b'{"secretRef": "a\xed\xa0\x80b"}',
)


def test_what_nobody_could_read_back_is_not_kept(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/attachments/stock-levels:paris"
    before = server.get(path, token)
    for value in UNREADABLE:
        body = b'{"values": {"warehouse-api": {"region": ' + value + b"}}}"
        refused = server.ask("PATCH", path, token=token, body=body, headers=JSON)
        assert (refused.status, refused.json["rule"]) == (400, "json")
    after = server.get(path, token)
    assert (after.status, after.headers["etag"]) == (200, before.headers["etag"])


def test_what_a_refusal_repeats_may_be_anything(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/attachments/stock-levels:paris"
    for body in (b'{"environments": ["\\ud800"]}', b'{"values": {"\\ud800": {"a": "b"}}}'):
        refused = server.ask("PATCH", path, token=token, body=body, headers=JSON)
        assert (refused.status, refused.json["rule"]) == (400, "json")
    whole = server.ask(
        "PATCH", path, token=token, body=b'{"environments": ["\\ud83d\\ude00"]}', headers=JSON
    )
    assert (whole.status, whole.json["rule"]) == (422, "environment-unknown")


def test_a_nul_in_a_query_or_a_form_is_refused(estate: Any, browser: Callable[[Any], Any]) -> None:
    server, token = estate.start(), estate.token()
    assert server.get("/accounts?q=%00", token).status == 400
    visitor = browser(server)
    visitor.sign_in(token)
    assert visitor.post("/sign-out", {"a": "\0"}).status == 400


def test_an_instant_outside_the_calendar_is_none(estate: Any) -> None:
    server, token = estate.start(), estate.token()
    for since in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"):
        for path in ("/api/v1/events", f"{OWN}/events"):
            refused = server.get(f"{path}?since={since}", token)
            assert (refused.status, refused.json["rule"]) == (400, "schema")


def test_who_waits_with_a_token_that_is_revoked_meanwhile_gets_nothing(estate: Any) -> None:
    server, admin = estate.start(), estate.token()
    number, token = estate.made_token("globex")
    tag = server.get(f"{OWN}/desired", token).headers["etag"]
    waiting = partial(server.ask, token=token, headers={"If-None-Match": tag})
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(waiting, "GET", f"{OWN}/desired?wait=2")
        while b"requests_under_way 2.0" not in server.get("/metrics", admin).body:
            pass
        estate.access.revoke_token(number, now=datetime.fromisoformat(NOW), actor="ann")
        assert (found.result().status, found.result().json["rule"]) == (401, "token")


def test_what_a_request_says_stays_one_line_of_the_log(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    body = b'{"values": {"a\\nserving on http://evil.example\\u001b[2J": {"b": 1}}}'
    path = f"{OWN}/attachments/stock-levels:paris"
    assert server.ask("PATCH", path, token=token, body=body, headers=JSON).status == 422
    said = server.stop()
    assert "\x1b" not in said
    assert not any(line.startswith("serving on") for line in said.splitlines())
    assert "http://evil.example" in said


def test_a_form_with_too_many_fields_is_refused(serve: Callable[..., Any]) -> None:
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    server = serve()
    found = server.ask("POST", "/sign-in", body=b"a=1&" * 600, headers=sent)
    assert found.status == 400
    assert "Traceback" not in server.stop()


def test_a_slash_too_many_leads_nowhere_else(serve: Callable[..., Any]) -> None:
    server = serve()
    for path, place in {
        "/accounts/globex/?a=b": "/accounts/globex?a=b",
        "/api/v1/accounts/": "/api/v1/accounts",
        "//evil.example/": None,
        "/%5Cevil.example/": None,
        "/%09/evil.example/": None,
        "/static/": "/static",
        "/static": None,
    }.items():
        found = server.ask("GET", path, headers={"Host": "other.example"})
        assert (found.status, found.headers.get("location")) == (307 if place else 404, place)
