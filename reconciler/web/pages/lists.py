"""A list of what has names -> the page of it that was asked for, and where the next one begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.web.route import Parameter

Item = TypeVar("Item")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Generic[Item]):
    """One page of a list; `after` None: it is the last."""

    items: tuple[Item, ...]
    after: str | None


def page_of(found: Sequence[Item], name: Callable[[Item], str], size: int = PAGE) -> Shown[Item]:
    """`found` has one more than a page holds, where there is more."""
    items = tuple(found[:size])
    return Shown(items=items, after=name(items[-1]) if len(found) > size else None)
