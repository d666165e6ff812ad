"""The accounts, found by name."""

from typing import Any

from reconciler.model.declarations import Kind
from reconciler.web.pages.lists import AFTER, PAGE, WORDS, page_of
from reconciler.web.route import Access, Call, Page, Route


def _accounts(call: Call) -> Page:
    services, query = call.services, call.query
    names = services.search.names(
        Kind.MANAGED_ACCOUNT, query["q"], after=query["after"], limit=PAGE + 1
    )
    shown = page_of(names, str)
    tree = services.views.accounts(shown.items).tree
    values: dict[str, Any] = {
        "accounts": [tree.accounts[name] for name in shown.items if name in tree.accounts],
        "zone": services.store.publisher_zone(),
        "query": query,
        "after": shown.after,
    }
    return Page(template="accounts.html", values=values)


ROUTES = (
    Route(
        method="GET",
        path="/accounts",
        operation="accounts-page",
        summary="The accounts, found by name.",
        access=Access.PUBLISHER,
        answers=_accounts,
        query=(WORDS, AFTER),
        page=True,
    ),
)
