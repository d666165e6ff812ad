"""What the functions of routes are given from outside."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.model.access import Principal
from reconciler.ports import Access, Answers, Clock, Store
from reconciler.web.asked import Asked

if TYPE_CHECKING:
    from reconciler.web.identity.provider import Provider
    from reconciler.web.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who came. `principal` None: nobody signed in.

    `csrf` is what forms have to send back, for a browser that signed in.
    """

    principal: Principal | None = None
    csrf: str | None = None


class Identity(Protocol):
    """Tells who is asking."""

    def visitor(self, asked: Asked, route: "Route") -> Visitor:
        """Raises Problem for a token that is not good, and for a forged form."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """One process's own; handed to each call.

    `origin` is how browsers reach the server ("https://packs.example"); None: as they say.
    `provider` None: tokens alone let people in.
    """

    store: Store
    clock: Clock
    identity: Identity
    access: Access
    answers: Answers
    origin: str | None = None
    provider: "Provider | None" = None
