"""What one account has and is offered, as it may see it itself."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from reconciler.desired.calendar import entries
from reconciler.desired.offered import SharedTemplate, templates
from reconciler.desired.why import explanations
from reconciler.model.base import Attached, AttachmentKey
from reconciler.model.declarations import ManagedAccount
from reconciler.model.events import Event
from reconciler.ports.views import EventsWanted, NumberedLine
from reconciler.report import attachments, calendar, offered, told, why
from reconciler.report.objects import Fields
from reconciler.report.times import iso
from reconciler.web.api.attachment import delivery, shown
from reconciler.web.api.choices import DAYS, KIND, PACK, SINCE, kind_of, since_of
from reconciler.web.api.worlds import key_of, offers, world
from reconciler.web.paging import PAGED, answer, page
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Answer, Call, reads

_MOST_COMING = 500


def _account(call: Call) -> Answer:
    base = world(call)
    offer = offers(call, base)
    spec: ManagedAccount = base.tree.accounts[call.path["account"]]
    publisher = base.tree.publisher
    fields: Fields = {
        **offered.account_fields(spec),
        "time_zone": offer.zone.key,
        "contact": offered.contact_fields(spec.contact),
        "groups": sorted(base.tree.groups),
        "publisher": {
            "display_name": publisher.display_name,
            "time_zone": publisher.time_zone,
            "contact": offered.contact_fields(publisher.contact),
        },
        "labels": dict(spec.labels) if call.who.publishes else None,
    }
    return answer(fields)


def _attachments(call: Call) -> Answer:
    account = call.path["account"]
    world(call)

    def fetch(place: list[str] | None, limit: int) -> Sequence[Attached]:
        after = None if place is None else AttachmentKey(account, *place)
        return call.services.views.attachments(account=account, after=after, limit=limit)

    def show(rows: Sequence[Attached]) -> list[Fields]:
        offer = offers(call, world(call, *{row.key.pack for row in rows}))
        delivered = call.services.delivered_to(account, call.now)
        return [
            {
                **attachments.fields(row, offer.standings.of(row), delivered(row)),
                "name": row.key.own_name,
            }
            for row in rows
        ]

    return page(call, fetch, lambda row: [row.key.pack, row.key.instance], show)


def _attachment(call: Call) -> Answer:
    key = key_of(call)
    base = world(call, key.pack)
    row = base.attachments.get(key)
    if row is None:
        raise not_found()
    state = offered.attachment_fields(offers(call, base).attachment(row))
    return shown(state, delivery(call, row))


def _packs(call: Call) -> Answer:
    account = call.path["account"]
    world(call)

    def fetch(place: str | None, limit: int) -> Sequence[str]:
        return call.services.views.packs_of(account, after=place or "", limit=limit)

    def show(names: Sequence[str]) -> list[Fields]:
        offer = offers(call, world(call, *names))
        found = (offer.pack(name) for name in names)
        return [offered.pack_line(pack) for pack in found if pack is not None]

    return page(call, fetch, lambda name: name, show)


def _pack(call: Call) -> Answer:
    name = call.path["pack"]
    found = offers(call, world(call, name)).pack(name)
    if found is None:
        raise not_found()
    return answer(offered.pack_fields(found))


def _templates(call: Call) -> Answer:
    found = templates(world(call), call.path["account"])
    return answer({"items": [_template_fields(one) for one in found]})


def _template_fields(found: SharedTemplate) -> Fields:
    template, copy = found.template, found.copy
    return {
        "component": found.component,
        "version": None if template is None else template.version,
        "groups": [] if template is None else list(template.groups),
        "copied": None
        if copy is None
        else {"version": copy.version, "copied_at": iso(copy.copied_at), "actor": copy.actor},
    }


def _events(call: Call) -> Answer:
    account = call.path["account"]
    world(call)
    wanted = EventsWanted(
        packs_of=account, pack=call.query["pack"], kind=kind_of(call), since=since_of(call)
    )

    def fetch(place: int | None, limit: int) -> Sequence[Event]:
        return call.services.views.events(wanted, before=place, limit=limit)

    return page(
        call,
        fetch,
        lambda event: event.number,
        lambda found: [told.own_event(event, account) for event in found],
    )


def _history(call: Call) -> Answer:
    account = call.path["account"]
    world(call)

    def fetch(place: int | None, limit: int) -> Sequence[NumberedLine]:
        pack = call.query["pack"]
        return call.services.views.history(account=account, pack=pack, before=place, limit=limit)

    return page(
        call,
        fetch,
        lambda found: found.number,
        lambda lines: [told.own_move(found.line) for found in lines],
    )


def _calendar(call: Call) -> Answer:
    account, days = call.path["account"], call.query["days"]
    until = call.now + timedelta(days=days)
    names = call.services.views.coming(until, account=account, limit=_MOST_COMING)
    base = world(call, *names)
    coming = entries(base, call.now, days)
    return answer({"items": [calendar.fields(entry) for entry in coming]})


def _why(call: Call) -> Answer:
    account, pack = call.path["account"], call.path["pack"]
    base = world(call, pack)
    if pack not in base.tree.packs:
        raise not_found()
    if not call.who.publishes and offers(call, base).pack(pack) is None:
        raise not_found()
    delivered = call.services.delivered_to(account, call.now)
    found = explanations(base, account, pack, call.now, delivered=delivered)
    return answer({"items": [why.fields(explained, call.now) for explained in found]})


_reads = partial(reads, Access.ACCOUNT_READS, "/api/v1/accounts/{account}")

ROUTES = (
    _reads("", "account", "One account.", _account, "api/account"),
    _reads(
        "/attachments",
        "account-attachments",
        "What the account has installed, in order of pack and instance.",
        _attachments,
        "api/account-attachments",
        query=PAGED,
    ),
    _reads(
        "/attachments/{attachment}",
        "attachment",
        "One attachment: settings with where each value comes from, and the pending release.",
        _attachment,
        "api/attachment",
    ),
    _reads(
        "/packs",
        "account-packs",
        "Packs that the account has or is entitled to.",
        _packs,
        "api/account-packs",
        query=PAGED,
    ),
    _reads(
        "/packs/{pack}",
        "account-pack",
        "One pack: releases with notes, guides and contact, windows in the account's time.",
        _pack,
        "api/account-pack",
    ),
    _reads(
        "/templates",
        "account-templates",
        "Process templates that are shared with the account, and its copies.",
        _templates,
        "api/account-templates",
    ),
    _reads(
        "/events",
        "account-events",
        "What happened to the account and to the releases of its packs, the newest first.",
        _events,
        "api/account-events",
        query=(PACK, KIND, SINCE, *PAGED),
    ),
    _reads(
        "/history",
        "account-history",
        "Every move of the account's attachments, the newest first.",
        _history,
        "api/history",
        query=(PACK, *PAGED),
    ),
    _reads(
        "/calendar",
        "account-calendar",
        "What will happen to the account's packs without anybody doing anything.",
        _calendar,
        "api/calendar",
        query=(DAYS,),
    ),
    _reads(
        "/why/{pack}",
        "why",
        "Why the account runs what it runs of a pack, and what comes next.",
        _why,
        "api/why",
    ),
)
