"""An origin -> the cookies of a session as that origin may have them, read and written.

With the prefix __Host- a browser takes a cookie over https alone, from this very host, so that
neither a neighbour's page nor somebody on the line can plant a session. A browser on the machine
itself may do without https.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.responses import Response

from reconciler.web.problems import Problem

SESSION = "reconciler-session"
SIGNING_IN = "reconciler-signing-in"

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def secure(origin: str) -> bool:
    """Whether cookies go over https alone."""
    return origin.startswith("https://")


def require_private(origin: str) -> None:
    """Raises Problem where somebody on the line could read along."""
    if not secure(origin) and not _local(origin):
        raise Problem(
            403,
            "https",
            "signing in needs https: the line to this server can be read by others",
            "open this page with https; docs/operations/access.md says how to put a proxy that "
            "speaks it before the server",
        )


def _local(origin: str) -> bool:
    try:
        return urlsplit(origin).hostname in _LOCAL
    except ValueError:  # a Host that is none
        return False


def read(cookies: Mapping[str, str], name: str, origin: str) -> str | None:
    """The cookie of that name, as this origin has it; one of the other form counts for nothing."""
    return cookies.get(_full(name, origin))


def write(response: Response, name: str, value: str, lasts: timedelta, origin: str) -> None:
    """Sets it for so long: for requests to this host alone, out of reach of scripts."""
    response.set_cookie(
        _full(name, origin),
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=secure(origin),
        httponly=True,
        samesite="lax",
    )


def drop(response: Response, name: str, origin: str) -> None:
    """Takes it away."""
    response.delete_cookie(
        _full(name, origin), path="/", secure=secure(origin), httponly=True, samesite="lax"
    )


def _full(name: str, origin: str) -> str:
    return f"__Host-{name}" if secure(origin) else name
