"""The account groups: who is in them, and which packs they share."""

from typing import Any, cast

from reconciler.model.declarations import AccountGroup, Kind, ManagedAccount
from reconciler.web.pages.lists import AFTER, PAGE, WORDS, page_of
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Call, Page, Route

# A page of a group that is told by labels looks at no more accounts than these.
_LOOKED_AT = 1_000


def _groups(call: Call) -> Page:
    services, query = call.services, call.query
    names = services.search.names(
        Kind.ACCOUNT_GROUP, query["q"], after=query["after"], limit=PAGE + 1
    )
    shown = page_of(names, str)
    found = services.store.declared([(Kind.ACCOUNT_GROUP, name) for name in shown.items])
    values: dict[str, Any] = {
        "groups": [cast(AccountGroup, declaration.spec) for declaration in found],
        "query": query,
        "after": shown.after,
    }
    return Page(template="groups.html", values=values)


def _group(call: Call) -> Page:
    name = call.path["group"]
    found = call.services.store.declared([(Kind.ACCOUNT_GROUP, name)])
    if not found:
        raise not_found()
    group = cast(AccountGroup, found[0].spec)
    members, after = _members(call, group, call.query["after"])
    values = {"group": group, "members": members, "query": call.query, "after": after}
    return Page(template="group.html", values=values)


def _members(
    call: Call, group: AccountGroup, after: str
) -> tuple[tuple[ManagedAccount, ...], str | None]:
    """A page of the members, in order of name, and where the next begins.

    With a selector a page may hold few, or none, and yet not be the last.
    """
    if not group.all and group.selector is None:
        names = sorted(name for name in group.accounts if name > after)
        shown = page_of(names[: PAGE + 1], str)
        accounts = call.services.views.accounts(shown.items).tree.accounts
        return tuple(accounts[name] for name in shown.items if name in accounts), shown.after
    looked_at = call.services.views.declared_after(Kind.MANAGED_ACCOUNT, after, _LOOKED_AT)
    members: list[ManagedAccount] = []
    for declaration in looked_at:
        if len(members) == PAGE:
            return tuple(members), members[-1].name
        account = cast(ManagedAccount, declaration.spec)
        if _is_in(group, account):
            members.append(account)
    more = len(looked_at) == _LOOKED_AT
    return tuple(members), looked_at[-1].name if more else None


def _is_in(group: AccountGroup, account: ManagedAccount) -> bool:
    if group.all or account.name in group.accounts:
        return True
    selector = group.selector
    return selector is not None and selector.items() <= account.labels.items()


ROUTES = (
    Route(
        method="GET",
        path="/groups",
        operation="groups-page",
        summary="The account groups: who is in them, and which packs they share.",
        access=Access.PUBLISHER,
        answers=_groups,
        query=(WORDS, AFTER),
        page=True,
    ),
    Route(
        method="GET",
        path="/groups/{group}",
        operation="group-page",
        summary="One account group: its packs, and its accounts.",
        access=Access.PUBLISHER,
        answers=_group,
        query=(AFTER,),
        page=True,
    ),
)
