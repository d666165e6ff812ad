"""A template and values -> HTML; every value is escaped, unless a template of ours made it."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from reconciler.web.problems import Problem
from reconciler.web.route import Call, Page
from reconciler.web.wording import teach

_TEMPLATES = Path(__file__).parent / "templates"
SIGN_IN = "/sign-in"
# The viewer's choice, which the script keeps; without one the system's counts.
_THEME = re.compile(r"(?:^|;\s*)theme=(dark|light)(?:;|$)")


@cache
def environment() -> Environment:
    """Templates of this package; a name that a template misspells is an error."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    teach(made)
    return made


def response(asking: Call, page: Page) -> HTMLResponse:
    """The page as HTML. Templates know the call as `call`, beside the page's values."""
    theme = _theme(asking.headers.get("cookie", ""))
    template = environment().get_template(page.template)
    html = template.render(call=asking, theme=theme, **page.values)
    return HTMLResponse(html, page.status, dict(page.headers))


def problem_page(problem: Problem, request: Request) -> HTMLResponse:
    """A problem for people."""
    theme = _theme(request.headers.get("cookie", ""))
    template = environment().get_template("problem.html")
    html = template.render(call=None, theme=theme, problem=problem)
    return HTMLResponse(html, problem.status, dict(problem.headers))


def _theme(cookies: str) -> str | None:
    found = _THEME.search(cookies)
    return found[1] if found else None


def sign_in_path(request: Request) -> str:
    """Where to sign in, and come back from to the page that was asked for."""
    query = request.scope["query_string"].decode("latin-1")
    target = request.scope["path"] + (f"?{query}" if query else "")
    return f"{SIGN_IN}?{urlencode({'next': target})}"
