"""30d, 12h or 45m, as typed -> how long that is."""

import re
from datetime import timedelta
from typing import Any

import click

_DURATION = re.compile(r"([0-9]{1,6})([mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=3660)


class Duration(click.ParamType[timedelta]):
    """Ten years at most."""

    name = "DURATION"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _DURATION.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is no duration, such as 30d, 12h or 45m", param, ctx)
        lasts = int(found[1]) * _UNITS[found[2]]
        if not timedelta() < lasts <= _LONGEST:
            self.fail(f"{value!r} is out of range: up to ten years (3660d)", param, ctx)
        return lasts
