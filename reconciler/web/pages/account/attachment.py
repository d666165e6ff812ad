"""`/accounts/{account}/attachments/{attachment}`: one attachment, its settings and its past."""

from typing import Any

from starlette.datastructures import FormData

from reconciler.desired.requests import configure
from reconciler.desired.values_in_force import ValueSource, environments_in_force
from reconciler.desired.why import explanations
from reconciler.errors import Conflict, ReconcilerError, RequestRefused
from reconciler.model.base import Attached, InstallBase, Settings
from reconciler.model.declarations import NOTHING
from reconciler.model.requests import Decision
from reconciler.report.why import sentences
from reconciler.web.api.worlds import key_of
from reconciler.web.pages.account.fields import (
    SettingField,
    fields_of,
    filled_in,
    sent_text,
    values_of,
)
from reconciler.web.pages.account.world import DONE, Run, World, world_with
from reconciler.web.paging import etag
from reconciler.web.route import Access, Answered, Call, Page, Route, Seeing

_PATH = "/accounts/{account}/attachments/{attachment}"
_LINES = 20
_CHANGED_MEANWHILE = (
    "somebody has changed this attachment since you opened the page; what you entered stays below:"
    " look at it once more, then save it"
)


def _attachment(call: Call) -> Page:
    world = world_with(call, key_of(call).pack)
    run = world.run(call.path["attachment"])
    return _page(
        call,
        world,
        run,
        fields_of(world.base, world.offers.standings.pack(run.row.key.pack).record, run.row),
    )


def _page(
    call: Call,
    world: World,
    run: Run,
    fields: tuple[SettingField, ...],
    refused: ReconcilerError | None = None,
    chosen: tuple[str, ...] | None = None,
) -> Page:
    """The page; with `refused`, and `chosen` environments, as somebody tried to set them."""
    key = run.row.key
    delivered = call.services.delivered_to(key.account, world.now)
    why = explanations(world.base, key.account, key.pack, world.now, key.instance, delivered)[0]
    history = call.services.views.history(
        account=key.account, pack=key.pack, instance=key.instance, limit=_LINES
    )
    effective, source = environments_in_force(run.row)
    values = {
        "world": world,
        "run": run,
        "fields": fields,
        "why": sentences(why, world.now),
        "history": [found.line for found in history],
        "environments": effective if chosen is None else chosen,
        "environments_locked": source is ValueSource.MANIFEST,
        "seen": _mark(run.row),
        "refused": refused,
        "delivered": delivered,
        "done": call.query.get("done"),
    }
    wrong = refused is not None or any(field.wrong for field in fields)
    return Page(template="account/attachment.html", values=values, status=422 if wrong else 200)


def _mark(row: Attached) -> str:
    """What tells whether its settings were changed since a page showed them."""
    return etag({"declared": _said(row.declared), "requested": _said(row.requested)})


def _said(settings: Settings) -> dict[str, Any]:
    values = (settings.extensions or NOTHING).items()
    return {
        "environments": settings.environments,
        "extensions": {component: dict(own) for component, own in values},
    }


def _configure(call: Call) -> Answered:
    form: FormData = call.body
    key = key_of(call)
    world = world_with(call, key.pack)
    run = world.run(call.path["attachment"])
    fields = filled_in(
        form, fields_of(world.base, world.offers.standings.pack(run.row.key.pack).record, run.row)
    )
    chosen = tuple(text for text in form.getlist("environment") if isinstance(text, str))
    boxes = sent_text(form, "environments") is not None
    if any(field.wrong for field in fields):
        return _page(call, world, run, fields, chosen=chosen if boxes else None)
    values = values_of(form, fields)
    environments = chosen if boxes and _differ(run, chosen) else None

    def decide(base: InstallBase) -> Decision:
        rows = base.attachments.of_accounts({key.account})
        if not any(row.key == key and _mark(row) == sent_text(form, "seen") for row in rows):
            raise Conflict(_CHANGED_MEANWHILE)
        return configure(
            base, key, call.now, call.who.name, environments=environments, values=values
        )

    try:
        call.services.store.request(key.account, key.pack, decide)
    except (RequestRefused, Conflict) as refused:
        return _page(call, world, run, fields, refused, chosen if boxes else None)
    return Seeing(path=f"{run.path}?done=configured")


def _differ(run: Run, chosen: tuple[str, ...]) -> bool:
    return set(environments_in_force(run.row)[0]) != set(chosen)


ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        operation="attachment-page",
        summary="One attachment: why it runs what it runs, its settings and its past.",
        access=Access.ACCOUNT_READS,
        answers=_attachment,
        query=(DONE,),
        page=True,
    ),
    Route(
        method="POST",
        path=f"{_PATH}/settings",
        operation="configure-form",
        summary="Set environments and extension values of an attachment.",
        access=Access.ACCOUNT_ACTS,
        answers=_configure,
        statuses=(422,),
        page=True,
    ),
)
