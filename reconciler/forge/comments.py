"""A page that begins with a hidden marker -> the one comment of ours that begins with it."""

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import UsageError
from reconciler.forge.github import GitHub
from reconciler.forge.gitlab import GitLab
from reconciler.forge.place import Forge, Place
from reconciler.forge.request import Request
from reconciler.forge.web import Api

_MARKER = re.compile(r"<!-- [\w.:/ -]+ -->")


class Outcome(StrEnum):
    """What came of a page."""

    CREATED = "created"
    EDITED = "edited"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """`url` leads people to the comment; empty where the forge names none."""

    outcome: Outcome
    url: str


def post(place: Place, page: str) -> Posted:
    """Makes the page the one comment with its marker on the request.

    The comment is looked for among those that the owner of the token wrote: one of a stranger who
    pasted the marker is left alone. Raises UsageError for a page without a marker, ReconcilerError
    when the forge can't be reached or refuses.
    """
    marker = _first_line(page)
    if not _MARKER.fullmatch(marker):
        raise UsageError(
            "the file does not begin with a hidden marker, such as <!-- reconciler-plan -->",
            "write it with reconciler plan --format markdown",
        )
    return asyncio.run(_post(place, marker, page))


async def _post(place: Place, marker: str, page: str) -> Posted:
    kind = GitHub if place.forge is Forge.GITHUB else GitLab
    async with Api(place.api_url, kind.headers(place)) as api:
        return await _put(kind(place, api), marker, page)


async def _put(request: Request, marker: str, page: str) -> Posted:
    async for comment in request.own_comments():
        if _first_line(comment.body) != marker:
            continue
        if _normal(comment.body) == _normal(page):
            return Posted(outcome=Outcome.UNCHANGED, url=comment.url)
        return Posted(outcome=Outcome.EDITED, url=await request.edit(comment, page))
    return Posted(outcome=Outcome.CREATED, url=await request.create(page))


def _first_line(text: str) -> str:
    return _normal(text).partition("\n")[0].rstrip()


def _normal(text: str) -> str:
    """Forges store line ends in their own way, and take blanks off the end."""
    return text.replace("\r\n", "\n").strip()
