"""Values -> the words and the markup that templates show them with."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import Markup

from reconciler.model.windows import Window
from reconciler.model.zones import zone
from reconciler.report import charts, times, words
from reconciler.report.escape import terminal
from reconciler.web.navigation import navigation, pages_of_account

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
        place=times.place,
        said=said,
        share=words.share,
        thousands=lambda number: f"{number:,}",
        shown=terminal,
        shown_lines=shown_lines,
        clock=lambda instant, key: times.clock(instant, zone(key)),
        running=charts.running,
        drawing=lambda drawn: Markup(drawn.svg),  # noqa: S704  (report/charts escapes)
    )
    environment.tests["link"] = is_link
    environment.globals.update(
        navigation=navigation, pages_of_account=pages_of_account, address=address
    )


def said(value: object) -> str:
    """The value of a setting as manifests write it: "true", "500"."""
    return str(value).lower() if isinstance(value, bool) else terminal(str(value))


def utc(instant: datetime, now: datetime | None = None) -> str:
    """ "Tue 1 Dec 05:00 UTC", with the year where it is not that of `now`."""
    return times.moment(instant, _UTC, now)


def span(window: Window, zone: ZoneInfo, now: datetime) -> str:
    """The window on a zone's clock."""
    return times.span(window, zone, now)


def shown_lines(text: str) -> str:
    """Text of several lines, without what would reorder or hide it."""
    return "\n".join(terminal(line) for line in text.splitlines())


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
