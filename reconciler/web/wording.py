"""Values -> the words and the markup that templates show them with."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import Markup

from reconciler.model.windows import Window
from reconciler.report import times, words
from reconciler.report.escape import terminal
from reconciler.web.navigation import navigation
from reconciler.web.route import Call

_UTC = ZoneInfo("UTC")


def teach(environment: Environment) -> None:
    """Gives the templates of `environment` their filters, tests and functions."""
    environment.filters.update(
        iso=times.iso,
        utc=utc,
        moment=times.moment,
        day=times.day,
        ahead=times.ahead,
        span=span,
        counted=words.counted,
        listed=words.listed,
        short=words.short,
        share=words.share,
        thousands=lambda number: f"{number:,}",
        shown=terminal,
        drawing=Markup,
    )
    environment.tests["link"] = is_link
    environment.globals.update(navigation=navigation, csrf_token=csrf_token, address=address)


def utc(instant: datetime, now: datetime | None = None) -> str:
    """ "Tue 1 Dec 05:00 UTC", with the year where it is not that of `now`."""
    return times.moment(instant, _UTC, now)


def span(window: Window, zone: ZoneInfo, now: datetime) -> str:
    """The window on a zone's clock."""
    return times.span(window, zone, now)


def is_link(place: str) -> bool:
    """Whether a guide's place is an address of the web; all else is shown, never followed."""
    try:
        parts = urlsplit(place)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def address(path: str, **query: object) -> str:
    """A path with a query of those parameters that are neither None nor ""."""
    said = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path


def csrf_token(call: Call) -> str:
    """What forms send back, so that it is known that a page of ours sent them."""
    return getattr(call, "csrf", None) or ""
