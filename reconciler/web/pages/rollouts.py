"""How far the roll-outs are that go on, live; and the last ones."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from starlette.responses import Response, StreamingResponse

from reconciler.model.base import PackRecord
from reconciler.model.events import Event, EventKind
from reconciler.ports.views import EventsWanted
from reconciler.web.problems import Problem
from reconciler.web.rendering import environment
from reconciler.web.route import Access, Call, Page, Route
from reconciler.web.services import Services

_SHOWN = 15
_KINDS = (EventKind.RELEASE, EventKind.PROMOTE, EventKind.ROLLBACK)


def _rollouts(call: Call) -> Page:
    values: dict[str, Any] = {
        "moving": _moving(call.services),
        "events": _last(call),
    }
    return Page(template="rollouts.html", values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A pack of which rows are moved: `done` run its current release, or adopted the pending one.

    Rows that a gate of their own keeps back are not done; they don't keep the roll-out from ending.
    """

    pack: str
    release: str | None
    attachments: int
    done: int


def _moving(services: Services) -> tuple[Moving, ...]:
    """Counted now, of these packs alone, by the quickest query that there is."""
    names = services.views.moving()
    if not names:
        return ()
    packs = services.views.of_packs(names).packs
    found = services.views.running(names)
    return tuple(
        _counted(packs[name], found.get(name, {})) for name in sorted(names) if name in packs
    )


def _counted(record: PackRecord, rows: Mapping[str | None, int]) -> Moving:
    done = sum(number for version, number in rows.items() if version in _served(record))
    return Moving(
        pack=record.name, release=record.current, attachments=sum(rows.values()), done=done
    )


def _served(record: PackRecord) -> set[str]:
    return {version for version in (record.current, record.pending) if version is not None}


def _last(call: Call) -> list[Event]:
    """The newest that moved the attachments of a whole pack."""
    found = (call.services.views.events(EventsWanted(kind=kind), limit=_SHOWN) for kind in _KINDS)
    return list(islice(merge(*found, key=lambda event: event.number, reverse=True), _SHOWN))


async def _stream(call: Call) -> Response:
    services = call.services
    if services.watch.is_full:
        raise Problem(
            503, "watchers", "too many watch already", "load the page again", {"Retry-After": "30"}
        )
    headers = {"X-Accel-Buffering": "no"}
    events = _events(services)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(services: Services) -> AsyncIterator[str]:
    """Server-sent events: each has what the page shows of the roll-outs, as HTML."""
    yield "retry: 3000\n\n"
    async for seen in services.watch.follow(lambda: _fragment(services)):
        if seen is None:
            yield ": still here\n\n"
        else:
            lines = "".join(f"data: {line}\n" for line in seen.splitlines())
            yield f"event: content\n{lines}\n"


def _fragment(services: Services) -> str:
    moving = _moving(services)
    return environment().get_template("rollouts-now.html").render(moving=moving)


ROUTES = (
    Route(
        method="GET",
        path="/rollouts",
        operation="rollouts-page",
        summary="How far the roll-outs are that go on, and the last ones.",
        access=Access.PUBLISHER,
        answers=_rollouts,
        page=True,
    ),
    Route(
        method="GET",
        path="/rollouts/stream",
        operation="rollouts-stream",
        summary="The same, live, as server-sent events for the page.",
        access=Access.PUBLISHER,
        answers=_stream,
        page=True,
    ),
)
