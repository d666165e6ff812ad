"""Attachments and where they stand -> rows of a table, or lines of JSON."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.base import Attached
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style, table
from reconciler.report.objects import Fields
from reconciler.report.times import iso_or_none, moment


class Standing(Protocol):
    """Where an attachment stands."""

    @property
    def state(self) -> str: ...
    @property
    def target(self) -> str | None: ...
    @property
    def adopted(self) -> bool: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def until(self) -> datetime | None: ...


_HEADS = ("ACCOUNT", "PACK", "INSTANCE", "RELEASE", "TARGET", "STATE", "ORIGIN", "WHY")


def fields(row: Attached, standing: Standing) -> Fields:
    """One line of SPEC section 9."""
    return {
        "account": row.key.account,
        "pack": row.key.pack,
        "instance": row.key.instance or None,
        "release": row.release,
        "target": standing.target,
        "state": str(standing.state),
        "adopted": standing.adopted,
        "origin": row.origin.value,
        "environments": list(row.settings.environments or ()),
        "updated_at": iso_or_none(row.updated_at),
        "reason": standing.reason,
        "until": iso_or_none(standing.until),
    }


def text(
    rows: Iterable[tuple[Attached, Standing]], zone: ZoneInfo, now: datetime, style: Style = PLAIN
) -> str:
    """A table; an adopter's release is marked."""
    cells = [_cells(row, standing, zone, now) for row, standing in rows]
    return table(_HEADS, cells, style=style) if cells else "No attachments.\n"


def _cells(row: Attached, standing: Standing, zone: ZoneInfo, now: datetime) -> list[str]:
    release = row.release or "–"
    why = standing.reason or ""
    if why and standing.until is not None:
        why += f", until {moment(standing.until, zone, now)}"
    return [
        terminal(cell)
        for cell in (
            row.key.account,
            row.key.pack,
            row.key.instance,
            f"{release} (adopted)" if standing.adopted else release,
            standing.target or "–",
            str(standing.state),
            row.origin.value,
            why,
        )
    ]
