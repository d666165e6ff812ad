"""What an account does for itself: decided as on the command line, each in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.desired import requests
from reconciler.desired.offered import Offers
from reconciler.desired.standing import declarers
from reconciler.errors import Conflict, RequestRefused
from reconciler.model.base import Attached, AttachmentKey, InstallBase, RowsInMemory
from reconciler.model.changes import Action
from reconciler.model.requests import Decision
from reconciler.report import offered
from reconciler.report.objects import Fields
from reconciler.web.api.attachment import delivery, is_seen, tag
from reconciler.web.api.choices import instant
from reconciler.web.api.worlds import key_of
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Answer, Call, Route

_ATTACHMENT = "/api/v1/accounts/{account}/attachments/{attachment}"
Deciding = Callable[[InstallBase, Attached | None], Decision]


@dataclass(slots=True)
class _Seen:
    """What the transaction saw and left; None where there is no attachment."""

    base: InstallBase = field(default_factory=InstallBase)
    row: Attached | None = None
    before: Fields | None = None
    after: Fields | None = None


def _act(call: Call, decide: Deciding, *, needs_match: bool = False) -> Answer:
    """One transaction: what the client saw is compared, then it is decided."""
    key = key_of(call)
    wanted = _condition(call, needs_match=needs_match)
    seen = _Seen()

    def decided(base: InstallBase) -> Decision:
        row = base.attachments.get(key)
        if not call.who.publishes and not _may_know(base, key):
            raise not_found()
        seen.before = _shown(base, row, call)
        if wanted is not None:
            _compare(wanted, seen.before)
        if row is not None and call.headers.get("if-none-match", "").strip() == "*":
            raise Conflict(f"{key} is there already")
        decision = decide(base, row)
        seen.base, seen.row = _after(base, decision), _row(decision, row)
        seen.after = _shown(seen.base, seen.row, call)
        return decision

    decision = call.services.store.request(key.account, key.pack, decided)
    return _answer(call, decision, seen)


def _may_know(base: InstallBase, key: AttachmentKey) -> bool:
    """Whether an account may know of a pack at all: what it neither has nor may have is not there,
    as where it is read.
    """
    has = any(row.key.pack == key.pack for row in base.attachments.of_accounts({key.account}))
    return has or (key.pack in base.tree.packs and bool(declarers(base, key.account, key.pack)))


def _condition(call: Call, *, needs_match: bool) -> frozenset[str] | None:
    """The entity tags of If-Match. Raises Problem where one is needed and missing."""
    text = call.headers.get("if-match")
    if text is not None:
        return frozenset(one.strip() for one in text.split(","))
    if needs_match:
        raise Problem(
            428,
            "precondition",
            "say by If-Match which state you saw",
            "get the attachment, and send its ETag as If-Match",
        )
    return None


def _compare(wanted: frozenset[str], before: Fields | None) -> None:
    if before is None or not ("*" in wanted or is_seen(wanted, before)):
        raise Conflict("it is not what you saw any more", "get it again, and decide anew")


def _shown(base: InstallBase, row: Attached | None, call: Call) -> Fields | None:
    """As GET shows it, so that its entity tag is the same."""
    if row is None or row.key.account not in base.tree.accounts:
        return None
    try:
        found = Offers(base, row.key.account, call.now).attachment(row)
    except LookupError:
        return None
    return offered.attachment_fields(found)


def _row(decision: Decision, before: Attached | None) -> Attached | None:
    if decision.removed is not None:
        return None
    return decision.put or before


def _after(base: InstallBase, decision: Decision) -> InstallBase:
    if decision.put is None:
        return base
    rows = {**dict(base.attachments.items()), decision.put.key: decision.put}
    return replace(base, attachments=RowsInMemory(rows, base.tree.suspended))


def _answer(call: Call, decision: Decision, seen: _Seen) -> Answer:
    created = seen.before is None and seen.after is not None
    said = None if seen.row is None else delivery(call, seen.row)
    after = None if seen.after is None or said is None else {**seen.after, **said}
    etag = None if seen.after is None or said is None else tag(seen.after, said)
    return Answer(body=_fields(decision, after), status=201 if created else 200, etag=etag)


def _fields(decision: Decision, after: Fields | None) -> Fields:
    return {
        "action": str(decision.action),
        "changed": decision.event is not None,
        "message": decision.message,
        "attachment": after,
    }


def _there(row: Attached | None) -> None:
    """Raises Problem where the account has no such attachment."""
    if row is None:
        raise not_found()


def _install(call: Call) -> Answer:
    body = call.body

    def decide(base: InstallBase, row: Attached | None) -> Decision:
        given: dict[str, Any] = {
            "environments": _environments(body),
            "values": body.get("values"),
        }
        act = requests.install if row is None else requests.configure
        return act(base, key_of(call), call.now, call.who.name, **given)

    return _act(call, decide)


def _configure(call: Call) -> Answer:
    body = call.body

    def decide(base: InstallBase, row: Attached | None) -> Decision:
        _there(row)
        return requests.configure(
            base,
            key_of(call),
            call.now,
            call.who.name,
            environments=_environments(body),
            values=body.get("values"),
        )

    return _act(call, decide, needs_match=True)


def _environments(body: Any) -> tuple[str, ...] | None:
    named = body.get("environments")
    return None if named is None else tuple(named)


def _uninstall(call: Call) -> Answer:
    def decide(base: InstallBase, row: Attached | None) -> Decision:
        key = key_of(call)
        if row is None and key.pack in base.tree.packs:
            message = f"{key} is not there; nothing was changed"
            return Decision(action=Action.UNINSTALL, message=message)
        return requests.uninstall(base, key, call.now, call.who.name)

    return _act(call, decide)


def _adopt(call: Call) -> Answer:
    text = call.body.get("at")
    at = None if text is None else instant(text, "at")

    def decide(base: InstallBase, row: Attached | None) -> Decision:
        _there(row)
        version = call.body.get("version")
        return requests.adopt(base, key_of(call), version, call.now, call.who.name, at=at)

    return _act(call, decide)


def _withdraw_slot(call: Call) -> Answer:
    def decide(base: InstallBase, row: Attached | None) -> Decision:
        _there(row)
        return requests.withdraw_slot(base, key_of(call), call.now, call.who.name)

    return _act(call, decide)


def _copy(call: Call) -> Answer:
    account, component = call.path["account"], call.path["component"]

    def decide(base: InstallBase) -> Decision:
        return requests.copy_template(base, account, component, call.now, call.who.name)

    try:
        decision = call.services.store.request(account, None, decide)
    except RequestRefused as refused:
        if not call.who.publishes and refused.rule in ("missing", "not-entitled"):
            raise not_found() from refused  # whose else it is would name groups of others
        raise
    return Answer(body=_fields(decision, None), status=201 if decision.event is not None else 200)


_REFUSALS = (404, 409, 412, 422)

ROUTES = (
    Route(
        method="PUT",
        path=_ATTACHMENT,
        operation="install",
        summary="Installs a pack, or sets the attachment that is there already.",
        access=Access.ACCOUNT_ACTS,
        answers=_install,
        takes="api/install",
        gives="api/decision",
        status=201,
        statuses=_REFUSALS,
        conditional=True,
    ),
    Route(
        method="PATCH",
        path=_ATTACHMENT,
        operation="configure",
        summary="Sets environments and extension values; null takes a value back.",
        access=Access.ACCOUNT_ACTS,
        answers=_configure,
        takes="api/settings",
        gives="api/decision",
        statuses=(*_REFUSALS, 428),
        conditional=True,
    ),
    Route(
        method="DELETE",
        path=_ATTACHMENT,
        operation="uninstall",
        summary="Uninstalls what the account installed itself.",
        access=Access.ACCOUNT_ACTS,
        answers=_uninstall,
        gives="api/decision",
        statuses=_REFUSALS,
        conditional=True,
    ),
    Route(
        method="PUT",
        path=f"{_ATTACHMENT}/adoption",
        operation="adopt",
        summary="Adopts the pending release: now, or in a slot inside its testing period.",
        access=Access.ACCOUNT_ACTS,
        answers=_adopt,
        takes="api/adopt",
        gives="api/decision",
        statuses=_REFUSALS,
        conditional=True,
    ),
    Route(
        method="DELETE",
        path=f"{_ATTACHMENT}/adoption",
        operation="withdraw-slot",
        summary="Takes a slot back that has not come.",
        access=Access.ACCOUNT_ACTS,
        answers=_withdraw_slot,
        gives="api/decision",
        statuses=_REFUSALS,
        conditional=True,
    ),
    Route(
        method="PUT",
        path="/api/v1/accounts/{account}/templates/{component}",
        operation="copy-template",
        summary="Copies a process template into the account, once.",
        access=Access.ACCOUNT_ACTS,
        answers=_copy,
        gives="api/decision",
        status=201,
        statuses=_REFUSALS,
    ),
)
