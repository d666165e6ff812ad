"""What receivers answer, and how long they ask to be left alone: they may say anything."""

import pytest

from reconciler.notify.webhooks import answer_of

DAY = 86_400.0


@pytest.mark.parametrize(
    ("after", "date", "seconds"),
    [
        ("120", "", 120.0),
        ("9" * 500, "", DAY),
        ("1e9", "", 0.0),
        ("-5", "", 0.0),
        ("Tue, 24 Nov 2026 15:31:00 GMT", "Tue, 24 Nov 2026 15:30:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 15:30:00 GMT", "Tue, 24 Nov 2026 15:31:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 1 Jan 0001 00:00:00 GMT", DAY),
        ("Fri, 31 Dec 99999999999999999999999 23:59:59 GMT", "", 0.0),
        ("(((((((", "((((", 0.0),
    ],
)
def test_a_receiver_is_left_alone_for_a_day_at_most(after: str, date: str, seconds: float) -> None:
    found = answer_of(503, {"Retry-After": after, "Date": date})
    assert found.wait_seconds == seconds
