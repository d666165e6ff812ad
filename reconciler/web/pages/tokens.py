"""Who may use the server: the tokens that are good, and when each ends."""

from datetime import timedelta
from typing import Any

from reconciler.web.pages.lists import PAGE, page_of
from reconciler.web.route import Access, Call, Page, Parameter, Route

_SOON = timedelta(days=14)
_AFTER = Parameter(
    name="after",
    description="Only those with a higher number: where the page before ended.",
    schema={"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": 0},
)


def _tokens(call: Call) -> Page:
    found = call.services.access.tokens(live_at=call.now, after=call.query["after"], limit=PAGE + 1)
    shown = page_of(found, lambda token: token.id)
    values: dict[str, Any] = {
        "tokens": shown.items,
        "soon": call.now + _SOON,
        "query": call.query,
        "after": shown.after,
    }
    return Page(template="tokens.html", values=values)


ROUTES = (
    Route(
        method="GET",
        path="/tokens",
        operation="tokens-page",
        summary="The tokens that are good, and when each ends.",
        access=Access.ADMIN,
        answers=_tokens,
        query=(_AFTER,),
        page=True,
    ),
)
