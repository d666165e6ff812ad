"""A token, or what an identity provider says -> a session of the browser; and its end."""

import logging
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from reconciler.errors import RequestRefused
from reconciler.model import tokens
from reconciler.model.access import Principal, Token
from reconciler.web import rendering
from reconciler.web.identity import cookies, forgery
from reconciler.web.identity.addresses import address_of
from reconciler.web.identity.grants import SignInFailed
from reconciler.web.identity.visitors import checked_token
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Answered, Call, Page, Parameter, Route

if TYPE_CHECKING:
    from reconciler.web.identity.provider import Provider

_log = logging.getLogger(__name__)
SESSION_LASTS = timedelta(hours=12)
_SIGNING_IN_LASTS = timedelta(minutes=10)
_CALLBACK = "/sign-in/callback"
# A path of ours: never another host, which "//" and "/\" would name to a browser.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")


def _form(call: Call) -> Page:
    return _page(call, next_path=_own_path(call.query["next"]))


def _page(
    call: Call, next_path: str, trouble: Problem | None = None, status: int | None = None
) -> Page:
    """The form; `trouble` says why the last attempt did not work."""
    values = {
        "next": next_path,
        "trouble": trouble,
        "provider": call.services.provider is not None,
    }
    shown = status or (200 if trouble is None else trouble.status)
    headers = {} if trouble is None else trouble.headers
    return Page(template="sign-in.html", values=values, status=shown, headers=headers)


def _with_token(call: Call) -> Answered:
    """The form with a token; five failures from one place, and it has to wait."""
    cookies.require_private(call.asked.origin)
    forgery.require_ours(call.asked)
    text, next_path = _field(call, "token").strip(), _own_path(_field(call, "next"))
    access = call.services.access
    origins = {address_of(call.client)}
    if tokens.is_token(text):
        origins.add(f"hint {tokens.hint(text)}")
    until = access.blocked_until(origins, call.now)
    if until is not None:
        seconds = int((until - call.now).total_seconds()) + 1
        detail = "signing in failed too often from here, or with a token that begins like this"
        hint = f"try again in {seconds // 60 + 1} min"
        wait = {"Retry-After": str(seconds)}
        return _page(call, next_path, Problem(429, "sign-in", detail, hint, wait))
    found = checked_token(access, text, call.now)
    if not isinstance(found, Token):
        access.failed(origins, call.now)
        _log.warning("sign-in from %r failed: %s", call.client, found)
        return _page(call, next_path, _not_good(text))
    return _begun(call, found.principal, next_path, found)


def _not_good(text: str) -> Problem:
    if not tokens.is_token(text):
        hint = "copy it again, from ipr_ to its end"
        return Problem(401, "token", "this is no token, or not all of it", hint)
    return Problem(401, "token", "the token is not good", "ask the publisher for another one")


def _begun(call: Call, principal: Principal, next_path: str, token: Token | None) -> Response:
    """A new session under a new id, whatever id the browser came with. Raises RequestRefused."""
    access, asked = call.services.access, call.asked
    if next_path == "/" and principal.account is not None:
        next_path = f"/accounts/{principal.account}"
    ends = call.now + SESSION_LASTS
    if token is not None and token.expires_at is not None:
        ends = min(ends, token.expires_at)
    session_id = secrets.token_urlsafe(32)
    access.begin_session(tokens.digest(session_id), principal, now=call.now, expires_at=ends)
    _end(call)
    response = RedirectResponse(next_path, status_code=303)
    cookies.write(response, cookies.SESSION, session_id, ends - call.now, asked.origin)
    _log.info("%r signed in from %r", principal.name, call.client)
    return response


def _end(call: Call) -> None:
    """Ends the session that the browser came with."""
    before = cookies.read(call.asked.cookies, cookies.SESSION, call.asked.origin)
    if before is not None:
        call.services.access.end_session(tokens.digest(before))


def _out(call: Call) -> Response:
    _end(call)
    response = RedirectResponse(rendering.SIGN_IN, status_code=303)
    cookies.drop(response, cookies.SESSION, call.asked.origin)
    return response


async def _to_provider(call: Call) -> Answered:
    cookies.require_private(call.asked.origin)
    next_path = _own_path(call.query["next"])
    try:
        address, kept = await _provider(call).address(call.asked.origin + _CALLBACK, next_path)
    except SignInFailed as error:
        return _page(call, next_path, _unsigned(error))
    response = RedirectResponse(address, status_code=303)
    cookies.write(response, cookies.SIGNING_IN, kept, _SIGNING_IN_LASTS, call.asked.origin)
    return response


async def _from_provider(call: Call) -> Answered:
    """Where the provider sends people back to."""
    cookies.require_private(call.asked.origin)
    kept = cookies.read(call.asked.cookies, cookies.SIGNING_IN, call.asked.origin)
    try:
        principal, next_path = await _provider(call).person(call.asked.query, kept)
        response = await run_in_threadpool(_begun, call, principal, _own_path(next_path), None)
    except SignInFailed as error:
        response = rendering.response(call, _page(call, "/", _unsigned(error)))
    except RequestRefused as error:
        _log.warning("sign-in opens nothing: %s", error.message)
        unknown = SignInFailed("the account that you have a role for is not known here")
        response = rendering.response(call, _page(call, "/", _unsigned(unknown)))
    cookies.drop(response, cookies.SIGNING_IN, call.asked.origin)
    return response


def _provider(call: Call) -> "Provider":
    """Raises Problem where there is none."""
    if call.services.provider is None:
        raise not_found()
    return call.services.provider


def _unsigned(error: SignInFailed) -> Problem:
    return Problem(403, "sign-in", error.message, error.hint)


def _field(call: Call, name: str) -> str:
    value = call.body.get(name)
    return value if isinstance(value, str) else ""


def _own_path(text: str | None) -> str:
    return text if text is not None and _OWN_PATH.fullmatch(text) else "/"


_NEXT = (Parameter(name="next", description="The page that was asked for."),)

ROUTES = (
    Route(
        method="GET",
        path="/sign-in",
        operation="sign-in-page",
        summary="The form to sign in.",
        access=Access.ANYBODY,
        answers=_form,
        query=_NEXT,
        page=True,
    ),
    Route(
        method="POST",
        path="/sign-in",
        operation="sign-in",
        summary="Begin a session with a token.",
        access=Access.ANYBODY,
        answers=_with_token,
        page=True,
    ),
    Route(
        method="GET",
        path="/sign-in/provider",
        operation="sign-in-at-provider",
        summary="On to the identity provider.",
        access=Access.ANYBODY,
        answers=_to_provider,
        query=_NEXT,
        page=True,
    ),
    Route(
        method="GET",
        path=_CALLBACK,
        operation="sign-in-from-provider",
        summary="Back from the identity provider.",
        access=Access.ANYBODY,
        answers=_from_provider,
        page=True,
        lenient=True,
    ),
    Route(
        method="POST",
        path="/sign-out",
        operation="sign-out",
        summary="End the session.",
        access=Access.SIGNED_IN,
        answers=_out,
        page=True,
    ),
)
