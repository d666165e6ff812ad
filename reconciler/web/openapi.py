"""Routes as values and the JSON Schemas that they name -> an OpenAPI 3.1 document."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler import __version__
from reconciler.web.pipeline import PATH_PATTERNS
from reconciler.web.problems import MEDIA_TYPE, TITLES
from reconciler.web.route import Access, Parameter, Route
from reconciler.web.schemas import schema_named

PREFIX = "/api/v1"
_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
_TEXT = {"type": "string"}
_PATH_WORDS: Mapping[str, tuple[str, str]] = {
    "account": ("An account's name.", "globex"),
    "pack": ("A pack's name.", "stock-levels"),
    "group": ("An account group's name.", "retail"),
    "component": ("The component of a process template.", "csv-to-orders"),
    "attachment": ("A pack, or the pack and an instance of it.", "stock-levels:paris"),
    "version": ("A release's version.", "2.1.0"),
    "digest": ("The git object id of a content.", "a" * 40),
    "sha256": ("The SHA-256 of a file.", "a" * 64),
    "number": ("A number.", "1"),
}
_ABOUT = """\
Accounts read what they run and act for themselves; publishers see the whole install base. What an
account may not know of is answered like what does not exist. Errors are problems (RFC 9457) that
name their rule. Lists come by pages: `next` of one is the `cursor` of the next.
"""
_LIST_HEADERS = {
    "ETag": {"description": "Changes when the answer does.", "schema": _TEXT},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the state that you saw: otherwise nothing is done (412).",
    "schema": _TEXT,
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "An ETag that you have: the same again is answered by 304.",
    "schema": _TEXT,
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text of your own: the request sent again with it is answered as before.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """What the routes below PREFIX, and those about the server's health, amount to."""
    shown = [route for route in routes if not route.page]
    names = sorted({name for route in shown for name in (route.takes, route.gives) if name})
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Integration pack reconciler",
            "version": __version__,
            "description": _ABOUT,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({_tag(route) for route in shown})],
        "paths": paths,
        "components": {
            "schemas": {
                _component(name): _bare(name) for name in dict.fromkeys((*names, "api/problem"))
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that `reconciler token create` has shown.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "description": _WHO[route.access],
        "tags": [_tag(route)],
        "parameters": [*_path_parameters(route), *map(_parameter, route.query), *_headers(route)],
        "responses": _responses(route),
    }
    if route.takes is not None:
        merges = route.method == "PATCH"
        media = "application/merge-patch+json" if merges else "application/json"
        found["requestBody"] = {"required": True, "content": {media: _content(route.takes)}}
    if route.access is Access.ANYBODY:
        found["security"] = []
    return found


_WHO: Mapping[Access, str] = {
    Access.ANYBODY: "For anybody, without a token.",
    Access.SIGNED_IN: "For every role.",
    Access.ACCOUNT_READS: "For the account itself, and for publishers.",
    Access.ACCOUNT_ACTS: "For the account itself, and for publisher-admin in its stead.",
    Access.PUBLISHER: "For publisher-admin and publisher-viewer.",
    Access.ADMIN: "For publisher-admin.",
}


def _tag(route: Route) -> str:
    if not route.path.startswith(PREFIX):
        return "server"
    first = route.path.removeprefix(f"{PREFIX}/").partition("/")[0]
    return "account" if "{account}" in route.path else first


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_WORDS[name][0],
            "schema": {**_TEXT, "pattern": f"^(?:{PATH_PATTERNS[name]})$"},
            "example": _PATH_WORDS[name][1],
        }
        for name in _PLACEHOLDER.findall(route.path)
    ]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _headers(route: Route) -> list[dict[str, Any]]:
    if route.safe:
        return [_IF_NONE_MATCH] if route.gives is not None else []
    needed = 428 in route.statuses
    match = [{**_IF_MATCH, "required": needed}] if route.conditional else []
    return [*match, _IDEMPOTENCY_KEY]


def _responses(route: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if not route.safe else "What was asked for."}
    if route.gives is not None:
        good["content"] = {"application/json": _content(route.gives)}
        good["headers"] = _LIST_HEADERS
    for media in route.also:
        good.setdefault("content", {})[media] = {}
    found = {
        str(status): good for status in dict.fromkeys((200, route.status)) if _can(route, status)
    }
    for status in sorted({*_usual(route), *route.statuses}):
        found[str(status)] = _problem(status) if status >= 400 else {"description": "As asked for."}
    if route.safe and route.gives is not None:
        found["304"] = {"description": "The same as you have."}
    return dict(sorted(found.items()))


def _can(route: Route, status: int) -> bool:
    """A PUT that makes answers 200 where there was nothing to make."""
    return status == route.status or route.method == "PUT"


def _usual(route: Route) -> set[int]:
    """What every route of its kind may answer beside what it is for."""
    found = {500, 503}
    if route.query or route.takes or not route.safe:
        found.add(400)
    if route.takes is not None:
        found |= {413, 415}
    if not route.safe:
        found |= {409, 422}
    if "{" in route.path:
        found.add(404)
    if route.access is not Access.ANYBODY:
        found |= {401, 429}
    if route.access not in (Access.ANYBODY, Access.SIGNED_IN):
        found.add(403)
    return found


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": f"{TITLES.get(status, 'It did not work')}.",
        "content": {MEDIA_TYPE: _content("api/problem")},
    }


def _content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{_component(name)}"}}
    return found


def _component(name: str) -> str:
    return name.removeprefix("api/").replace("/", "-")


def _bare(name: str) -> dict[str, Any]:
    """The schema as a part of another document: places in it are those of the document."""
    return {
        key: value for key, value in schema_named(name).items() if key not in ("$schema", "$id")
    }
