"""What a pass says of windows that moved, and of tonight's release that somebody disputes."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

from reconciler.model.zones import rules_version
from reconciler.wiring import open_world

NOV20, NOV21, NOV22 = "2026-11-20T12:00", "2026-11-21T12:00", "2026-11-22T12:00"


def told(office: Any, kind: str) -> list[str]:
    with open_world(office.settings(NOV20), store="existing") as world:
        assert world.store is not None
        return [e.draft.message for e in world.store.events() if e.draft.kind == kind]


def scheduled(office: Any) -> None:
    office.commit()
    office.apply(NOV20)
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    office.apply(NOV21)


def test_another_zone_moves_the_window_and_an_event_says_to_when(office: Any) -> None:
    scheduled(office)
    office.publisher("Europe/Paris")
    office.commit()
    office.apply(NOV22)
    [said] = told(office, "window-moved")
    assert said.startswith("window of orders 1.1.0 now opens 2026-12-01T00:00:00+01:00")
    assert told(office, "reschedule") == []


def test_other_zone_rules_are_resolved_again_by_one_pass(office: Any) -> None:
    scheduled(office)
    with closing(sqlite3.connect(office.store_file)) as database, database:
        database.execute("UPDATE applied SET zone_rules = '2020a'")
        database.execute(
            "UPDATE release SET opens_at = '2026-12-01T04:00:00.000000Z' WHERE version = '1.1.0'"
        )
    office.apply(NOV22)
    assert office.base().applied.zone_rules == rules_version()
    [said] = told(office, "window-moved")
    assert "2026-12-01T00:00:00-05:00" in said
    content = office.store_file.read_bytes()
    assert office.apply(NOV22).plan is None
    assert office.store_file.read_bytes() == content


def test_a_disputed_release_is_told_beside_the_limit_that_refused_the_revision(
    office: Any,
) -> None:
    office.publisher(limits={"maxUninstalls": 0})
    scheduled(office)
    office.drop("Release", "orders@1.1.0")
    office.drop("Attachment", "hooli/orders")
    office.commit()
    outcome = office.apply("2026-12-01T05:00")
    assert outcome.exit_code == 4
    with open_world(office.settings(NOV20), store="existing") as world:
        assert world.store is not None
        refusal = world.store.last_refusal()
    assert refusal is not None
    assert "the limit is 0; orders 1.1.0 waits: " in refusal.message
    [said] = told(office, "contested")
    assert said.startswith("orders 1.1.0 waits: ")


def test_the_password_of_a_server_is_not_shown(office: Any, new_database: Any) -> None:
    office.server_url = new_database()
    office.commit()
    office.apply(NOV20)
    store = f"{office.store_url}&password=hush"
    for words in (["plan", str(office.folder)], ["apply", str(office.folder)], ["status"]):
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *words, "--store", store, "--now", f"{NOV20}Z"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "hush" not in done.stdout + done.stderr
