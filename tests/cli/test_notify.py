"""Notifications on the command line: channels, what became of messages, and sending by hand."""

import re
import socket
from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"
HOOK = "https://hooks.example/x"
JSON = ("--format", "json")


def _hook(applied: Any, *words: str) -> Any:
    return applied.at(NOW, "notify", "add", *words, "--webhook", HOOK, *JSON)


def test_the_secret_is_alone_on_stdout_and_never_shown_again(applied: Any, fits: Any) -> None:
    made = applied.at(NOW, "notify", "add", "--publisher", "--webhook", HOOK)
    assert made.code == 0, made.err
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{32}\n", made.out)
    assert "channel 1: the publisher is told by webhook" in made.err
    again = _hook(applied, "--account", "first-customer", "--topic", "late").json()
    fits("notify-add", again)
    assert again["topics"] == ["late"]
    listed = applied.reconciler("notify", "channels", *JSON)
    fits("notify-channels", listed.json())
    assert [one["account"] for one in listed.json()["channels"]] == [None, "first-customer"]
    shown = applied.reconciler("notify", "channels").out
    for secret in (made.out.strip(), again["secret"]):
        assert secret not in listed.out + shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--publisher", "--webhook", "http://hooks.example/x"), "not https"),
        (("--publisher", "--webhook", "https://u:secret@hooks.example/"), "password"),
        (("--publisher", "--email", "a@b.example\nBcc: c@d.example"), "no e-mail address"),
        (("--publisher", "--email", "a@b.example,c@d.example"), "no e-mail address"),
        (("--publisher", "--slack", "ftp://hooks.example/x"), "no URL"),
        (("--account", "nobody", "--webhook", HOOK), "no account"),
        (("--account", "first-customer", "--webhook", HOOK, "--topic", "refused"), "no topic"),
    ],
)
def test_what_can_not_be_a_channel_is_refused(applied: Any, words: Any, said: str) -> None:
    done = applied.at(NOW, "notify", "add", *words)
    assert done.code == 1
    assert said in done.err
    assert "secret@" not in done.err


def test_wrong_usage_exits_64(applied: Any) -> None:
    for words in (("--webhook", HOOK), ("--publisher",), ("--publisher", "--account", "a")):
        assert applied.at(NOW, "notify", "add", *words).code == 64
    assert applied.at(NOW, "notify", "resend").code == 64
    mail = ("notify", "run", "--once", "--mail-server", "http://mail.example")
    assert applied.at(NOW, *mail).code == 64


def test_a_receiver_that_is_away_is_told_of_later_and_can_be_tried_by_hand(
    applied: Any, fits: Any
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
    private = ("--allow-private-addresses",)
    assert applied.at(NOW, "notify", "add", "--publisher", "--webhook", url, *private).code == 0
    tried = applied.at(NOW, "notify", "test", "1", *private, *JSON)
    assert tried.code == 1
    fits("notify-test", tried.json())
    assert "no connection" in tried.json()["error"]
    guarded = applied.at(NOW, "notify", "test", "1")
    assert "not a public address" in guarded.out
    applied.write("packs/broken.yaml", "kind: Nonsense\n")
    applied.commit()
    assert applied.at(NOW, "apply").code == 3
    sent = applied.at(NOW, "notify", "run", "--once", *private, *JSON)
    fits("notify-run", sent.json())
    assert sent.json() == {"sent": 0, "due": 1, "dead": 0}
    assert "it is tried again" in sent.err
    listed = applied.at(NOW, "notify", "list", *JSON)
    fits("notify-list", listed.json())
    (one,) = listed.json()["notifications"]
    assert (one["topic"], one["state"], one["attempts"]) == ("refused", "due", 1)
    assert "refused" in applied.at(NOW, "notify", "list", "--publisher", "--state", "due").out
    assert applied.at(NOW, "notify", "resend", "1").code == 1


def test_a_removed_channel_is_told_nothing_more(applied: Any, fits: Any) -> None:
    _hook(applied, "--publisher")
    removed = applied.at(NOW, "notify", "remove", "1", "--actor", "bob", *JSON)
    fits("notify-remove", removed.json())
    assert applied.at(NOW, "notify", "remove", "1").code == 1
    assert applied.at(NOW, "notify", "test", "1").code == 1
    assert applied.reconciler("notify", "channels").out == ""
    assert applied.reconciler("notify", "channels", "--all").out.count("webhook") == 1
    events = applied.at(NOW, "events", *JSON).lines()
    found = [(event["kind"], event["actor"]) for event in events if "channel" in event["kind"]]
    assert found == [("channel-added", "ann"), ("channel-removed", "bob")]
    assert "hooks.example" not in str(events)
