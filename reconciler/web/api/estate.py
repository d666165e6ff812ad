"""Attachments, accounts and groups of the whole install base, a page at a time."""

from collections.abc import Iterator, Sequence
from functools import partial

from reconciler.desired.delivered import Delivered
from reconciler.desired.standing import Standing, Standings
from reconciler.model.base import Attached, AttachmentKey, InstallBase
from reconciler.model.declarations import AccountGroup, Declaration, Kind, ManagedAccount
from reconciler.model.tree import Tree
from reconciler.report import attachments, offered
from reconciler.report.objects import Fields
from reconciler.web.api.choices import ACCOUNT, PACK, STATE
from reconciler.web.api.worlds import nothing_applied
from reconciler.web.paging import PAGED, answer, page, position, sealed
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Answer, Call, reads

# So many rows are looked at for one page, whatever state is asked for.
_MOST_LOOKED_AT = 2_000
_MOST_NAMED = 200


def _attachments(call: Call) -> Answer:
    return _listed(call, call.query["account"], call.query["pack"])


def _of_pack(call: Call) -> Answer:
    return _listed(call, call.query["account"], call.path["pack"])


def _listed(call: Call, account: str | None, pack: str | None) -> Answer:
    """A page that holds what fits; it ends where enough was found, or enough was looked at."""
    limit, state, place = call.query["limit"], call.query["state"], position(call)
    after = None if place is None else AttachmentKey(*place)
    asked = limit + 1 if state is None else _MOST_LOOKED_AT + 1
    views = call.services.views
    try:
        rows = views.attachments(account=account, pack=pack, after=after, limit=asked)
    except LookupError:
        detail = "the place where this page would begin is no more"
        raise Problem(400, "cursor", detail, "begin again without a cursor") from None
    items: list[Fields] = []
    last = None
    for row, standing, delivered in _standing(call, rows[: asked - 1]):
        if state is None or standing.state == state:
            items.append(attachments.fields(row, standing, delivered))
        last = row.key
        if len(items) == limit:
            break
    more = len(rows) == asked or (last is not None and last != rows[-1].key)
    following = sealed(call, list(last)) if more and last is not None else None
    return answer({"items": items, "next": following})


def _standing(
    call: Call, rows: Sequence[Attached]
) -> Iterator[tuple[Attached, Standing, Delivered]]:
    """Each row with where it stands, and what runs there."""
    if not rows:
        return
    views = call.services.views
    packs = views.of_packs({row.key.pack for row in rows})
    names = {row.key.account for row in rows}
    accounts = views.accounts(names)
    declared = [*packs.tree, *accounts.tree.by_kind[Kind.MANAGED_ACCOUNT].values()]
    base = InstallBase(
        applied=packs.applied, tree=Tree(declared), packs=packs.packs, contested=packs.contested
    )
    try:
        standings = Standings(base, call.now)
    except LookupError:
        raise nothing_applied() from None
    delivered = call.services.delivered(names, call.now)
    for row in rows:
        yield row, standings.of(row), delivered.of(row)


def _accounts(call: Call) -> Answer:
    def fetch(place: str | None, limit: int) -> Sequence[Declaration]:
        return call.services.views.declared_after(Kind.MANAGED_ACCOUNT, place or "", limit)

    return page(
        call,
        fetch,
        lambda found: found.name,
        lambda found: [_account_fields(one) for one in found],
    )


def _account_fields(declaration: Declaration) -> Fields:
    spec = declaration.spec
    assert isinstance(spec, ManagedAccount)
    return {**offered.account_fields(spec), "labels": dict(spec.labels)}


def _groups(call: Call) -> Answer:
    def fetch(place: str | None, limit: int) -> Sequence[Declaration]:
        return call.services.views.declared_after(Kind.ACCOUNT_GROUP, place or "", limit)

    return page(
        call,
        fetch,
        lambda found: found.name,
        lambda found: [_group_fields(one, shown=0) for one in found],
    )


def _group(call: Call) -> Answer:
    wanted = [(Kind.ACCOUNT_GROUP, call.path["group"])]
    for declaration in call.services.store.declared(wanted):
        return answer(_group_fields(declaration, shown=_MOST_NAMED))
    raise not_found()


def _group_fields(declaration: Declaration, shown: int) -> Fields:
    spec = declaration.spec
    assert isinstance(spec, AccountGroup)
    resources = spec.packs[: _MOST_NAMED if shown else 0]
    return {
        "name": spec.name,
        "all": spec.all,
        "selector": None if spec.selector is None else dict(spec.selector),
        "named": len(spec.accounts),
        "accounts": list(spec.accounts[:shown]) if shown else None,
        "resources": len(spec.packs),
        "packs": [{"pack": one.pack, "install": one.install.value} for one in resources]
        if shown
        else None,
    }


_CHOSEN = (ACCOUNT, STATE, *PAGED)

_reads = partial(reads, Access.PUBLISHER, "/api/v1")

ROUTES = (
    _reads(
        "/attachments",
        "attachments",
        "All attachments. Those of one account come in order of name, others as they came.",
        _attachments,
        "api/attachments",
        query=(PACK, *_CHOSEN),
    ),
    _reads(
        "/packs/{pack}/attachments",
        "pack-attachments",
        "The attachments of one pack.",
        _of_pack,
        "api/attachments",
        query=_CHOSEN,
    ),
    _reads(
        "/accounts",
        "accounts",
        "All accounts, in order of name.",
        _accounts,
        "api/accounts",
        query=PAGED,
    ),
    _reads(
        "/groups",
        "groups",
        "All account groups, in order of name.",
        _groups,
        "api/groups",
        query=PAGED,
    ),
    _reads(
        "/groups/{group}",
        "group",
        "One account group: its first accounts and packs, and how many there are.",
        _group,
        "api/group",
    ),
)
