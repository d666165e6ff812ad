"""One pack: its releases in time, who runs what, how the pending one is adopted, whom to ask."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.desired.missing import Missing, missing, required_by
from reconciler.desired.standing import PackStanding, Standing, Standings
from reconciler.desired.status import PackStatus, status
from reconciler.desired.timeline import timeline
from reconciler.model.base import Attached, AttachmentKey, InstallBase
from reconciler.model.tree import Tree
from reconciler.ports.views import EventsWanted
from reconciler.report import charts
from reconciler.web.pages.lists import PAGE, page_of
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Call, Page, Parameter, Route

_SHOWN_RELEASES = 12
_SHOWN_EVENTS = 8
# Of more than so many attachments it is not looked at each, to find who lacks a value.
_LOOKED_AT = 20_000


def _pack(call: Call) -> Page:
    base, one, standings = world(call, call.path["pack"])
    standing = standings.pack(one.name)
    spans = timeline(standing.record, call.now)
    shown = spans[:_SHOWN_RELEASES]
    values: dict[str, Any] = {
        "pack": one,
        "spec": base.tree.packs[one.name],
        "publisher": standings.publisher,
        "zone": standings.zone,
        "standing": standing,
        "releases": shown,
        "older": len(spans) - len(shown),
        "records": standing.record.releases,
        "timeline": charts.timeline(shown, call.now, standings.zone),
        "shares": charts.shares(
            one.by_release, one.not_installed, current=one.current, pending=_pending(one)
        ),
        "adoption": _adoption(call, one, standing, standings),
        "missing": missing_values(base, one, standing),
        "events": call.services.views.events(EventsWanted(pack=one.name), limit=_SHOWN_EVENTS),
    }
    return Page(template="pack.html", values=values)


def world(call: Call, name: str) -> tuple[InstallBase, PackStatus, Standings]:
    """What the store knows of one pack, with counts. Raises Problem for one not declared."""
    base = call.services.counted((name,))
    if base.applied is None or name not in base.tree.packs:
        raise not_found()
    return base, status(base, call.now).packs[0], Standings(base, call.now)


def _pending(one: PackStatus) -> str | None:
    return one.pending.version if one.pending is not None else None


def _adoption(
    call: Call, one: PackStatus, standing: PackStanding, standings: Standings
) -> dict[str, Any] | None:
    """The line over the testing period; None where there is none, or nothing to count."""
    opens_at = standing.opens_at
    if one.pending is None or opens_at is None or not one.attachments:
        return None
    version = one.pending.version
    since: datetime = standing.record.releases[version].accepted_at
    hours = call.services.views.adoptions(one.name, version, since)
    points = charts.adopted_by(hours, one.pending.adopted, call.now)
    drawn = charts.adoption(
        points,
        attachments=one.attachments,
        since=min(since, call.now),
        until=opens_at,
        now=call.now,
        zone=standings.zone,
    )
    return {"drawn": drawn, "points": points[-50:], "since": since, "until": opens_at}


def missing_values(base: InstallBase, one: PackStatus, standing: PackStanding) -> Missing | None:
    """Who lacks a value that the pending release needs, without one the current; None: unknown."""
    version = _pending(one) or one.current
    required = required_by(base.tree, one.name, version, standing.life) if version else ()
    if required and one.attachments > _LOOKED_AT:
        return None
    rows = base.attachments.siblings((one.name,)) if required else iter(())
    return missing(required, rows)


_AFTER = Parameter(
    name="after",
    description="The list goes on behind this attachment: account/pack or account/pack/instance.",
    schema={
        "type": "string",
        "maxLength": 200,
        "pattern": "^([a-z0-9-]+/[a-z0-9-]+(/[a-z0-9-]+)?)?$",
        "default": "",
    },
)


def _attachments(call: Call) -> Page:
    name = call.path["pack"]
    base, one, _ = world(call, name)
    after = _key(call.query["after"])
    try:
        rows = call.services.views.attachments(pack=name, after=after, limit=PAGE + 1)
    except LookupError:
        raise not_found() from None
    shown = page_of(rows, lambda row: str(row.key))
    values = {
        "pack": one,
        "rows": _standing(call, base, shown.items),
        "query": call.query,
        "after": shown.after,
    }
    return Page(template="attachments.html", values=values)


def _standing(
    call: Call, base: InstallBase, rows: tuple[Attached, ...]
) -> list[tuple[Attached, Standing]]:
    accounts = call.services.views.accounts({row.key.account for row in rows})
    standings = Standings(replace(base, tree=Tree((*base.tree, *accounts.tree))), call.now)
    return [(row, standings.of(row)) for row in rows]


def _key(text: str) -> AttachmentKey | None:
    if not text:
        return None
    account, pack, *instance = text.split("/")
    return AttachmentKey(account, pack, *instance)


ROUTES = (
    Route(
        method="GET",
        path="/packs/{pack}",
        operation="pack-page",
        summary="One pack: its releases in time, who runs what, and who adopted the pending one.",
        access=Access.PUBLISHER,
        answers=_pack,
        page=True,
    ),
    Route(
        method="GET",
        path="/packs/{pack}/attachments",
        operation="pack-attachments-page",
        summary="The attachments of a pack, with what each runs and why.",
        access=Access.PUBLISHER,
        answers=_attachments,
        query=(_AFTER,),
        page=True,
    ),
)
