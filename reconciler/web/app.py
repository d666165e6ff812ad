"""Routes and services -> an ASGI application."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute
from starlette.staticfiles import StaticFiles

from reconciler.errors import ReconcilerError
from reconciler.report.escape import terminal
from reconciler.web import rendering
from reconciler.web.asked import Asked
from reconciler.web.compressing import Compressed
from reconciler.web.headers import SecureHeaders
from reconciler.web.idempotency import answered_once, awaited_once
from reconciler.web.observing import Observed
from reconciler.web.pipeline import LARGEST_BODY, call
from reconciler.web.problems import MEDIA_TYPE, Problem, not_found, problem_of
from reconciler.web.route import Answer, Answered, Call, Page, Route, Seeing
from reconciler.web.services import Services

_log = logging.getLogger(__name__)
# Who sends slowly keeps nobody waiting, but not for ever either.
_BODY_SECONDS = 30
_MOST_FIELDS = 500
# What people type: never another host, which "//" would name to a browser.
_SAFE = ("GET", "HEAD")
_WITH_SLASH = re.compile(r"(/[a-z0-9][\w.:-]*)+/", re.ASCII)
STATIC = Path(__file__).parent / "static"

Endpoint = Callable[[Request], Awaitable[Response]]


def application(services: Services, routes: Iterable[Route]) -> Starlette:
    """The application of one process."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route
    served: list[BaseRoute] = [
        StarletteRoute(path, _endpoint(services, methods), methods=_methods(methods))
        for path, methods in by_path.items()
    ]
    served.append(Mount("/static", StaticFiles(directory=STATIC), name="static"))
    app = Starlette(routes=served, exception_handlers={HTTPException: _unrouted})
    app.router.redirect_slashes = False  # it would name a host and a scheme, both of them guessed
    app.add_middleware(Compressed)
    app.add_middleware(SecureHeaders)
    app.add_middleware(Observed, metrics=services.metrics)
    return app


def _methods(methods: Mapping[str, Route]) -> list[str]:
    return [*methods, "HEAD"] if "GET" in methods else list(methods)


def _endpoint(services: Services, methods: Mapping[str, Route]) -> Endpoint:
    """One path: its method's route answers."""

    async def endpoint(request: Request) -> Response:
        route = methods["GET" if request.method == "HEAD" else request.method]
        try:
            asked = await _asked(request, route, services.origin)
            return await _answer(services, route, asked)
        except Problem as problem:
            return _shown(route, problem, request)
        except ReconcilerError as error:
            _log.warning("%s %s: %s", route.method, route.path, terminal(error.message))
            return _shown(route, problem_of(error), request)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            _log.exception("%s %s", route.method, route.path)
            mistake = Problem(500, "internal", "this is a mistake of ours; it was written down")
            return _shown(route, mistake, request)

    return endpoint


async def _asked(request: Request, route: Route, origin: str | None) -> Asked:
    """The request, read whole. Raises Problem for a body that is too large."""
    said = f"{request.scope['scheme']}://{request.headers.get('host', '').lower()}"
    form: FormData | None = None
    body = b"" if route.safe else await _read(request)
    if route.page and not route.safe:
        form = await _form(request, body)
    return Asked(
        method=request.method,
        target=request.scope["path"],
        path={name: str(value) for name, value in request.path_params.items()},
        query=request.scope["query_string"].decode("latin-1"),
        headers={name.lower(): value for name, value in request.headers.items()},
        cookies=request.cookies,
        body=body,
        form=form,
        client=request.client.host if request.client else "",
        origin=origin or said,
    )


async def _read(request: Request) -> bytes:
    chunks, size = [], 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST_BODY:
                    raise Problem(413, "too-large", f"a body has at most {LARGEST_BODY:,} bytes")
                chunks.append(chunk)
    except TimeoutError:
        detail = f"the body did not come within {_BODY_SECONDS} s"
        raise Problem(408, "too-slow", detail, None, {"Connection": "close"}) from None
    return b"".join(chunks)


async def _form(request: Request, body: bytes) -> FormData:
    """The fields of a form of ours: never files. Raises Problem."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(415, "media-type", "this is not a form")

    async def again() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, again).form(max_files=0, max_fields=_MOST_FIELDS)
    except HTTPException as error:
        detail = f"the form can't be read, or has more than {_MOST_FIELDS} fields"
        raise Problem(400, "form", detail) from error


async def _answer(services: Services, route: Route, asked: Asked) -> Response:
    """Everything that may wait for the database has a thread."""
    if iscoroutinefunction(route.answers):
        asking = await run_in_threadpool(call, services, route, asked)
        answering = cast(Callable[[Call], Awaitable[Answered]], route.answers)
        return _response(asking, await awaited_once(asking, answering))
    return await run_in_threadpool(_answer_now, services, route, asked)


def _answer_now(services: Services, route: Route, asked: Asked) -> Response:
    asking = call(services, route, asked)
    answering = cast(Callable[[Call], Answered], route.answers)
    return _response(asking, answered_once(asking, answering))


def _response(asking: Call, answered: Answered) -> Response:
    match answered:
        case Response():
            return answered
        case Seeing(path=path, headers=headers):
            return RedirectResponse(path, status_code=303, headers=headers)
        case Page():
            return rendering.response(asking, answered)
        case Answer():
            return _json(asking, answered)


def _json(asking: Call, answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.etag is not None:
        headers["ETag"] = f'"{answer.etag}"'
        if asking.route.safe and f'"{answer.etag}"' in _etags(asking.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
    if answer.body is None:
        return Response(status_code=204 if answer.status == 200 else answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)


def _etags(text: str | None) -> set[str]:
    """The entity tags of a condition, compared weakly (RFC 9110, section 8.8.3.2)."""
    return {tag.strip().removeprefix("W/") for tag in (text or "").split(",")}


def _shown(route: Route, problem: Problem, request: Request) -> Response:
    if not route.page:
        return _problem_json(problem)
    if problem.status == 401 and route.safe:
        return RedirectResponse(rendering.sign_in_path(request), status_code=303)
    return rendering.problem_page(problem, request)


def _problem_json(problem: Problem) -> Response:
    return JSONResponse(
        problem.fields(), problem.status, dict(problem.headers), media_type=MEDIA_TYPE
    )


async def _unrouted(request: Request, error: Exception) -> Response:
    """A path that no route has, or a method that its path has not."""
    assert isinstance(error, HTTPException)
    problem, path = not_found(), request.scope["path"]
    if error.status_code == 404 and request.method in _SAFE and _WITH_SLASH.fullmatch(path):
        query = request.scope["query_string"].decode("latin-1")
        return RedirectResponse(path.rstrip("/") + (f"?{query}" if query else ""), 307)
    if error.status_code != 404:
        detail = f"{request.method[:20]} is not possible here"
        problem = Problem(error.status_code, "method", detail, None, dict(error.headers or {}))
    if path.startswith("/api/"):
        return _problem_json(problem)
    return rendering.problem_page(problem, request)
