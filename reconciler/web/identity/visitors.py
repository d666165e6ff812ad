"""A request and what the store knows -> who is asking, or the problem why not."""

import logging
from datetime import datetime

from reconciler.model import tokens
from reconciler.model.access import BrowserSession, Token, TokenState
from reconciler.ports import Clock
from reconciler.ports.access import Access as KnownAccess
from reconciler.web.asked import Asked
from reconciler.web.identity import cookies, forgery
from reconciler.web.identity.uses import Uses
from reconciler.web.problems import Problem
from reconciler.web.route import Access, Route
from reconciler.web.services import Visitor

_log = logging.getLogger(__name__)


class Visitors:
    """Implements Identity."""

    def __init__(self, access: KnownAccess, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._uses = Uses()

    def keep_house(self) -> None:
        """A duty of whoever serves: writes what was used, and drops what time has ended."""
        self._access.used(self._uses.taken())
        self._access.sweep(self._clock.now())

    def visitor(self, asked: Asked, route: Route) -> Visitor:
        """By the header alone where there is one, else by the cookie.

        Where anybody may come in, nobody is looked for, but for pages that show who one is.
        """
        now = self._clock.now()
        open_to_all = route.access is Access.ANYBODY
        if open_to_all and not (route.page and asked.safe):
            return Visitor()
        header = asked.headers.get("authorization")
        if header is not None and not open_to_all:
            token = _live(self._access, _bearer(header), now)
            self._uses.note(token, now)
            return Visitor(principal=token.principal)
        return self._by_cookie(asked, now)

    def _by_cookie(self, asked: Asked, now: datetime) -> Visitor:
        session_id = cookies.read(asked.cookies, cookies.SESSION, asked.origin)
        if session_id is None:
            return Visitor()
        session = self._access.session(tokens.digest(session_id))
        if session is None or not session.lives(now):
            return Visitor()
        csrf = forgery.csrf_token(session_id)
        if not asked.safe:
            forgery.require_ours(asked)
            forgery.require_token(asked, csrf)
        self._note(session, now)
        return Visitor(principal=session.principal, csrf=csrf)

    def _note(self, session: BrowserSession, now: datetime) -> None:
        if session.token is not None:
            self._uses.note(session.token, now)


def checked_token(access: KnownAccess, text: str, now: datetime) -> Token | str:
    """The live token, or why it is none: for the log, never for who sent it."""
    if not tokens.is_token(text):
        return "not as it was shown: a character is wrong or missing"
    token = access.token(tokens.digest(text))
    if token is None:
        return f"unknown ({tokens.hint(text)}…)"
    state = token.state(now)
    return token if state is TokenState.LIVE else f"{state} (token {token.id})"


def _live(access: KnownAccess, text: str, now: datetime) -> Token:
    """Raises Problem: the same for unknown, expired and revoked."""
    found = checked_token(access, text, now)
    if isinstance(found, Token):
        return found
    _log.warning("a token was refused: %s", found)
    if not tokens.is_token(text):
        raise _refused("this is no token, or not all of it", "copy it again, from ipr_ to its end")
    raise _refused("the token is not good", "ask the publisher for another one")


def _bearer(header: str) -> str:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        raise _refused("only tokens are taken here", "Authorization: Bearer TOKEN")
    return text.strip()


def _refused(detail: str, hint: str) -> Problem:
    challenge = 'Bearer realm="reconciler", error="invalid_token"'
    return Problem(401, "token", detail, hint, {"WWW-Authenticate": challenge})
