"""What the API answers: its schemas, its pages, and the entity tags of what it shows."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.access import Role
from reconciler.web.api import ROUTES

TOP = Path(__file__).parents[2]
FILLED = {
    "account": "globex",
    "pack": "stock-levels",
    "group": "retail",
    "component": "csv-to-orders",
    "attachment": "stock-levels:paris",
    "version": "2.1.0",
    "digest": "a" * 40,
    "sha256": "a" * 64,
    "number": "1",
}


def _strict(schema: Any) -> Any:
    """The schema without room for properties that it does not describe."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _strict(value) for name, value in schema.items()}
    if "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


def _fits(name: str, value: Any) -> None:
    schema = json.loads((TOP / "schemas" / f"{name}.schema.json").read_text())
    Draft202012Validator(_strict(schema)).validate(value)


def test_every_answer_has_the_form_of_its_schema(shared: Any) -> None:
    server, admin, own = shared.start(), shared.token(), shared.token("globex")
    told = 0
    for route in ROUTES:
        if route.method != "GET" or route.gives is None:
            continue
        for token in (admin, own):
            reply = server.get(route.path.format_map(FILLED), token)
            if reply.status == 200:
                _fits(route.gives, reply.json)
                told += 1
            else:
                assert reply.headers["content-type"] == "application/problem+json"
                _fits("api/problem", reply.json)
    assert told > 30


def test_every_schema_says_what_each_property_is() -> None:
    def undescribed(schema: Any, place: str) -> list[str]:
        found = []
        if isinstance(schema, dict):
            for name, value in schema.get("properties", {}).items():
                if "description" not in value:
                    found.append(f"{place}.{name}")
            for name, value in schema.items():
                found += undescribed(value, f"{place}.{name}")
        return found

    for path in sorted((TOP / "schemas" / "api").iterdir()):
        schema = json.loads(path.read_text())
        Draft202012Validator.check_schema(schema)
        assert undescribed(schema, path.name) == []
        assert {"$id", "title", "description"} <= schema.keys()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/packs",
        "/api/v1/accounts",
        "/api/v1/attachments",
        "/api/v1/attachments?pack=order-to-cash",
        "/api/v1/events",
        "/api/v1/groups",
        "/api/v1/packs/stock-levels/releases",
        "/api/v1/accounts/globex/attachments",
        "/api/v1/accounts/globex/packs",
        "/api/v1/accounts/globex/events",
        "/api/v1/accounts/globex/history",
    ],
)
def test_pages_come_to_the_whole_list(shared: Any, path: str) -> None:
    server, token = shared.start(), shared.token()
    sign = "&" if "?" in path else "?"
    whole = server.get(f"{path}{sign}limit=200", token).json
    assert whole["next"] is None
    found, cursor = [], ""
    while True:
        page = server.get(f"{path}{sign}limit=1&cursor={cursor}", token).json
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole["items"] != []


def test_pages_of_a_state_hold_those_that_fit(shared: Any) -> None:
    server, token = shared.start(), shared.token()
    every = server.get("/api/v1/attachments?limit=200", token).json["items"]
    for state in ("held", "running", "suspended"):
        page = server.get(f"/api/v1/attachments?limit=200&state={state}", token).json
        assert page["items"] == [row for row in every if row["state"] == state]
        assert page["next"] is None


def test_status_is_that_of_the_command_line(estate: Any, tmp_path: Path) -> None:
    import subprocess
    import sys

    server, token = estate.start(), estate.token(role=Role.PUBLISHER_VIEWER)
    told = server.get("/api/v1/status", token).json
    command = [sys.executable, "-m", "reconciler", "status", "--format", "json"]
    now = ["--now", "2026-11-24T15:30:00+00:00"]
    said = subprocess.run([*command, *now], cwd=tmp_path, check=True, capture_output=True)
    assert {name: told[name] for name in json.loads(said.stdout)} == json.loads(said.stdout)


def test_what_did_not_change_is_not_sent_again(shared: Any) -> None:
    server, token = shared.start(), shared.token("globex")
    path = "/api/v1/accounts/globex/attachments/stock-levels:paris"
    first = server.get(path, token)
    tag = first.headers["etag"]
    again = server.ask("GET", path, token=token, headers={"If-None-Match": tag})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    head = server.ask("HEAD", path, token=token)
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", tag)


def test_events_are_exported_whole(shared: Any) -> None:
    server, token = shared.start(), shared.token()
    page = server.get("/api/v1/events?limit=200", token).json["items"]
    lines = server.get("/api/v1/events?format=jsonl", token)
    assert [json.loads(line) for line in lines.body.splitlines()] == page[::-1]
    accept = {"Accept": "text/csv"}
    table = server.ask("GET", "/api/v1/events?kind=schedule", token=token, headers=accept)
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.body.decode())))
    assert [row["kind"] for row in rows] == ["schedule"]


def test_a_spreadsheet_takes_nothing_for_a_formula(estate: Any) -> None:
    estate.access.create_token(
        "=HYPERLINK(0)", Role.PUBLISHER_VIEWER, expires_at=None, now=_now(), actor="@SUM(A1)"
    )
    server, token = estate.start(), estate.token()
    table = server.get("/api/v1/events?format=csv", token).body.decode()
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert "'@SUM(A1)" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


def test_times_are_those_of_the_account(shared: Any) -> None:
    server, token = shared.start(), shared.token("globex")
    pack = server.get("/api/v1/accounts/globex/packs/stock-levels", token).json
    pending = pack["releases"][0]
    assert (pending["state"], pending["opens_at"]) == ("pending", "2026-12-01T05:00:00Z")
    assert (pending["opens_local"], pack["time_zone"]) == (
        "2026-12-01T06:00:00+01:00",
        "Europe/Paris",
    )


def test_settings_say_where_their_values_come_from(shared: Any) -> None:
    server, token = shared.start(), shared.token("globex")
    path = "/api/v1/accounts/globex/attachments/stock-levels:paris"
    found = server.get(path, token).json
    settings = {f"{one['component']}.{one['name']}": one for one in found["settings"]}
    region, password = settings["warehouse-api.region"], settings["stock-erp.password"]
    assert (region["value"], region["source"]) == ("eu-west", "manifest")
    assert (password["value"], password["set"], password["source"]) == (None, True, "manifest")
    assert found["pending"]["adoptable"] is True
    assert found["pending"]["adopt_until"] == "2026-12-01T05:00:00Z"
