"""Every route and every role: who may do what; and what an account can't learn of another."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.model.access import Role
from reconciler.web.api import ROUTES
from reconciler.web.pages import ROUTES as PAGES
from reconciler.web.route import Access, Route

OWN, OTHER, NOBODY = "globex", "hooli", "no-such-account"
FILLED = {
    "pack": "stock-levels",
    "group": "retail",
    "component": "csv-to-orders",
    "attachment": "stock-levels:paris",
    "version": "2.1.0",
    "digest": "a" * 40,
    "sha256": "a" * 64,
    "number": "999999",
}
ROLES = ("nobody", "viewer", "admin", "own", "other", "expired", "revoked")
NOT_SIGNED_IN = ("nobody", "expired", "revoked")
# What a role is told, of routes that are not for it; None: it is let in.
REFUSED: Mapping[Access, Mapping[str, int | None]] = {
    Access.ANYBODY: {},
    Access.SIGNED_IN: dict.fromkeys(NOT_SIGNED_IN, 401),
    Access.ACCOUNT_READS: {**dict.fromkeys(NOT_SIGNED_IN, 401), "other": 404},
    Access.ACCOUNT_ACTS: {**dict.fromkeys(NOT_SIGNED_IN, 401), "other": 404, "viewer": 403},
    Access.PUBLISHER: {**dict.fromkeys(NOT_SIGNED_IN, 401), "own": 403, "other": 403},
    Access.ADMIN: {
        **dict.fromkeys(NOT_SIGNED_IN, 401), "own": 403, "other": 403, "viewer": 403,
    },
}  # fmt: skip
# Two roles that are both let in are told the same kind of thing about what is not there.
LET_IN_BUT_REFUSED = (401, 403)
# What a browser of its own begins with: a token in a header is nothing to them.
ONES_OWN_BROWSERS = ("sign-in-at-provider", "sign-in-from-provider")
# A runtime has to look the account's secrets up: it gets the references.
GIVES_REFERENCES = "desired-bundle"


def _path(route: Route, account: str) -> str:
    return route.path.format_map({**FILLED, "account": account})


def _body(route: Route) -> Any:
    return None if route.takes is None else {}


@pytest.fixture
def tokens(estate: Any) -> dict[str, str | None]:
    return _tokens(estate)


@pytest.fixture(scope="module")
def seats(shared: Any) -> dict[str, str | None]:
    return _tokens(shared)


def _tokens(estate: Any) -> dict[str, str | None]:
    now = datetime.fromisoformat("2026-11-24T15:30:00+00:00")
    early = now - timedelta(days=2)
    _, expired = estate.made_token(OWN, expires_at=now - timedelta(days=1), now=early)
    number, revoked = estate.made_token(OWN)
    estate.access.revoke_token(number, now=now, actor="ann")
    return {
        "nobody": None,
        "viewer": estate.token(role=Role.PUBLISHER_VIEWER),
        "admin": estate.token(),
        "own": estate.token(OWN),
        "other": estate.token(OTHER),
        "expired": expired,
        "revoked": revoked,
    }


def _safe_first() -> Iterator[Route]:
    """What takes away comes last, so that the others find what they are about."""
    yield from sorted(ROUTES, key=lambda route: ("GET", "PUT", "PATCH").count(route.method) == 0)


def _page_path(route: Route) -> str:
    """With what it can't do without."""
    needed = {one.name: FILLED.get(one.name, OWN) for one in route.query if one.required}
    query = "&".join(f"{name}={value}" for name, value in needed.items())
    return _path(route, OWN) + (f"?{query}" if query else "")


def test_every_page_is_for_those_whom_it_names(shared: Any, seats: dict[str, str | None]) -> None:
    """Who is not signed in is sent to where they can; what streams is asked by its head."""
    server = shared.start()
    wrong = []
    for route in PAGES:
        if route.method != "GET" or route.operation in ONES_OWN_BROWSERS:
            continue
        method = "HEAD" if "stream" in route.operation else "GET"
        for role in ROLES:
            reply = server.ask(method, _page_path(route), token=seats[role])
            expected = REFUSED[route.access].get(role)
            if expected == 401:
                fits = reply.status == 303 and reply.headers["location"].startswith("/sign-in")
            elif expected is not None:
                fits = reply.status == expected
            else:
                fits = reply.status not in LET_IN_BUT_REFUSED and reply.status < 500
            if not fits:
                wrong.append((route.operation, role, expected, reply.status))
    assert wrong == []


def test_every_route_is_for_those_whom_it_names(estate: Any, tokens: dict[str, str | None]) -> None:
    server = estate.start()
    wrong = []
    for route in _safe_first():
        for role in ROLES:
            reply = server.ask(
                route.method, _path(route, OWN), token=tokens[role], body=_body(route)
            )
            expected = REFUSED[route.access].get(role)
            fits = (
                reply.status == expected
                if expected is not None
                else reply.status not in LET_IN_BUT_REFUSED and reply.status < 500
            )
            if not fits:
                wrong.append((route.operation, role, expected, reply.status, reply.body[:200]))
    assert wrong == []


