"""Notifications that could not be sent, and the others: looked at, and sent again."""

from typing import Any

from reconciler.model.notices import NotificationState
from reconciler.web.pages.lists import BEFORE, PAGE, page_of
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Call, Page, Parameter, Route, Seeing

_HIGHEST = 2**63 - 1
_STATE = Parameter(
    name="state",
    description="How far they are.",
    schema={"enum": [state.value for state in NotificationState], "default": "dead"},
)


def _notifications(call: Call) -> Page:
    state = NotificationState(call.query["state"])
    found = call.services.outbox.notifications(
        state=state, before=call.query["before"], limit=PAGE + 1
    )
    shown = page_of(found, lambda one: one.number)
    values: dict[str, Any] = {
        "notifications": shown.items,
        "states": [one.value for one in NotificationState],
        "query": call.query,
        "before": shown.after,
    }
    return Page(template="notifications.html", values=values)


def _send_again(call: Call) -> Seeing:
    number = int(call.path["number"])
    if number > _HIGHEST or not call.services.outbox.resend(number, None, call.now):
        raise not_found()
    return Seeing(path="/notifications")


ROUTES = (
    Route(
        method="GET",
        path="/notifications",
        operation="notifications-page",
        summary="Notifications that could not be sent, and the others.",
        access=Access.ADMIN,
        answers=_notifications,
        query=(_STATE, BEFORE),
        page=True,
    ),
    Route(
        method="POST",
        path="/notifications/{number}/sending",
        operation="send-notification-again",
        summary="Sends a notification again that could not be sent.",
        access=Access.ADMIN,
        answers=_send_again,
        page=True,
    ),
)
