"""A pull or merge request as far as comments go, and what is said when a forge refuses."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.errors import ReconcilerError
from reconciler.forge.place import Place

_SAID = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """`id` is the forge's own; `url` leads people there, empty where the forge names none."""

    id: str
    body: str
    url: str


class Request(Protocol):
    """A pull or merge request."""

    def own_comments(self) -> AsyncIterator[Comment]:
        """The comments that the token's owner wrote, oldest first."""
        ...

    async def create(self, body: str) -> str:
        """Adds a comment; its address."""
        ...

    async def edit(self, comment: Comment, body: str) -> str:
        """Replaces a comment's text; its address."""
        ...


@contextlib.contextmanager
def understood(host: str) -> Iterator[None]:
    """Around what takes an answer apart: raises ReconcilerError where it has another form."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ReconcilerError(
            f"{host} answers with something else than comments", "check the address of the API"
        ) from error


def refused(place: Place, status: int, said: Any, grant: str) -> ReconcilerError:
    """The error for an answer of 400 or more; `grant` is what the token has to be allowed.

    `said` is what the forge gives as the reason; the token is taken out of it.
    """
    site = "GitHub" if place.forge == "github" else "GitLab"
    request = f"request {place.number} of {place.repository}"
    match status:
        case 401:
            return ReconcilerError(f"{site} does not know the token, or it has expired", grant)
        case 403:
            return ReconcilerError(f"the token may not comment on {request}", grant)
        case 404:
            return ReconcilerError(f"there is no {request}, or the token may not see it", grant)
        case _:
            reason = str(said).replace(place.token, "***")[:_SAID]
            return ReconcilerError(f"{site} refuses the comment on {request} ({status}): {reason}")
