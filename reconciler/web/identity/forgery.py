"""A request that a browser sent -> whether a page of ours sent it.

Two things have to agree: what the browser says about where the request comes from, which no page
can change, and a text that only pages of the session know.
"""

import hashlib
import hmac

from reconciler.web.asked import Asked
from reconciler.web.problems import Problem

FIELD = "csrf"
HEADER = "x-csrf-token"


def csrf_token(session_id: str) -> str:
    """What forms of the session send back; tells nothing about the id, which is secret."""
    return hmac.new(session_id.encode(), b"csrf", hashlib.sha256).hexdigest()


def require_ours(asked: Asked) -> None:
    """Raises Problem for a request that comes from elsewhere, or does not say where from."""
    site, origin = asked.headers.get("sec-fetch-site"), asked.headers.get("origin")
    if site is None and origin is None:
        raise _forged("the browser did not say which page sent this")
    if site not in (None, "same-origin") or origin not in (None, asked.origin):
        raise _forged("this came from a page of another site")


def require_token(asked: Asked, expected: str) -> None:
    """Raises Problem unless the form, or the header of a script, has the session's token."""
    given = asked.headers.get(HEADER)
    if given is None and asked.form is not None:
        field = asked.form.get(FIELD)
        given = field if isinstance(field, str) else None
    given_bytes = (given or "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given_bytes, expected.encode()):
        raise _forged("the form is not of the session that you are in")


def _forged(detail: str) -> Problem:
    return Problem(403, "forged", detail, "load the page again, and send its form once more")
