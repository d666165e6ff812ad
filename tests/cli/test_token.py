"""Tokens on the command line: made, listed, revoked; the secret on stdout and nowhere else."""

import re
from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"


def test_the_token_is_alone_on_stdout_and_what_it_is_on_stderr(applied: Any) -> None:
    done = applied.at(NOW, "token", "create", "agent", "--account", "first-customer")
    assert done.code == 0, done.err
    assert re.fullmatch(r"ipr_[0-9A-Za-z]{49}\n", done.out)
    assert done.out.strip() not in done.err
    assert (
        'token 1 "agent" for account first-customer, until Sat 20 Feb 2027 10:00 New York'
        in done.err
    )


def test_a_token_lives_from_its_making_to_its_end(applied: Any, fits: Any) -> None:
    words = ("token", "create", "ann", "--role", "publisher-admin", "--expires-in", "12h")
    made = applied.at(NOW, *words, "--format", "json")
    fits("token-create", made.json())
    assert made.json()["expires_at"] == "2026-11-23T03:00:00Z"
    for instant, state in (
        ("2026-11-23T02:59:59.999999Z", "live"),
        ("2026-11-23T03:00:00Z", "expired"),
    ):
        listed = applied.at(instant, "token", "list", "--all", "--format", "json")
        fits("token-list", listed.json())
        assert listed.json()["tokens"][0]["state"] == state
    assert applied.at("2026-11-23T03:00:00Z", "token", "list").out == ""
    assert made.json()["token"] not in listed.out


def test_revoking_is_told_listed_and_an_event(applied: Any, fits: Any) -> None:
    for name in ("a", "b"):
        applied.at(NOW, "token", "create", name, "--role", "publisher-viewer", "--no-expiry")
    done = applied.at(NOW, "token", "revoke", "1", "2", "--format", "json", "--actor", "bob")
    fits("token-revoke", done.json())
    assert {token["state"] for token in done.json()["tokens"]} == {"revoked"}
    assert applied.at(NOW, "token", "revoke", "1").out == 'Token 1 "a" is revoked.\n'
    events = applied.at(NOW, "events", "--format", "json").lines()
    kinds = [(event["kind"], event["actor"]) for event in events if "token" in event["kind"]]
    assert kinds == [("token-created", "ann")] * 2 + [("token-revoked", "bob")] * 2


def test_sessions_are_ended_and_how_many_is_told(applied: Any) -> None:
    assert applied.at(NOW, "token", "end-sessions").out == "Ended 0 sessions.\n"
    done = applied.at(NOW, "token", "end-sessions", "--person", "eve", "--format", "json")
    assert done.json() == {"sessions": 0}


def test_hostile_names_reach_no_terminal_raw(applied: Any) -> None:
    name = "<b>::error::@everyone| %0A"
    done = applied.at(NOW, "token", "create", name, "--role", "publisher-viewer")
    assert done.code == 0, done.err
    for words in (("token", "list"), ("events",)):
        shown = applied.at(NOW, *words).out
        assert name in shown
        assert not [line for line in shown.splitlines() if line.startswith("::")]
    refused = applied.at(NOW, "token", "create", "a\x1b[31mb", "--role", "publisher-viewer")
    assert refused.code == 1
    assert "\x1b" not in refused.err


@pytest.mark.parametrize(
    "words",
    [
        ("create", "x"),
        ("create", "x", "--role", "owner"),
        ("create", "x", "--role", "account"),
        ("create", "x", "--role", "publisher-admin", "--account", "first-customer"),
        ("create", "x", "--role", "publisher-admin", "--expires-in", "1y"),
        ("create", "x", "--role", "publisher-admin", "--expires-in", "0d"),
        ("create", "x", "--role", "publisher-admin", "--expires-in", "999999d"),
        ("create", "x", "--role", "publisher-admin", "--expires-in", "1d", "--no-expiry"),
        ("revoke",),
        ("revoke", "x"),
        ("revoke", "99999999999999999999"),
    ],
)
def test_wrong_usage_is_told_and_changes_nothing(applied: Any, words: tuple[str, ...]) -> None:
    assert applied.at(NOW, "token", *words).code == 64
    assert applied.at(NOW, "token", "list", "--all").out == ""


def test_what_the_store_does_not_know_is_refused(applied: Any) -> None:
    unknown = applied.at(NOW, "token", "create", "x", "--account", "nobody")
    assert unknown.code == 1
    assert 'the store knows no account "nobody"' in unknown.err
    assert applied.at(NOW, "token", "revoke", "7").code == 1


def test_a_real_store_takes_no_other_time(publisher: Any) -> None:
    assert publisher.reconciler("apply").code == 0
    done = publisher.at(NOW, "token", "create", "x", "--role", "publisher-viewer")
    assert done.code == 1
    assert "--now" in done.err


def test_the_role_account_asks_of_which_one(applied: Any) -> None:
    done = applied.at(NOW, "token", "create", "agent", "--role", "account")
    assert done.code == 64
    assert "say of which account: --account NAME" in done.err
