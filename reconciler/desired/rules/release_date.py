"""Rule release-date: a release date exists, and a new one does not lie in the past."""

from calendar import month_name, monthrange
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, date
from zoneinfo import ZoneInfo

from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Kind, Release
from reconciler.model.findings import Problem
from reconciler.model.windows import Window, parse_date, window

_POINTER = ("spec", "schedule", "date")


def check(context: Context) -> Iterator[Problem]:
    """A date that no calendar or not the publisher's zone has; of a new date, one that is over."""
    recorded = Recorded(context.store, context.base)
    for declaration in context.tree.by_kind[Kind.RELEASE].values():
        release = declaration.spec
        assert isinstance(release, Release)
        if release.date_text is None:
            continue
        day = parse_date(release.date_text)
        if day is None:
            yield _problem(
                declaration,
                f"{release.date_text} is not a date of the calendar.",
                _calendar_hint(release.date_text),
            )
        elif context.zone is not None:
            found = window(day, context.zone)
            if found is None:
                yield _problem(declaration, *_no_window(day, context.zone))
            elif context.now >= found.closes_at and _is_new_date(context, recorded, declaration):
                yield _over(declaration, release, found, context.zone)


def _is_new_date(context: Context, recorded: Recorded, declaration: Declaration) -> bool:
    """A new release, or one that got another date; not where release-immutable tells it alone."""
    if recorded.is_new(declaration):
        return True
    before, release = context.before(declaration), declaration.spec
    if before is None:
        return False
    assert isinstance(before.spec, Release)
    assert isinstance(release, Release)
    if before.spec.date_text == release.date_text:
        return False
    return recorded.refusal(declaration, context.promoted) is None


def _over(declaration: Declaration, release: Release, found: Window, zone: ZoneInfo) -> Problem:
    local, utc = found.closes_at.astimezone(zone), found.closes_at.astimezone(UTC)
    return _problem(
        declaration,
        f"{release.pack} {release.version} is dated {release.date_text}, and that window is over "
        f"since {local:%H:%M} {zone.key} = {utc:%Y-%m-%d %H:%M} UTC.",
        'write a date to come, or "schedule: immediate" for now.',
    )


def _no_window(day: date, zone: ZoneInfo) -> tuple[str, str]:
    if day.year in (MINYEAR, MAXYEAR):
        return f"{day} is at the end of the calendar.", "write a date that is nearer."
    return f"{day} does not exist in {zone.key}.", "take the day before or after it."


def _calendar_hint(text: str) -> str:
    year, _, rest = text.partition("-")
    month = rest.partition("-")[0]
    if not (year.isdecimal() and int(year) and month.isdecimal() and 1 <= int(month) <= 12):
        return "write a year, a month from 01 to 12 and a day, such as 2026-12-01."
    days = monthrange(int(year), int(month))[1]
    return f"{month_name[int(month)]} {year} has {days} days."


def _problem(declaration: Declaration, message: str, hint: str) -> Problem:
    return Problem(
        rule=RULE.id, origin=declaration.origin, pointer=_POINTER, message=message, hint=hint
    )


RULE = Rule(
    id="release-date",
    summary="A release date exists in the publisher's zone, and is not over when it is set.",
    check=check,
)
