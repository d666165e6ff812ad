"""A list -> the page of it that was asked for, and where the next one begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.web.route import Parameter

Item = TypeVar("Item")
Place = TypeVar("Place")

PAGE = 50
AFTER = Parameter(
    name="after",
    description="The list goes on behind this name.",
    schema={"type": "string", "maxLength": 300, "default": ""},
)
WORDS = Parameter(
    name="q",
    description="Only names that have these letters in them.",
    schema={"type": "string", "maxLength": 100, "default": ""},
)
BEFORE = Parameter(
    name="before",
    description="Only those with a lower number: where the page before ended.",
    schema={"type": "integer", "minimum": 1},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Generic[Item, Place]):
    """One page of a list; `after` None: it is the last."""

    items: tuple[Item, ...]
    after: Place | None


def page_of(found: Sequence[Item], place: Callable[[Item], Place]) -> Shown[Item, Place]:
    """`found` has one more than a page holds, where there is more."""
    items = tuple(found[:PAGE])
    return Shown(items=items, after=place(items[-1]) if len(found) > PAGE else None)
