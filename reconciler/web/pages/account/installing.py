"""A pack that an account installs itself, and one that it parts with."""

from reconciler.desired.requests import install, uninstall
from reconciler.errors import ReconcilerError, RequestRefused
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    InstallBase,
    Settings,
)
from reconciler.model.requests import Decision
from reconciler.web.api.worlds import key_of
from reconciler.web.pages.account.fields import (
    SettingField,
    fields_of,
    filled_in,
    sent_text,
    values_of,
)
from reconciler.web.pages.account.packs import offer
from reconciler.web.pages.account.world import Run, World, world_with
from reconciler.web.route import Access, Answered, Call, Page, Route, Seeing

_PACK = "/accounts/{account}/packs/{pack}/installation"
_ATTACHMENT = "/accounts/{account}/attachments/{attachment}/uninstallation"


def _installation(call: Call) -> Answered:
    world = world_with(call, call.path["pack"])
    return _form(world, call.path["pack"], _fields(world, call.path["pack"]))


def _fields(world: World, pack: str) -> tuple[SettingField, ...]:
    """Those of an attachment as it would be."""
    record = world.offers.standings.pack(pack).record
    key = AttachmentKey(account=world.name, pack=pack)
    row = Attached(key=key, origin=AttachmentOrigin.ACCOUNT, release=record.current)
    return fields_of(world.base, record, row)


def _form(
    world: World,
    pack: str,
    fields: tuple[SettingField, ...],
    refused: ReconcilerError | None = None,
    instance: str = "",
    chosen: tuple[str, ...] = (),
) -> Page:
    values = {
        "world": world,
        "offer": offer(world, pack),
        "fields": fields,
        "refused": refused,
        "instance": instance,
        "environments": chosen,
    }
    wrong = refused is not None or any(field.wrong for field in fields)
    return Page(template="account/install.html", values=values, status=422 if wrong else 200)


def _install(call: Call) -> Answered:
    form = call.body
    pack = call.path["pack"]
    world = world_with(call, pack)
    fields = filled_in(form, _fields(world, pack))
    instance = sent_text(form, "instance") or ""
    chosen = tuple(text for text in form.getlist("environment") if isinstance(text, str))
    key = AttachmentKey(account=world.name, pack=pack, instance=instance)
    if any(field.wrong for field in fields):
        return _form(world, pack, fields, None, instance, chosen)
    values = values_of(form, fields)

    def decide(base: InstallBase) -> Decision:
        return install(
            base, key, call.now, call.who.name, environments=chosen or None, values=values
        )

    try:
        call.services.store.request(world.name, pack, decide)
    except RequestRefused as refused:
        sent = Settings(environments=chosen or None, extensions=values or None)
        if not _was_installed(world_with(call, pack), key, sent):
            return _form(world, pack, fields, refused, instance, chosen)
    return Seeing(path=f"{world.path}/attachments/{key.own_name}?done=installed")


def _was_installed(world: World, key: AttachmentKey, sent: Settings) -> bool:
    """Whether the form was sent twice, and did its work the first time."""
    rows = (run.row for run in world.runs())
    return any(
        row.key == key and row.origin is AttachmentOrigin.ACCOUNT and row.requested == sent
        for row in rows
    )


def _uninstallation(call: Call) -> Page:
    world = world_with(call, key_of(call).pack)
    return _farewell(world, world.run(call.path["attachment"]))


def _farewell(world: World, run: Run, refused: ReconcilerError | None = None) -> Page:
    values = {"world": world, "run": run, "refused": refused}
    status = 200 if refused is None else 422
    return Page(template="account/uninstall.html", values=values, status=status)


def _uninstall(call: Call) -> Answered:
    key = key_of(call)
    world = world_with(call, key.pack)
    gone = Seeing(path=f"{world.path}/packs?done=uninstalled")
    if not any(run.row.key == key for run in world.runs()):
        return gone  # the form was sent twice
    try:
        call.services.store.request(
            key.account, key.pack, lambda base: uninstall(base, key, call.now, call.who.name)
        )
    except RequestRefused as refused:
        return _farewell(world, world.run(call.path["attachment"]), refused)
    return gone


ROUTES = (
    Route(
        method="GET",
        path=_PACK,
        operation="installation-page",
        summary="What a pack needs to be installed.",
        access=Access.ACCOUNT_ACTS,
        answers=_installation,
        page=True,
    ),
    Route(
        method="POST",
        path=_PACK,
        operation="install-form",
        summary="Install a pack.",
        access=Access.ACCOUNT_ACTS,
        answers=_install,
        statuses=(422,),
        page=True,
    ),
    Route(
        method="GET",
        path=_ATTACHMENT,
        operation="uninstallation-page",
        summary="What uninstalling an attachment means.",
        access=Access.ACCOUNT_ACTS,
        answers=_uninstallation,
        page=True,
    ),
    Route(
        method="POST",
        path=_ATTACHMENT,
        operation="uninstall-form",
        summary="Uninstall an attachment that the account installed itself.",
        access=Access.ACCOUNT_ACTS,
        answers=_uninstall,
        statuses=(422,),
        page=True,
    ),
)
