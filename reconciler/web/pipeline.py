"""A route and a request -> the call that it makes, or the problem why not."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from reconciler.model.access import Principal, Role
from reconciler.web.asked import Asked
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Call, Route
from reconciler.web.schemas import check_body, check_value
from reconciler.web.services import Services, Visitor

LARGEST_BODY = 1024 * 1024
# Whoever looks after the process asks these as often as they like.
_PROBES = ("/healthz", "/readyz")

_NAME = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# What stands in braces in a route's path. Anything else is something that does not exist.
PATH_PATTERNS: Mapping[str, str] = {
    "account": _NAME,
    "pack": _NAME,
    "group": _NAME,
    "component": _NAME,
    # a pack, or the pack and an instance of it: stock-levels:paris
    "attachment": rf"{_NAME}(:{_NAME})?",
    "version": r"[0-9A-Za-z.-]{1,64}",
    "digest": r"[0-9a-f]{40,64}",
    "sha256": r"[0-9a-f]{64}",
    "number": r"[0-9]{1,15}",
}
_UNKEPT = re.compile("[\0\ud800-\udfff]")
_COMPILED = {name: re.compile(rf"(?:{text})\Z") for name, text in PATH_PATTERNS.items()}


def call(services: Services, route: Route, asked: Asked) -> Call:
    """The call to answer. Raises Problem, in this order: who, whether they may, the form."""
    visitor = _counted(services, route, asked)
    _admit(route, visitor.principal, asked.path)
    for name, value in asked.path.items():
        if not _COMPILED[name].match(value):
            raise not_found()
    return Call(
        services=services,
        route=route,
        asked=asked,
        principal=visitor.principal,
        csrf=visitor.csrf,
        path=asked.path,
        query=_query(route, asked.query),
        body=_body(route, asked),
        headers=asked.headers,
        client=asked.client,
        now=services.clock.now(),
    )


def admit_again(call: Call) -> None:
    """For an answer that waited. Raises Problem unless whoever asked may still have it."""
    visitor = call.services.identity.visitor(call.asked, call.route)
    _admit(call.route, visitor.principal, call.path)


def _counted(services: Services, route: Route, asked: Asked) -> Visitor:
    """Who came, unless they came too often. Raises Problem."""
    try:
        visitor = services.identity.visitor(asked, route)
    except Problem:
        services.limits.unknown(asked.client)
        raise
    if visitor.principal is not None:
        services.limits.known(visitor.principal.key)
    elif route.path not in _PROBES:
        services.limits.unknown(asked.client)
    return visitor


def _admit(route: Route, principal: Principal | None, path: Mapping[str, str]) -> None:
    """Raises Problem unless the principal may use the route.

    Another account's is answered as what does not exist, before anything is looked up.
    """
    access = route.access
    if access is Access.ANYBODY:
        return
    if principal is None:
        raise Problem(
            401,
            "not-signed-in",
            "this needs a token",
            "send it as Authorization: Bearer TOKEN",
            {"WWW-Authenticate": 'Bearer realm="reconciler"'},
        )
    if access is Access.SIGNED_IN:
        return
    if access in (Access.ACCOUNT_READS, Access.ACCOUNT_ACTS):
        if not principal.sees(path["account"]):
            raise not_found()
        if access is Access.ACCOUNT_ACTS and not principal.acts_for(path["account"]):
            raise _forbidden(principal)
        return
    if principal.role is Role.PUBLISHER_ADMIN:
        return
    if access is Access.ADMIN or principal.role is Role.ACCOUNT:
        raise _forbidden(principal)


def _forbidden(principal: Principal) -> Problem:
    return Problem(403, "role", f"the role {principal.role} may not do this")


def _query(route: Route, text: str) -> Mapping[str, Any]:
    """The parameters that the route knows, each once. Raises Problem."""
    try:
        given = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=50
        )
    except ValueError as error:
        raise Problem(400, "query", "the query can't be read") from error
    for _, value in given:
        _check_text(value, "query")
    known = {parameter.name: parameter for parameter in route.query}
    found: dict[str, Any] = {}
    for name, value in given:
        if name not in known and route.lenient:
            continue
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise Problem(400, "query", f"there is no parameter {name[:60]!r} here", takes)
        if name in found:
            raise Problem(400, "query", f"the parameter {name!r} stands there twice")
        found[name] = _typed(value, known[name].schema)
        check_value(known[name].schema, found[name], f"the parameter {name!r}")
    for parameter in route.query:
        if parameter.name not in found:
            if parameter.required:
                raise Problem(400, "query", f"the parameter {parameter.name!r} is missing")
            found[parameter.name] = parameter.schema.get("default")
    return found


def _typed(value: str, schema: Mapping[str, Any]) -> object:
    """A text of the query as the type that its schema names; unfitting ones stay text."""
    match schema.get("type"):
        case "integer" if re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII):
            return int(value)
        case "boolean":
            return {"true": True, "false": False}.get(value, value)
        case _:
            return value


def _body(route: Route, asked: Asked) -> Any:
    if route.page:
        for name, value in () if asked.form is None else asked.form.multi_items():
            _check_text(name, "form")
            _check_text(str(value), "form")
        return asked.form
    if route.takes is None:
        return None
    kind = asked.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in ("application/json", "application/merge-patch+json"):
        raise Problem(
            415, "media-type", "the body has to be JSON", "Content-Type: application/json"
        )
    try:
        body = _json(asked.body.decode())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "json", f"the body is not JSON: {str(error)[:200]}") from error
    check_body(route.takes, body)
    return body


def _json(text: str) -> Any:
    """Raises ValueError, RecursionError, and Problem for texts that can't be kept."""
    body = json.loads(
        text, parse_constant=_no_number, parse_float=_fraction, object_pairs_hook=_object
    )
    if "\\u" in text:
        for found in _texts(body):
            _check_text(found, "json")
    return body


def _texts(value: Any) -> Iterator[str]:
    """All texts of a JSON value, the names in its objects, too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _texts(one)


def _check_text(text: str, rule: str) -> None:
    """Raises Problem for what neither a database nor an answer can hold."""
    if _UNKEPT.search(text):
        raise Problem(400, rule, "there is a NUL, or half of a surrogate pair, in a text of it")


def _fraction(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"{text[:40]} is too large a number")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found
