"""How `serve` answers: options -> what one client may ask, and what is logged."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import together

if TYPE_CHECKING:
    from reconciler.web.limiting import Limits

# Who is not signed in may ask for so much less.
_UNKNOWN_SHARE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """`rate_limit`: requests a minute of one who signed in, 0 for as many as they like.

    `connections` to the store are kept.
    """

    rate_limit: int
    access_log: str
    connections: int

    def limits(self) -> "Limits":
        """Of this process."""
        from reconciler.web.limiting import Limits

        least = min(self.rate_limit, 1)
        return Limits(self.rate_limit, max(self.rate_limit // _UNKNOWN_SHARE, least))

    def log(self) -> None:
        """From now on answers are logged as asked for."""
        from reconciler.cli import streams
        from reconciler.web.observing import log_to

        log_to(streams.say, self.access_log)


options = together(
    "answering",
    Answering,
    click.option(
        "--connections",
        type=click.IntRange(min=1, max=200),
        default=10,
        show_default=True,
        help="How many connections to the store are kept; of a server, at most so many are used.",
    ),
    click.option(
        "--rate-limit",
        type=click.IntRange(min=0),
        default=6000,
        show_default=True,
        help="Requests a minute of one who signed in; a tenth of it from an address otherwise; "
        "0 for no limit.",
    ),
    click.option(
        "--access-log",
        type=click.Choice(["off", "text", "json"]),
        default="off",
        show_default=True,
        help="A line on stderr for each request, without queries and headers.",
    ),
)
