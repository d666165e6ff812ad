"""Tokens, for who may make them: listed, made and revoked."""

from collections.abc import Sequence
from datetime import UTC, datetime

from reconciler.model.access import DEFAULT_LIFE, Role, Token
from reconciler.report import tokens as report
from reconciler.web.paging import PAGED, page
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Answer, Call, Parameter, Route

_ACCOUNT = {"type": "string", "pattern": "^[a-z0-9-]{1,63}$"}
_HIGHEST = 2**31 - 1


def _list(call: Call) -> Answer:
    def fetch(place: int | None, limit: int) -> Sequence[Token]:
        return call.services.access.tokens(
            account=call.query["account"],
            live_at=None if call.query["all"] else call.now,
            after=place or 0,
            limit=limit,
        )

    return page(
        call,
        fetch,
        lambda token: token.id,
        lambda found: [report.fields(token, call.now) for token in found],
    )


def _create(call: Call) -> Answer:
    wish = call.body
    token, text = call.services.access.create_token(
        wish["name"],
        Role(wish["role"]),
        account=wish.get("account"),
        expires_at=_end(wish, call.now),
        now=call.now,
        actor=call.who.name,
    )
    location = {"Location": f"/api/v1/tokens/{token.id}"}
    body = {**report.fields(token, call.now), "token": text}
    return Answer(body=body, status=201, headers=location)


def _end(wish: dict[str, str | None], now: datetime) -> datetime | None:
    """Raises Problem."""
    if "expires_at" not in wish:
        return now + DEFAULT_LIFE
    said = wish["expires_at"]
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
        if found.tzinfo is None:
            raise ValueError("no offset")
        return found.astimezone(UTC)
    except OverflowError:
        return now  # at the end of the calendar, or before its beginning: refused as any past end
    except ValueError as error:
        raise Problem(
            400,
            "schema",
            f"the body, at expires_at: {said!r} is no time",
            "write it with its offset: 2026-12-01T05:00:00Z",
        ) from error


def _show(call: Call) -> Answer:
    """One token, whatever its state."""
    return _answer(_numbered(call), call)


def _revoke(call: Call) -> Answer:
    number = int(call.path["number"])
    found = None
    if number <= _HIGHEST:
        found = call.services.access.revoke_token(number, now=call.now, actor=call.who.name)
    if found is None:
        raise not_found()
    return _answer(found, call)


def _answer(token: Token, call: Call) -> Answer:
    return Answer(body=report.fields(token, call.now))


def _numbered(call: Call) -> Token:
    number = int(call.path["number"])
    if 0 < number <= _HIGHEST:
        found = call.services.access.tokens(after=number - 1, limit=1)
        if found and found[0].id == number:
            return found[0]
    raise not_found()


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tokens",
        operation="tokens",
        summary="Tokens, in the order in which they were made.",
        access=Access.ADMIN,
        answers=_list,
        query=(
            Parameter(name="account", description="Only those of this account.", schema=_ACCOUNT),
            Parameter(
                name="all",
                description="Expired and revoked ones, too.",
                schema={"type": "boolean", "default": False},
            ),
            *PAGED,
        ),
        gives="api/tokens",
    ),
    Route(
        method="POST",
        path="/api/v1/tokens",
        operation="create-token",
        summary="Make a token; the answer has it, this once.",
        access=Access.ADMIN,
        answers=_create,
        takes="api/token-wish",
        gives="api/new-token",
        status=201,
        statuses=(409,),
        secret=True,
    ),
    Route(
        method="GET",
        path="/api/v1/tokens/{number}",
        operation="token",
        summary="What is known of a token.",
        access=Access.ADMIN,
        answers=_show,
        gives="api/token",
        statuses=(404,),
    ),
    Route(
        method="DELETE",
        path="/api/v1/tokens/{number}",
        operation="revoke-token",
        summary="End a token, and the sessions that began with it.",
        access=Access.ADMIN,
        answers=_revoke,
        gives="api/token",
        statuses=(404,),
    ),
)
