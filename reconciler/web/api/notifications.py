"""Channels and their notifications: the publisher's, and each account's own."""

from collections.abc import Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool

from reconciler.desired.channels import channel_draft
from reconciler.model.notices import (
    PUBLISHER,
    Channel,
    ChannelKind,
    Notification,
    NotificationState,
)
from reconciler.notify.post import try_channel
from reconciler.report.notices import listing
from reconciler.web.paging import PAGED, page
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Answer, Call, Function, Parameter, Route

_OF_ACCOUNT = "/api/v1/accounts/{account}"
_HIGHEST = 2**31 - 1
_STATES = {"type": "string", "enum": [state.value for state in NotificationState]}
_QUERY = (
    Parameter(name="state", description="Only those in this state.", schema=_STATES),
    *PAGED,
)


def _owner(call: Call) -> str:
    """Whose channels a path is about. Raises Problem for an account that is not there."""
    account = call.path.get("account")
    if account is None:
        return PUBLISHER
    if not call.services.outbox.knows(account):
        raise not_found()
    return account


def _channels(call: Call) -> Answer:
    found = call.services.outbox.channels(_owner(call))
    return Answer(body={"items": [listing.channel_fields(one) for one in found]})


def _add(call: Call) -> Answer:
    wish = call.body
    draft = channel_draft(
        _owner(call) or None,
        ChannelKind(wish["kind"]),
        wish["address"],
        wish.get("topics", ()),
        call.now,
        call.who.name,
        plain_http=call.services.ways.private,
    )
    made = call.services.outbox.add_channel(draft)
    body = {**listing.channel_fields(made), "secret": made.secret}
    location = {"Location": f"{call.route.path.format(**call.path)}/{made.id}"}
    return Answer(body=body, status=201, headers=location)


def _channel(call: Call) -> Channel:
    """Raises Problem, for another's as for one that is not there."""
    found = call.services.outbox.channel(_number(call), _owner(call))
    if found is None:
        raise not_found()
    return found


def _show(call: Call) -> Answer:
    return Answer(body=listing.channel_fields(_channel(call)))


def _remove(call: Call) -> Answer:
    number, box = _number(call), call.services.outbox
    if not box.remove_channel(number, _owner(call), call.now, call.who.name):
        raise not_found()
    return Answer(status=204)


async def _test(call: Call) -> Answer:
    """Has no thread while the receiver takes its time; of each channel one at a time."""
    channel = await run_in_threadpool(_channel, call)
    trying = call.services.trying
    if channel.id in trying:
        raise Problem(
            409,
            "being-tried",
            "a test of this channel is still waiting for its receiver",
            "ask again in a moment",
            {"Retry-After": "1"},
        )
    trying.add(channel.id)
    try:
        answer = await try_channel(call.services.ways, channel, call.now, call.who.name)
    finally:
        trying.discard(channel.id)
    return Answer(body=listing.answer_fields(answer))


def _notifications(call: Call) -> Answer:
    """Of an account its own; for the publisher those of all."""
    owner, state = _owner(call) or None, call.query["state"]
    wanted = None if state is None else NotificationState(state)

    def fetch(place: int | None, limit: int) -> Sequence[Notification]:
        return call.services.outbox.notifications(owner, state=wanted, before=place, limit=limit)

    return page(
        call,
        fetch,
        lambda one: one.number,
        lambda found: [listing.notification_fields(one) for one in found],
    )


def _resend(call: Call) -> Answer:
    box, number = call.services.outbox, int(call.path["number"])
    if number > 2**63 - 1 or not box.resend(number, _owner(call) or None, call.now):
        raise not_found()
    return Answer(status=204)


def _number(call: Call) -> int:
    number = int(call.path["number"])
    if not 0 < number <= _HIGHEST:
        raise not_found()
    return number


def _route(
    of_account: bool,
    method: str,
    path: str,
    operation: str,
    summary: str,
    answers: Function,
    **more: Any,
) -> Route:
    reads = Access.ACCOUNT_READS if method == "GET" else Access.ACCOUNT_ACTS
    return Route(
        method=method,
        path=f"{_OF_ACCOUNT if of_account else '/api/v1'}{path}",
        operation=f"account-{operation}" if of_account else operation,
        summary=summary,
        access=reads if of_account else Access.ADMIN,
        answers=answers,
        **more,
    )


def _routes(of_account: bool) -> tuple[Route, ...]:
    """The same twice: of the publisher, and below an account."""
    whose = "the account" if of_account else "the publisher"
    rows: tuple[tuple[str, str, str, str, Function, dict[str, Any]], ...] = (
        ("GET", "/channels", "channels", f"Where {whose} is told.", _channels,
         {"gives": "api/channels"}),
        ("POST", "/channels", "add-channel",
         f"Tell {whose} by another channel; the answer has its secret, this once.", _add,
         {"takes": "api/channel-wish", "gives": "api/new-channel", "status": 201,
          "statuses": (409,), "secret": True}),
        ("GET", "/channels/{number}", "channel", "One channel, without its secret.", _show,
         {"gives": "api/channel", "statuses": (404,)}),
        ("DELETE", "/channels/{number}", "remove-channel", "Tell nothing more there.", _remove,
         {"status": 204, "statuses": (404,)}),
        ("POST", "/channels/{number}/test", "test-channel",
         "Send a test at once, and say what the receiver answers.", _test,
         {"gives": "api/channel-test", "statuses": (404, 409)}),
        ("GET", "/notifications", "notifications",
         "Notifications, newest first, with their states.", _notifications,
         {"query": _QUERY, "gives": "api/notifications"}),
        ("POST", "/notifications/{number}/resend", "resend-notification",
         "Send a dead notification again, under the id that it had.", _resend,
         {"status": 204, "statuses": (404, 409)}),
    )  # fmt: skip
    return tuple(
        _route(of_account, method, path, operation, summary, answers, **more)
        for method, path, operation, summary, answers, more in rows
    )


ROUTES = (*_routes(of_account=False), *_routes(of_account=True))
