"""A route as a value: who may ask what, in which form, and which function answers.

Everything that is told or tested of the API (OpenAPI, the table of who may do what) is made from
these values.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from reconciler.model.access import Principal
from reconciler.web.asked import Asked

if TYPE_CHECKING:
    from reconciler.web.services import Services

Json = Any


class Access(StrEnum):
    """Who may use a route. Those for an account say so by {account} in its path."""

    ANYBODY = "anybody"  # without signing in
    SIGNED_IN = "signed-in"  # any role
    ACCOUNT_READS = "account-reads"  # the account itself; publishers
    ACCOUNT_ACTS = "account-acts"  # the account itself; publisher-admin in its stead
    PUBLISHER = "publisher"  # publisher-admin and publisher-viewer
    ADMIN = "admin"  # publisher-admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the query: `schema` is the JSON Schema of its value."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in. `principal` None: not signed in, on a route for anybody.

    `path` and `query` hold what the route's patterns and parameters took; `query` has numbers and
    booleans as such, and defaults filled in. `body` is the JSON value or the form's fields, None
    without. Names of `headers` are in lower case. `now` is the instant (UTC) of the request.
    `csrf` is what every form of a page sends back in a field of this name (None: not signed in).
    """

    services: "Services"
    route: "Route"
    asked: Asked
    principal: Principal | None
    csrf: str | None
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Json
    headers: Mapping[str, str]
    client: str
    now: datetime

    @property
    def who(self) -> Principal:
        """Who is asking, on a route for which one has to sign in."""
        assert self.principal is not None, f"{self.route.operation} is not for anybody"
        return self.principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an API route answers; `body` None for none. `etag` is without quotes."""

    body: Json = None
    status: int = 200
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page shows: a template of web/templates, and the values that it is filled with."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeing:
    """A browser is sent on to another page of ours (303), as after every form."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


Answered = Answer | Page | Seeing | Response
Function = Callable[[Call], Answered] | Callable[[Call], Awaitable[Answered]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path.

    `answers` is a function that may wait for the database, which then has a thread; or an async
    one, for answers that go on. `takes` and `gives` name JSON Schemas, files below schemas/ without
    their suffix; `also` are further media types that it answers in. A page takes a form instead.
    `statuses` are those of its own problems, beside the ones that every route has. An answer with a
    `secret` is given once, and never kept. A `lenient` route passes over parameters that it does
    not know.
    """

    method: str
    path: str
    operation: str
    summary: str
    access: Access
    answers: Function
    query: tuple[Parameter, ...] = ()
    takes: str | None = None
    gives: str | None = None
    also: tuple[str, ...] = ()
    status: int = 200
    statuses: tuple[int, ...] = ()
    conditional: bool = False  # heeds If-Match
    page: bool = False
    secret: bool = False
    lenient: bool = False

    @property
    def safe(self) -> bool:
        """Whether asking changes nothing (RFC 9110, section 9.2.1)."""
        return self.method in ("GET", "HEAD")


def reads(
    access: Access,
    prefix: str,
    path: str,
    operation: str,
    summary: str,
    answers: Function,
    gives: str,
    query: tuple[Parameter, ...] = (),
) -> Route:
    """A route of the API that shows something, below `prefix`."""
    return Route(
        method="GET",
        path=prefix + path,
        operation=operation,
        summary=summary,
        access=access,
        answers=answers,
        gives=gives,
        query=query,
    )
