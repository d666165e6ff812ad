"""All packs: what is current, what comes, and what needs a look."""

from collections.abc import Sequence
from typing import Any

from reconciler.desired.status import PackStatus, status
from reconciler.model.declarations import Kind
from reconciler.web.pages.lists import AFTER, PAGE, WORDS, page_of
from reconciler.web.route import Access, Answered, Call, Page, Parameter, Route, Seeing

_ALL, _PENDING = "all", "pending"
_SHOW = Parameter(
    name="show",
    description="All packs, or those with a pending release.",
    schema={"enum": [_ALL, _PENDING], "default": _ALL},
)


def _first(call: Call) -> Answered:
    """What every page's head leads to: an account is led on to its own page."""
    account = call.who.account
    return _packs(call) if account is None else Seeing(path=f"/accounts/{account}")


def _packs(call: Call) -> Page:
    services, query = call.services, call.query
    names = _names(call, PAGE + 1)
    shown = page_of(names, str)
    base = call.services.counted(shown.items)
    packs: Sequence[PackStatus] = status(base, call.now).packs
    applied = services.store.applied()
    values: dict[str, Any] = {
        "applied": applied,
        "zone": services.store.publisher_zone(),
        "refusal": services.store.last_refusal(),
        "packs": packs,
        "specs": base.tree.packs,
        "behind": services.counts.get().behind,
        "query": query,
        "after": shown.after,
    }
    return Page(template="packs.html", values=values)


def _names(call: Call, limit: int) -> tuple[str, ...]:
    search, query = call.services.search, call.query
    if query["show"] == _PENDING:
        return search.pending(query["q"], after=query["after"], limit=limit)
    return search.names(Kind.INTEGRATION_PACK, query["q"], after=query["after"], limit=limit)


ROUTES = (
    Route(
        method="GET",
        path="/",
        operation="packs-page",
        summary="All packs: what is current, what comes, and what needs a look.",
        access=Access.SIGNED_IN,
        answers=_first,
        query=(WORDS, _SHOW, AFTER),
        page=True,
    ),
)
