"""SPEC section 5 from end to end as typed: real commands, a real repository, --now as the clock."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.fixture
def cli(office: Any) -> Cli:
    """Runs `reconciler WORDS` in the repository's folder; returns exit code and parsed JSON."""

    def run(*words: str, now: str | None = None) -> tuple[int, Any]:
        clock = () if now is None else ("--now", now + "Z")
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *words, "--format", "json", *clock],
            cwd=office.folder,
            env={**os.environ, "RECONCILER_STORE": office.store_url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        lines = done.stdout.splitlines()
        whole = done.stdout.startswith("{\n")
        return done.returncode, json.loads(done.stdout) if whole else [*map(json.loads, lines)]

    return run


def shown(report: Any, part: str = "changes") -> list[str]:
    return [
        f"{c['action']} {c['name']} {c['before']}>{c['after']} x{c['attachments']}"
        for c in report[part]
        if c["kind"] in ("Release", "Attachment") and c["action"] not in ("create", "update")
    ]


def running(cli: Cli, now: str) -> dict[str, str]:
    _, rows = cli("attachments", now=now)
    return {
        "/".join(filter(None, (row["account"], row["pack"], row["instance"]))): row["release"]
        for row in rows
    }


def test_a_year_of_releases(office: Any, cli: Cli) -> None:
    office.commit()
    assert cli("validate", now="2026-11-20T12:00:00")[0] == 0
    code, plan = cli("plan", "--detailed-exitcode", now="2026-11-20T12:00:00")
    assert code == 2
    assert plan["summary"]["install"] == 2
    code, report = cli("apply", now="2026-11-20T12:00:00")
    assert (code, report["applied"]["attachments"], report["late"]) == (0, 5, 0)
    assert cli("apply", now="2026-11-20T12:00:00")[1]["run"] is None

    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    _, report = cli("apply", now="2026-11-21T12:00:00")
    assert shown(report) == ["schedule orders 1.0.0>1.1.0 x3"]
    assert report["next_due"] == "2026-12-01T05:00:00Z"
    assert cli("account", "adopt", "acme", "orders", now="2026-11-22T12:00:00")[0] == 0
    assert running(cli, "2026-11-22T12:00:00")["acme/orders"] == "1.1.0"
    assert cli("apply", now="2026-12-01T04:59:59.999999")[1]["run"] is None
    _, report = cli("apply", now="2026-12-01T05:59:59.999999")
    assert (shown(report), report["late"]) == (["promote orders 1.0.0>1.1.0 x2"], 0)

    office.release("orders", "1.2.0", on="2026-12-20")
    office.commit()
    cli("apply", now="2026-12-02T12:00:00")
    cli("account", "adopt", "globex", "orders", now="2026-12-03T12:00:00")
    office.release("orders", "1.2.1")
    office.commit()
    _, report = cli("apply", now="2026-12-04T12:00:00")
    assert shown(report) == ["release orders 1.1.0>1.2.1 x3", "supersede orders 1.2.0>None x0"]
    code, refused = cli("account", "adopt", "acme", "orders", now="2026-12-04T13:00:00")
    assert (code, refused["error"]["code"]) == (1, 1)

    office.release("orders", "1.3.0", on="2027-01-10")
    office.commit()
    cli("apply", now="2026-12-05T12:00:00")
    cli("account", "adopt", "hooli", "orders", now="2026-12-06T12:00:00")
    office.drop("Release", "orders@1.3.0")
    office.commit()
    _, report = cli("apply", now="2026-12-07T12:00:00")
    assert shown(report) == ["withdraw orders 1.3.0>None x0", "revert orders 1.3.0>1.2.1 x1"]

    office.drop("Release", "orders@1.2.1")
    office.commit()
    _, report = cli("apply", now="2026-12-08T12:00:00")
    assert shown(report) == ["rollback orders 1.2.1>1.1.0 x3", "schedule orders 1.1.0>1.2.0 x3"]
    assert report["changes"][0]["destructive"]
    _, report = cli("apply", now="2027-02-01T12:00:00")
    assert shown(report) == ["promote orders 1.1.0>1.2.0 x3"]
    assert report["late"] == 3

    assert cli("store", "check")[0] == 0
    _, events = cli("events", now="2027-02-01T12:00:00")
    kinds = [event["kind"] for event in events]
    assert kinds.count("promote") == 2
    assert kinds.count("account-adopt") == 3


@pytest.mark.parametrize(
    ("zone", "date", "before", "opens", "closes"),
    [
        ("America/New_York", "2026-12-01", "04:59:59", "05:00:00", "06:00:00"),
        ("America/Santiago", "2026-09-06", "03:59:59", "04:00:00", "05:00:00"),
        ("America/Havana", "2026-11-01", "03:59:59", "04:00:00", "05:00:00"),
        ("America/Havana", "2025-11-02", "03:59:59", "04:00:00", "05:00:00"),
    ],
)
def test_a_window_opens_and_closes_where_the_zone_says(
    office: Any, cli: Cli, zone: str, date: str, before: str, opens: str, closes: str
) -> None:
    before, opens, closes = (f"{date}T{time}" for time in (before, opens, closes))
    office.publisher(zone)
    office.commit()
    cli("apply", now="2025-08-01T12:00:00")
    office.release("orders", "1.1.0", on=date)
    office.commit()
    _, report = cli("apply", now="2025-08-02T12:00:00")
    window = report["changes"][-1]["window"]
    assert (window["opens_at"], window["closes_at"]) == (opens + "Z", closes + "Z")
    assert window["opens_local"].startswith(f"{date}T0")
    assert datetime.fromisoformat(window["opens_local"]) == datetime.fromisoformat(opens + "Z")
    _, status = cli("status", now="2025-08-02T12:00:00")
    pending = {pack["name"]: pack["pending"] for pack in status["packs"]}["orders"]
    assert {key: pending[key] for key in window} == window
    assert cli("apply", now=before)[1]["run"] is None
    assert shown(cli("apply", now=opens)[1]) == ["promote orders 1.0.0>1.1.0 x3"]


def test_a_date_that_does_not_exist_in_the_zone_is_a_finding(office: Any, cli: Cli) -> None:
    office.publisher("Pacific/Apia")
    office.release("orders", "1.1.0", on="2011-12-30")
    office.release("orders", "1.2.0", on="2026-02-30")
    office.commit()
    code, report = cli("validate", now="2011-12-01T12:00:00")
    assert code == 3
    found = [finding for finding in report["findings"] if finding["severity"] == "error"]
    assert [finding["rule"] for finding in found] == ["release-date", "release-date"]
    assert not office.store_file.exists()


def test_gates_are_seen_waiting_and_go_without_a_commit(office: Any, cli: Cli) -> None:
    freeze = {"name": "quiet", "reason": "sales", "from": "2026-11-30", "until": "2026-12-03"}
    office.publisher(freezes=[freeze])
    office.commit()
    cli("apply", now="2026-11-20T12:00:00")
    office.release("orders", "1.1.0")
    office.attach("hooli", "orders", hold={"until": "2026-12-05", "reason": "stocktaking"})
    office.commit()
    code, report = cli("apply", now="2026-12-01T12:00:00")
    assert code == 0
    assert shown(report, "waiting") == ["release orders 1.0.0>1.1.0 x2"]
    assert report["waiting"][0]["until"] == "2026-12-03T05:00:00Z"
    _, report = cli("apply", now="2026-12-03T05:00:00")
    assert shown(report) == ["release orders 1.0.0>1.1.0 x2"]
    assert shown(report, "waiting") == ["upgrade orders 1.0.0>1.1.0 x1"]
    _, rows = cli("attachments", now="2026-12-03T05:00:00")
    assert {row["account"]: row["state"] for row in rows if row["pack"] == "orders"} == {
        "acme": "running",
        "globex": "running",
        "hooli": "held",
    }
    assert shown(cli("apply", now="2026-12-05T05:00:00")[1]) == ["upgrade orders 1.0.0>1.1.0 x1"]