def _told(reply: Any) -> tuple[Any, ...]:
    """All of an answer but when it was given, and which one it was."""
    left_out = ("date", "x-request-id", "ratelimit", "ratelimit-policy")
    headers = {name: value for name, value in reply.headers.items() if name not in left_out}
    return reply.status, sorted(headers.items()), reply.body


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"])
def test_another_account_is_answered_as_one_that_does_not_exist(
    shared: Any, seats: dict[str, str | None], method: str
) -> None:
    server = shared.start()
    paths = {route.path for route in ROUTES if "{account}" in route.path}
    assert len(paths) > 10
    for path in paths:
        answers = []
        for account in (OTHER, NOBODY):
            filled = path.format_map({**FILLED, "attachment": "invoices", "account": account})
            for headers in ({}, {"If-Match": '"x"'}, {"If-None-Match": "*"}):
                reply = server.ask(method, filled, token=seats["own"], body={}, headers=headers)
                answers.append(_told(reply))
        half = len(answers) // 2
        assert answers[:half] == answers[half:], (method, path)


def test_what_an_account_reads_tells_of_no_other(shared: Any, seats: dict[str, str | None]) -> None:
    """Neither by name nor by number: its world is the same however large the rest is."""
    server = shared.start()
    others = ("acme", "hooli", "initech", "stark", "umbrella", "wonka", "wayne", "cyberdyne",
              "soylent", "tyrell", "massive", "vandelay")  # fmt: skip
    for route in ROUTES:
        if route.access is not Access.ACCOUNT_READS or route.method != "GET":
            continue
        text = server.get(_path(route, OWN), seats["own"]).body.decode()
        assert [name for name in others if f'"{name}"' in text or f"{name} " in text] == []


def test_an_accounts_world_stays_the_same_when_another_account_acts(
    estate: Any, tokens: dict[str, str | None]
) -> None:
    server = estate.start()
    reads = [
        route for route in ROUTES if route.access is Access.ACCOUNT_READS and route.method == "GET"
    ]

    def seen() -> dict[str, Any]:
        found = {}
        for route in reads:
            query = "?limit=1" if any(one.name == "limit" for one in route.query) else ""
            reply = server.get(_path(route, OWN) + query, tokens["own"])
            found[route.operation] = _told(reply)
        return found

    before = seen()
    path = "/api/v1/accounts/umbrella/attachments/stock-levels:spare"
    for method, place, body in (
        ("PUT", "", {}),
        ("PUT", "/adoption", {}),
        ("DELETE", "", None),
    ):
        reply = server.ask(method, path + place, token=tokens["admin"], body=body)
        assert reply.status in (200, 201), reply.body
    after = seen()
    assert {name for name in before if before[name] != after[name]} == set()


def test_a_cursor_is_good_for_its_own_list_alone(shared: Any, seats: dict[str, str | None]) -> None:
    server = shared.start()
    own = f"/api/v1/accounts/{OWN}/events?limit=1"
    cursor = server.get(own, seats["own"]).json["next"]
    assert server.get(f"{own}&cursor={cursor}", seats["own"]).status == 200
    for path, token in (
        (f"/api/v1/accounts/{OWN}/history?limit=1", "own"),
        (f"{own}&kind=schedule", "own"),
        (f"/api/v1/accounts/{OTHER}/events?limit=1", "other"),
        ("/api/v1/events?limit=1", "admin"),
    ):
        reply = server.get(f"{path}&cursor={cursor}", seats[token])
        assert (reply.status, reply.json["rule"]) == (400, "cursor"), path
    for spoiled in (cursor[:-1], f"{cursor}AA", cursor[::-1], "A", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"):
        assert server.get(f"{own}&cursor={spoiled}", seats["own"]).status == 400


def test_a_secret_is_never_read_back(shared: Any, seats: dict[str, str | None]) -> None:
    server = shared.start()
    for route in ROUTES:
        if route.operation == GIVES_REFERENCES or route.access is Access.ANYBODY:
            continue
        if route.method == "GET":
            for role in ("own", "viewer", "admin"):
                text = server.get(_path(route, OWN), seats[role]).body.decode()
                assert "vault/" not in text, (route.operation, role)


def test_refusals_are_problems_with_their_rules(shared: Any, seats: dict[str, str | None]) -> None:
    server = shared.start()
    for role, status, rule in (
        ("nobody", 401, "not-signed-in"),
        ("expired", 401, "token"),
        ("own", 403, "role"),
    ):
        reply = server.get("/api/v1/packs", seats[role])
        assert (reply.status, json.loads(reply.body)["rule"]) == (status, rule)
        assert reply.headers["content-type"] == "application/problem+json"
