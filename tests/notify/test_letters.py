"""Notices in words: what each says, to whom, and that no name can break out of any channel."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from reconciler.desired.notices import retry_seconds
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.notices import Attachment, Move, Notice, Topic
from reconciler.notify.mails import message
from reconciler.notify.webhooks import slack_text
from reconciler.report.notices.data import body
from reconciler.report.notices.letter import letter

NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
OPENS = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
HOSTILE = (
    "<b>&\r\nBcc: eve@evil.example\r\n\r\n<!channel> <@U1> @everyone *x* _y_ `z`"
    " https://evil.example ::error::x \x1b[31m\u202e\u200b|"
)
WINDOW = {"opens_at": OPENS.isoformat(), "closes_at": (OPENS + timedelta(hours=1)).isoformat()}


def notice(topic: Topic, account: str | None = None, **given: Any) -> Notice:
    details = {"before": "2.0.0", "after": "2.1.0", "attachments": 288, "window": WINDOW}
    draft = EventDraft(
        kind=EventKind.SCHEDULE,
        at=NOW,
        actor="ann",
        revision="a" * 40,
        pack=given.pop("pack", "stock-levels"),
        account=account,
        message=given.pop("message", "something happened"),
        details={**details, **given.pop("details", {})},
    )
    given.setdefault("zone", "Europe/Paris" if account else "America/New_York")
    return Notice(id="msg_3_120", topic=topic, event=120, draft=draft, account=account, **given)


def words(told: Notice) -> str:
    found = letter(told, NOW)
    return "\n".join([found.title, *found.lines, found.action or ""])


def test_an_account_reads_the_verdict_first_and_the_time_in_its_own_zone() -> None:
    running = (Attachment(instance="", release="2.0.0", held=False),)
    told = letter(notice(Topic.WINDOW_NEAR, "globex", attachments=running), NOW)
    assert told.title == "stock-levels 2.1.0 comes in 23 h: Tue 1 Dec 06:00–07:00 Paris"
    assert "You run 2.0.0." in told.lines
    assert "05:00–06:00 UTC" in told.lines[0]


def test_a_move_is_told_as_what_it_was() -> None:
    moves = (Move(instance="", before="2.0.0", after="2.1.0", action="upgrade"),)
    told = letter(notice(Topic.APPLIED, "globex", moves=moves), NOW)
    assert told.title == "stock-levels 2.1.0 was applied (it ran 2.0.0)"
    late = letter(notice(Topic.LATE, "globex", moves=moves), NOW)
    assert late.title.endswith(", after its window")


def test_missing_values_are_named_with_until_when() -> None:
    missing = [{"component": "warehouse-api", "name": "region"}]
    told = letter(notice(Topic.VALUES_MISSING, "globex", details={"missing": missing}), NOW)
    assert told.title.startswith("stock-levels 2.1.0 needs 1 value from you before Tue 1 Dec 06:00")
    assert told.lines[0] == "Missing: warehouse-api.region."


@pytest.mark.parametrize("topic", [topic for topic in Topic if topic is not Topic.TEST])
def test_an_account_reads_nothing_of_others(topic: Topic) -> None:
    details = {
        "members": ["initech/stock-levels"],
        "reason": "account initech left group retail",
        "token": "ci",
        "expires_at": OPENS.isoformat(),
    }
    told = notice(topic, "globex", details=details)
    said = words(told) + body(told, NOW)
    for secret in ("initech", "288", "ann", "a" * 7):
        assert secret not in said


@pytest.mark.parametrize("topic", list(Topic))
@pytest.mark.parametrize("account", [None, "globex"])
def test_hostile_names_break_out_of_no_channel(topic: Topic, account: str | None) -> None:
    hostile = {
        "before": HOSTILE,
        "after": HOSTILE,
        "reason": HOSTILE,
        "token": HOSTILE,
        "expires_at": OPENS.isoformat(),
        "missing": [{"component": HOSTILE, "name": HOSTILE}],
    }
    moves = (Move(instance=HOSTILE, before=HOSTILE, after=HOSTILE, action="upgrade"),)
    told = notice(
        topic,
        account,
        pack=HOSTILE,
        message=HOSTILE,
        details=hostile,
        moves=moves if account else (),
    )
    assert all(line.isprintable() for line in words(told).split("\n"))
    _mail_is_sound(told)
    text = json.loads(slack_text(letter(told, NOW)))["text"]
    assert "<" not in text
    assert "@everyone" not in text
    assert "://" not in text
    assert json.loads(body(told, NOW))["type"] == topic.value


def _mail_is_sound(told: Notice) -> None:
    raw = message("releases@acme.example", "ops@globex.example", told, NOW).as_bytes()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    found = message_from_bytes(raw, policy=policy.SMTP)
    assert found["Bcc"] is None
    assert found["To"] == "ops@globex.example"
    assert found["Message-ID"] == "<msg_3_120@acme.example>"
    tags = set[str]()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
            tags.add(tag)

    html = found.get_body(("html",))
    assert html is not None
    Tags().feed(html.get_content())
    assert tags <= {"html", "head", "meta", "title", "body", "h1", "p", "strong"}


def test_pauses_grow_and_end_after_about_a_day() -> None:
    pauses = [retry_seconds(attempt, "msg_1_1") for attempt in range(1, 11)]
    assert 5 <= pauses[0] <= 6
    assert all(2 < after / before < 5 for before, after in pairwise(pauses[:7]))
    assert 24 * 3600 < sum(pauses) < 36 * 3600


def test_the_publisher_reads_what_it_was_and_how_many() -> None:
    began = letter(notice(Topic.TESTING_PERIOD_STARTED), NOW)
    assert began.title == (
        "stock-levels 2.1.0 is in its testing period: 288 attachments get it"
        " on Tue 1 Dec 00:00–01:00 New York"
    )
    draft = notice(Topic.APPLIED, message="stock-levels 2.0.0 → 2.1.0, 288 attachments")
    told = letter(replace(draft, draft=replace(draft.draft, kind=EventKind.PROMOTE)), NOW)
    assert told.title == "stock-levels 2.1.0 is current"
    assert told.lines == (
        "stock-levels 2.0.0 → 2.1.0, 288 attachments.",
        "Revision aaaaaaa, ann.",
    )
