"""What administrators see besides: who may come in, and what could not be sent."""

import sqlite3
from contextlib import closing
from typing import Any

MARKUP = '<script>alert("1")</script>'


def test_administrators_see_who_may_come_in_and_what_could_not_be_sent(site: Any) -> None:
    text = site.page("/tokens", role="publisher-admin").text
    assert "reader account globex" in text
    assert "Everything could be sent." in site.page("/notifications", role="publisher-admin").text
    for path in ("/tokens", "/notifications"):
        assert site.reply(path).status == site.reply(path, "account").status == 403


def test_a_notification_that_could_not_be_sent_is_sent_again_by_a_button(
    site: Any, browser: Any
) -> None:
    with closing(sqlite3.connect(site.store_file)) as file, file:
        at = "2026-11-24T09:00:00.000000Z"
        file.execute(
            "INSERT INTO channel (id, kind, address, created_at, created_by, since_event)"
            " VALUES (7, 'webhook', 'https://192.0.2.1/', ?, 'desk', 0)",
            (at,),
        )
        file.execute(
            "INSERT INTO notification"
            " (number, channel_id, event, topic, state, attempts, at, error)"
            " VALUES (41, 7, 2, 'applied', 'dead', 9, ?, ?)",
            (at, f"it answered {MARKUP}"),
        )
    page = site.page("/notifications", role="publisher-admin")
    assert f"the publisher webhook, channel 7 applied it answered {MARKUP} 9" in page.text
    (form,) = [e for e in page.all("form") if "/sending" in (e.attributes["action"] or "")]
    assert form.attributes["action"] == "/notifications/41/sending"
    window = browser(site.server)
    window.post("/sign-in", {"token": site.tokens["publisher-admin"], "next": "/"})
    assert window.post("/notifications/41/sending", {}, csrf=False).status == 403
    assert window.post("/notifications/40/sending", {}).status == 404
    sent = window.post("/notifications/41/sending", {})
    assert (sent.status, sent.headers["location"]) == (303, "/notifications")
