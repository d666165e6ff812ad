"""How far a long fan-out is, and what a worker did for it -> a line of log, or its fields."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.report.escape import terminal
from reconciler.report.objects import Fields
from reconciler.report.times import iso
from reconciler.report.words import counted, duration

# With more packs the lines would be too many to read.
_NAMED_PACKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How far all that goes on is: `left_seconds` at the rate so far, None before there is one."""

    labels: tuple[str, ...]
    unit: str
    done: int
    total: int
    rate: float
    left_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Attachments that a worker moved in one fan-out; `release` None: of several packs."""

    pack: str
    release: str | None
    attachments: int
    seconds: float

    @property
    def rate(self) -> float:
        """Attachments a second."""
        return self.attachments / self.seconds if self.seconds else 0.0


def stand_text(stand: Stand, at: datetime) -> str:
    """The instant in UTC, and how far it is; without a line ending."""
    return f"{iso(at)} {_stand(stand)}"


def stand_fields(stand: Stand, at: datetime) -> Fields:
    """The same as an object; `rate` is a second."""
    return {
        "at": iso(at),
        "level": "info",
        "message": _stand(stand),
        "done": stand.done,
        "total": stand.total,
        "unit": stand.unit,
        "rate": round(stand.rate),
        "left_seconds": None if stand.left_seconds is None else round(stand.left_seconds, 1),
    }


def helps(moved: tuple[tuple[str, str, int], ...], seconds: float) -> tuple[Help, ...]:
    """One for each pack (pack, release, attachments); one for all when they are many."""
    if len(moved) > _NAMED_PACKS:
        total = sum(rows for _, _, rows in moved)
        moved_together = Help(
            pack=f"{len(moved):,} packs", release=None, attachments=total, seconds=seconds
        )
        return (moved_together,)
    return tuple(
        Help(pack=pack, release=release, attachments=rows, seconds=seconds)
        for pack, release, rows in moved
    )


def help_text(told: Help, at: datetime) -> str:
    """The instant in UTC, and what was moved; without a line ending."""
    return f"{iso(at)} {_help(told)}"


def help_fields(told: Help, at: datetime) -> Fields:
    """The same as an object; `rate` is a second."""
    return {
        "at": iso(at),
        "level": "info",
        "message": _help(told),
        "pack": told.pack,
        "release": told.release,
        "attachments": told.attachments,
        "seconds": round(told.seconds, 3),
        "rate": round(told.rate),
    }


def _stand(stand: Stand) -> str:
    left = "" if stand.left_seconds is None else f", {duration(stand.left_seconds)} left"
    return terminal(
        f"{', '.join(stand.labels)}: {stand.done:,} of {stand.total:,} {stand.unit},"
        f" {stand.rate:,.0f}/s{left}"
    )


def _help(told: Help) -> str:
    what = f"{told.pack} {told.release or ''}".strip()
    moved = counted(told.attachments, "attachment")
    return terminal(f"Helped with {what}: {moved} in {duration(told.seconds)}, {told.rate:,.0f}/s")
