"""A template and values -> HTML; every value is escaped, unless a template of ours made it."""

from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from reconciler.web.problems import Problem
from reconciler.web.route import Call, Page

_TEMPLATES = Path(__file__).parent / "templates"
SIGN_IN = "/sign-in"


@cache
def environment() -> Environment:
    """Templates of this package; a name that a template misspells is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def response(asking: Call, page: Page) -> HTMLResponse:
    """The page as HTML. Templates know the call as `call`, beside the page's values."""
    html = environment().get_template(page.template).render(call=asking, **page.values)
    return HTMLResponse(html, page.status, dict(page.headers))


def problem_page(problem: Problem) -> HTMLResponse:
    """A problem for people."""
    html = environment().get_template("problem.html").render(problem=problem)
    return HTMLResponse(html, problem.status, dict(problem.headers))


def sign_in_path(request: Request) -> str:
    """Where to sign in, and come back from to the page that was asked for."""
    query = request.scope["query_string"].decode("latin-1")
    target = request.scope["path"] + (f"?{query}" if query else "")
    return f"{SIGN_IN}?{urlencode({'next': target})}"
