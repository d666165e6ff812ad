"""status, attachments, history, events, why and calendar, and what accounts do for themselves."""

from typing import Any

NOW = "2026-11-22T15:00:00Z"
HELLO = ("first-customer", "hello")


def test_status_shows_packs_and_fits_its_schema(pending: Any, fits: Any) -> None:
    done = pending.at(NOW, "status", "--format", "json")
    fits("status", done.json())
    [pack] = done.json()["packs"]
    assert (pack["name"], pack["current"], pack["attachments"]) == ("hello", "1.0.0", 1)
    assert pack["pending"] == {
        "version": "1.0.1",
        "date": "2026-12-01",
        "opens_at": "2026-12-01T05:00:00Z",
        "closes_at": "2026-12-01T06:00:00Z",
        "opens_local": "2026-12-01T00:00:00-05:00",
        "closes_local": "2026-12-01T01:00:00-05:00",
        "adopted": 0,
        "slots": 0,
    }
    assert pack["by_release"] == {"1.0.0": 1}
    text = pending.at(NOW, "status").out
    assert "hello  1.0.0    1.0.1 on Tue 1 Dec    0 / 1            1       100 %  –" in text


def test_attachments_are_json_lines_that_fit_their_schema(pending: Any, fits: Any) -> None:
    [row] = pending.at(NOW, "attachments", "--format", "json").lines()
    fits("attachments", row)
    assert (row["state"], row["target"], row["origin"]) == ("running", "1.0.0", "manifest")
    assert pending.at(NOW, "attachments", "--state", "held", "--format", "json").lines() == []
    assert pending.at(NOW, "attachments", "--account", "nobody").out == "No attachments.\n"


def test_adopting_is_recorded_with_the_actor_and_once(pending: Any) -> None:
    first = pending.at(NOW, "account", "adopt", *HELLO, "--actor", "bob")
    assert (first.code, first.out) == (
        0,
        "first-customer/hello adopts 1.0.1 (it ran 1.0.0).\n",
    )
    again = pending.at(NOW, "account", "adopt", *HELLO, "--format", "json")
    assert (again.code, again.json()["changed"]) == (0, False)
    events = pending.at(NOW, "events", "--format", "json").lines()
    adopted = [event for event in events if event["kind"] == "account-adopt"]
    assert [event["actor"] for event in adopted] == ["bob"]
    [*_, move] = pending.at(NOW, "history", "--format", "json").lines()
    assert (move["before"], move["after"]) == ("1.0.0", "1.0.1")
    [row] = pending.at(NOW, "attachments", "--format", "json").lines()
    assert (row["adopted"], row["release"], row["state"]) == (True, "1.0.1", "running")
    assert pending.reconciler("store", "check").code == 0


def test_a_refused_request_exits_1_with_the_reason_and_writes_nothing(applied: Any) -> None:
    before = applied.at(NOW, "events").out
    done = applied.at(NOW, "account", "uninstall", *HELLO)
    assert (done.code, done.out) == (1, "")
    assert "first-customer/hello declares it" in done.err
    assert applied.at(NOW, "events").out == before


def test_an_account_installs_and_uninstalls_a_pack(applied: Any) -> None:
    applied.write(
        "accounts/second.yaml",
        "apiVersion: reconciler/v1\nkind: ManagedAccount\nmetadata: {name: second}\nspec: {}\n",
    )
    applied.commit()
    assert applied.at(NOW, "apply").code == 0
    done = applied.at(NOW, "account", "install", "second", "hello")
    assert (done.code, done.out) == (0, "second/hello is installed and runs 1.0.0.\n")
    assert applied.at(NOW, "account", "install", "second", "hello").code == 1
    assert applied.at(NOW, "account", "uninstall", "second", "hello").code == 0
    assert len(applied.at(NOW, "attachments", "--format", "json").lines()) == 1


def test_requests_on_a_real_store_take_the_time_from_the_clock(publisher: Any) -> None:
    assert publisher.reconciler("apply").code == 0
    done = publisher.at(NOW, "account", "uninstall", *HELLO)
    assert done.code != 0
    assert "rehears" in done.err


def test_why_answers_in_sentences_and_in_json(pending: Any) -> None:
    told = pending.at(NOW, "why", *HELLO).out.splitlines()
    assert told[0] == "first-customer runs hello 1.0.0, the current release."
    assert "on Tue 1 Dec between 00:00 and 01:00 New York" in told[1]
    [found] = pending.at(NOW, "why", *HELLO, "--format", "json").lines()
    assert (found["state"], found["next_at"]) == ("running", "2026-12-01T05:00:00Z")
    missing = pending.at(NOW, "why", "first-customer", "helo")
    assert missing.code == 1
    assert 'did you mean "hello"?' in missing.err


def test_the_calendar_is_text_json_or_ics(pending: Any) -> None:
    assert "hello 1.0.1 becomes current" in pending.at(NOW, "calendar").out
    [entry] = pending.at(NOW, "calendar", "--format", "json").lines()
    assert (entry["kind"], entry["at"]) == ("window", "2026-12-01T05:00:00Z")
    assert "DTSTART:20261201T050000Z" in pending.at(NOW, "calendar", "--ics").out
    assert "Nothing will happen" in pending.at(NOW, "calendar", "--days", "3").out


def test_the_columns_of_events_line_up_whatever_the_day(pending: Any) -> None:
    assert pending.at("2026-12-01T05:00:00Z", "apply").code == 0
    lines = pending.at(NOW, "events").out.splitlines()
    kinds = ("cold-start", "accepted", "install", "schedule", "promote")
    found = {line.index(f"  {kind} ") for line in lines for kind in kinds if f" {kind} " in line}
    assert len(found) == 1


def test_events_and_history_are_limited_to_the_newest(pending: Any) -> None:
    every = pending.at(NOW, "events", "--format", "json").lines()
    newest = pending.at(NOW, "events", "--limit", "1", "--format", "json").lines()
    assert newest == every[-1:]
    assert pending.at(NOW, "history", "--limit", "1").out.count("\n") == 1
