"""A list behind a place -> one page of it, and how to get the next."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from reconciler.web import cursors
from reconciler.web.problems import Problem
from reconciler.web.route import Answer, Call, Parameter

Item = TypeVar("Item")
MOST = 200
DEFAULT = 50

CURSOR = Parameter(
    name="cursor",
    description="What the page before has under next; nothing for the first page.",
    schema={"type": "string", "maxLength": cursors.LONGEST, "pattern": "^[A-Za-z0-9_-]*$"},
)
LIMIT = Parameter(
    name="limit",
    description="The most that a page holds.",
    schema={"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
)
PAGED = (CURSOR, LIMIT)


def page(
    call: Call,
    fetch: Callable[[Any, int], Sequence[Item]],
    place: Callable[[Item], Any],
    show: Callable[[Sequence[Item]], list[Any]],
    **beside: Any,
) -> Answer:
    """`fetch` gets the place to go on from (None: the beginning), and how many it should give.

    `place` says of a thing what fetch() will get. `beside` are further fields. Raises Problem.
    """
    limit = call.query["limit"]
    try:
        found = fetch(position(call), limit + 1)
    except LookupError:
        detail = "the place where this page would begin is no more"
        raise Problem(400, "cursor", detail, "begin again without a cursor") from None
    shown = found[:limit]
    following = sealed(call, place(shown[-1])) if len(found) > limit else None
    return answer({"items": show(shown), "next": following, **beside})


def position(call: Call) -> Any:
    """Where the page begins, None at the beginning. Raises Problem."""
    cursor = call.query.get("cursor")
    if not cursor:
        return None
    return cursors.unseal(call.services.store.store_id, _question(call), cursor)


def sealed(call: Call, place: Any) -> str:
    """The cursor of a place in this list."""
    return cursors.seal(call.services.store.store_id, _question(call), place)


def _question(call: Call) -> str:
    asked = {name: value for name, value in call.query.items() if name not in ("cursor", "limit")}
    return json.dumps([call.route.operation, dict(call.path), asked], sort_keys=True, default=str)


def answer(body: Mapping[str, Any]) -> Answer:
    """A JSON answer with the entity tag of what it holds."""
    return Answer(body=body, etag=etag(body))


def etag(body: Mapping[str, Any]) -> str:
    """Equal for equal content, and only then."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
