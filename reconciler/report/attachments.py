"""Attachments and where they stand -> rows of a table, or lines of JSON."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.base import Attached
from reconciler.report.delivery import Delivered, delivered_fields, drift_words
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
    @property
    def slot(self) -> datetime | None: ...


_HEADS = ("ACCOUNT", "PACK", "INSTANCE", "RELEASE", "TARGET", "STATE", "ORIGIN", "WHY")


def fields(row: Attached, standing: Standing, delivered: Delivered) -> Fields:
    """One line of SPEC section 9."""
    return {**standing_fields(row, standing), **delivered_fields(delivered, row.release)}


def standing_fields(row: Attached, standing: Standing) -> Fields:
    """The same without what its runtime says."""
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
        "slot": iso_or_none(standing.slot),
    }


def text(
    rows: Iterable[tuple[Attached, Standing, Delivered]],
    zone: ZoneInfo,
    zone_of: Callable[[str], ZoneInfo],
    now: datetime,
    style: Style = PLAIN,
) -> str:
    """A table; an adopter's release is marked, and a slot is told in its account's zone.

    A runtime that differs is told of.
    """
    cells = [
        _cells(row, standing, found, zone, zone_of(row.key.account), now)
        for row, standing, found in rows
    ]
    return table(_HEADS, cells, style=style) if cells else "No attachments.\n"


def _cells(
    row: Attached,
    standing: Standing,
    delivered: Delivered,
    zone: ZoneInfo,
    own: ZoneInfo,
    now: datetime,
) -> list[str]:
    release = row.release or "–"
    why = standing.reason or ""
    if why and standing.until is not None:
        why += f", until {moment(standing.until, zone, now)}"
    if standing.slot is not None:
        told = f"adopts in its slot, {moment(standing.slot, own, now)}"
        why = f"{why}; {told}" if why else told
    if delivered.drift is not None:
        why = "; ".join(filter(None, (why, drift_words(delivered.drift, zone, now))))
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
