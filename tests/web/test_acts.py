"""What accounts do over HTTP: the same decisions as on the command line, guarded by entity tags."""

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from jsonschema import Draft202012Validator

TOP = Path(__file__).parents[2]
OWN = "/api/v1/accounts/globex/attachments"


def _decision(reply: Any) -> Any:
    schema = json.loads((TOP / "schemas" / "api" / "decision.schema.json").read_text())
    Draft202012Validator(schema).validate(reply.json)
    return reply.json


def test_a_pack_is_installed_set_adopted_and_uninstalled(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/stock-levels:lyon"
    made = server.ask("PUT", path, token=token, body={"environments": ["test"]})
    assert (made.status, _decision(made)["attachment"]["release"]) == (201, "2.0.0")
    assert server.get(path, token).headers["etag"] == made.headers["etag"]
    values = {"values": {"warehouse-api": {"region": "eu-west"}}}
    match = {"If-Match": made.headers["etag"]}
    patched = server.ask("PATCH", path, token=token, body=values, headers=match)
    assert patched.status == 200
    settings = {one["name"]: one for one in _decision(patched)["attachment"]["settings"]}
    assert (settings["region"]["value"], settings["region"]["source"]) == ("eu-west", "account")
    adopted = server.ask("PUT", f"{path}/adoption", token=token, body={"version": "2.1.0"})
    assert _decision(adopted)["attachment"]["release"] == "2.1.0"
    gone = server.ask("DELETE", path, token=token)
    assert (_decision(gone)["changed"], gone.json["attachment"]) == (True, None)
    assert server.get(path, token).status == 404
    kinds = [event["kind"] for event in server.get(
        "/api/v1/accounts/globex/events", token).json["items"]]  # fmt: skip
    assert kinds[:4] == [
        "account-uninstall", "account-adopt", "account-configure", "account-install",
    ]  # fmt: skip


def test_doing_it_twice_changes_nothing(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/stock-levels:lyon"
    first = server.ask("PUT", path, token=token, body={})
    second = server.ask("PUT", path, token=token, body={})
    assert (first.status, second.status) == (201, 200)
    assert (_decision(second)["changed"], second.headers["etag"]) == (False, first.headers["etag"])
    assert server.ask("DELETE", path, token=token).json["changed"] is True
    assert server.ask("DELETE", path, token=token).json["changed"] is False


def test_a_slot_is_chosen_and_taken_back(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/stock-levels:paris/adoption"
    at = "2026-11-25T09:15:00+01:00"
    chosen = server.ask("PUT", path, token=token, body={"at": at})
    assert _decision(chosen)["attachment"]["slot"] == "2026-11-25T08:15:00Z"
    assert server.get(OWN, token).json["items"][1]["slot"] == "2026-11-25T08:15:00Z"
    taken = server.ask("DELETE", path, token=token)
    assert _decision(taken)["attachment"]["slot"] is None


def test_a_template_is_copied_once(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = "/api/v1/accounts/globex/templates/csv-to-orders"
    assert server.ask("PUT", path, token=token).status == 201
    assert server.ask("PUT", path, token=token).json["changed"] is False
    items = server.get("/api/v1/accounts/globex/templates", token).json["items"]
    assert items[0]["copied"]["version"] == "1.0.0"


REFUSALS = [
    ("PUT", "/invoices", {}, 404, "not-found"),
    ("PUT", "/nothing", {}, 404, "not-found"),
    ("PUT", "/order-to-cash:again", {}, 422, "attachment-instance"),
    ("PUT", "/stock-levels:x", {"environments": ["moon"]}, 422, "environment-unknown"),
    ("PUT", "/stock-levels:x", {"values": {"no": {"such": 1}}}, 422, "extension-unknown"),
    ("PUT", "/stock-levels:x", {"values": {"warehouse-api": {"region": 7}}}, 422,
     "extension-type"),
    ("PUT", "/stock-levels:x", {"values": {"stock-erp": {"password": "x"}}}, 422,
     "extension-secret"),
    ("PUT", "/stock-levels:paris/adoption", {"version": "9.9.9"}, 409, "not-pending"),
    ("PUT", "/stock-levels:paris/adoption", {"at": "2027-01-01T00:00:00Z"}, 422, "slot"),
    ("PUT", "/stock-levels:paris/adoption", {"at": "tomorrow"}, 400, "schema"),
    ("PUT", "/order-to-cash/adoption", {}, 409, "not-pending"),
    ("DELETE", "/stock-levels:paris", None, 409, "declared"),
    ("PATCH", "/stock-levels:paris", {}, 428, "precondition"),
    ("PUT", "/stock-levels:x", {"unknown": 1}, 400, "schema"),
    ("PUT", "/stock-levels:x", [], 400, "schema"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "rule"), REFUSALS)
def test_a_refusal_names_its_rule(
    shared: Any, method: str, path: str, body: Any, status: int, rule: str
) -> None:
    server, token = shared.start(), shared.token("globex")
    before = server.get("/api/v1/accounts/globex/history", token).body
    reply = server.ask(method, OWN + path, token=token, body=body)
    assert (reply.status, reply.json["rule"]) == (status, rule), reply.body
    assert "reconciler " not in (reply.json["hint"] or "")
    assert server.get("/api/v1/accounts/globex/history", token).body == before


def test_a_pack_or_template_of_others_is_like_one_that_is_not_there(estate: Any) -> None:
    server, admin = estate.start(), estate.token()
    tokens = {name: estate.token(name) for name in ("globex", "tyrell")}
    asked = [("globex", method, f"attachments/{{}}{end}")
             for method, end in (("PUT", ""), ("PUT", ":x"), ("DELETE", ""), ("DELETE", ":x"),
                                 ("PUT", "/adoption"), ("DELETE", "/adoption"))]  # fmt: skip
    for account, method, path, name in [
        *((*one, "invoices") for one in asked),
        ("tyrell", "PUT", "templates/{}", "csv-to-orders"),
    ]:
        place = f"/api/v1/accounts/{account}/{path}"
        there, missing = (
            server.ask(method, place.format(one), token=tokens[account], body={})
            for one in (name, "no-such-thing")
        )
        assert (there.status, there.body) == (404, missing.body), (method, path)
    path = "/api/v1/accounts/globex/attachments/invoices"
    told = server.ask("PUT", path, token=admin, body={})
    assert (told.status, told.json["rule"]) == (409, "not-entitled")


def test_what_was_changed_meanwhile_is_not_overwritten(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/stock-levels:paris"
    seen = server.get(path, token).headers["etag"]
    body = {"environments": ["test"]}
    first = server.ask("PATCH", path, token=token, body=body, headers={"If-Match": seen})
    assert first.status == 200
    late = server.ask("PATCH", path, token=token, body=body, headers={"If-Match": seen})
    assert (late.status, late.json["rule"]) == (412, "changed")
    there = server.ask("PUT", path, token=token, body={}, headers={"If-None-Match": "*"})
    assert there.status == 412
    nowhere = {"If-Match": "*"}
    absent = server.ask("PUT", f"{OWN}/stock-levels:x", token=token, body={}, headers=nowhere)
    assert absent.status == 412


def test_of_many_who_saw_the_same_one_wins(estate: Any) -> None:
    server, token = estate.start(), estate.token("globex")
    path = f"{OWN}/stock-levels:lyon"
    match = {"If-Match": server.ask("PUT", path, token=token, body={}).headers["etag"]}
    statuses: list[int] = []

    def patch(number: int) -> None:
        body = {"values": {"alert-rules": {"recipient": f"{number}@globex.example"}}}
        reply = server.ask("PATCH", path, token=token, body=body, headers=match)
        statuses.append(reply.status)

    threads = [Thread(target=patch, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[412] * 7]


def test_an_administrator_acts_under_its_own_name(estate: Any) -> None:
    server, token = estate.start(), estate.token()
    server.ask("PUT", f"{OWN}/stock-levels:x", token=token, body={})
    event = server.get("/api/v1/events?account=globex&limit=1", token).json["items"][0]
    assert (event["kind"], event["actor"]) == (
        "account-install",
        "publisher-admin (token 1)",
    )
