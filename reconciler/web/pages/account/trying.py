"""A pending release that an account tries before everybody gets it: at once, or in its own slot."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from reconciler.desired.contrast import contrast
from reconciler.desired.requests import adopt, withdraw_slot
from reconciler.desired.targets import SLOT
from reconciler.errors import ReconcilerError, RequestRefused
from reconciler.model.base import InstallBase
from reconciler.model.requests import Decision
from reconciler.web.api.worlds import key_of
from reconciler.web.pages.account.fields import fields_of, missing, sent_text
from reconciler.web.pages.account.world import Run, World, world_with
from reconciler.web.route import Access, Answered, Call, Page, Route, Seeing

_ATTACHMENT = "/accounts/{account}/attachments/{attachment}"
_PATH = f"{_ATTACHMENT}/trial"
_SLOT = f"{_ATTACHMENT}/slot"

Decide = Callable[[InstallBase], Decision]

_NO_TIME = "choose a day and a time, such as 2026-11-30T22:45"


def _trial(call: Call) -> Answered:
    world = world_with(call, key_of(call).pack)
    return _page(call, world, world.run(call.path["attachment"]))


def _page(
    call: Call,
    world: World,
    run: Run,
    refused: ReconcilerError | None = None,
    wrong: str = "",
    typed: str = "",
) -> Answered:
    """What trying it means; `wrong` is what is wrong with the slot, as it was `typed`."""
    if run.coming is None:
        return Seeing(path=run.path)
    record = world.offers.standings.pack(run.row.key.pack).record
    known = record.releases.get(run.row.release or "")
    runs = known.release if known is not None else None
    values = {
        "world": world,
        "run": run,
        "coming": run.coming,
        "contrast": contrast(world.base.tree, runs, run.coming.record.release),
        "lacking": missing(fields_of(world.base, record, run.row)),
        "first": _on_clock(_next_slot(call.now), world.zone),
        "last": _last(run, world.zone),
        "refused": refused,
        "wrong": wrong,
        "typed": typed or (_on_clock(run.slot, world.zone) if run.slot else ""),
    }
    status = 422 if refused is not None or wrong else 200
    return Page(template="account/trial.html", values=values, status=status)


def _next_slot(now: datetime) -> datetime:
    """The first that lies ahead."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((now - midnight) // SLOT + 1) * SLOT


def _last(run: Run, zone: ZoneInfo) -> str:
    window = run.coming.window if run.coming is not None else None
    return _on_clock(window.opens_at - SLOT, zone) if window is not None else ""


def _on_clock(at: datetime, zone: ZoneInfo) -> str:
    """As the field of a form takes it: "2026-11-30T22:45"."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def _adopt(call: Call) -> Answered:
    form: FormData = call.body
    key, version = key_of(call), sent_text(form, "version") or None
    return _asked(call, lambda base: adopt(base, key, version, call.now, call.who.name), "adopted")


def _choose(call: Call) -> Answered:
    form: FormData = call.body
    key, version = key_of(call), sent_text(form, "version") or None
    world = world_with(call, key.pack)
    typed = sent_text(form, "at") or ""
    at = _instant(typed, world.zone)
    if isinstance(at, str):
        return _page(call, world, world.run(call.path["attachment"]), wrong=at, typed=typed)

    def decide(base: InstallBase) -> Decision:
        return adopt(base, key, version, call.now, call.who.name, at=at)

    return _asked(call, decide, "slot", typed)


def _sentence(refused: ReconcilerError) -> str:
    return f"{refused.message}; {refused.hint}" if refused.hint else refused.message


def _instant(typed: str, zone: ZoneInfo) -> datetime | str:
    """The instant that is meant, of two the first; or what is wrong with the text."""
    try:
        local = datetime.fromisoformat(typed)
        at = local.replace(tzinfo=zone).astimezone(UTC)
        there = at.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return _NO_TIME
    if local.tzinfo is not None:
        return _NO_TIME
    if there != local:
        return "there is no such time on that day: the clocks are put forward over it"
    return at


def _take_back(call: Call) -> Answered:
    key = key_of(call)
    return _asked(
        call, lambda base: withdraw_slot(base, key, call.now, call.who.name), "slot-withdrawn"
    )


def _asked(call: Call, decide: Decide, done: str, typed: str | None = None) -> Answered:
    """Asks the store; a refusal is said on the page that leads to it, beside what was `typed`."""
    key = key_of(call)
    world = world_with(call, key.pack)
    run = world.run(call.path["attachment"])
    try:
        call.services.store.request(key.account, key.pack, decide)
    except RequestRefused as refused:
        if typed is None:
            return _page(call, world, run, refused)
        return _page(call, world, run, wrong=_sentence(refused), typed=typed)
    return Seeing(path=f"{run.path}?done={done}")


ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        operation="trial-page",
        summary="What trying the pending release means, and when it may be tried.",
        access=Access.ACCOUNT_ACTS,
        answers=_trial,
        page=True,
    ),
    Route(
        method="POST",
        path=_PATH,
        operation="adopt-form",
        summary="Run the pending release at once.",
        access=Access.ACCOUNT_ACTS,
        answers=_adopt,
        statuses=(422,),
        page=True,
    ),
    Route(
        method="POST",
        path=_SLOT,
        operation="slot-form",
        summary="Run the pending release from an instant on that the account chooses.",
        access=Access.ACCOUNT_ACTS,
        answers=_choose,
        statuses=(422,),
        page=True,
    ),
    Route(
        method="POST",
        path=f"{_SLOT}/withdrawal",
        operation="slot-withdrawal-form",
        summary="Take a slot back that has not come.",
        access=Access.ACCOUNT_ACTS,
        answers=_take_back,
        statuses=(422,),
        page=True,
    ),
)
