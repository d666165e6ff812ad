"""Rule release-in-freeze: a pending release is not dated where nothing may start."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from reconciler.desired.freezes import Frozen, covers, cron_fault, duration_fault
from reconciler.desired.lifecycle import release_window
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Freeze, Kind
from reconciler.model.findings import Problem
from reconciler.model.windows import next_window
from reconciler.model.zones import zone_names


def check(context: Context) -> Iterator[Problem]:
    """Looks at pending releases only; freezes that have faults of their own don't count."""
    zone = context.zone
    freezes = [] if zone is None else [f for f in context.tree.publisher.freezes if _is_usable(f)]
    if zone is None or not freezes:
        return
    frozen_by_date: dict[str, Frozen | None] = {}
    for pack, life in context.lifecycles.items():
        release = context.tree.releases[pack].get(life.pending or "")
        if release is None or release.emergency or release.date_text is None:
            continue
        if release.date_text not in frozen_by_date:
            found = release_window(release, zone)
            frozen_by_date[release.date_text] = (
                None if found is None else covers(freezes, found, zone)
            )
        frozen = frozen_by_date[release.date_text]
        if frozen is None:
            continue
        declaration = context.tree.get(Kind.RELEASE, f"{pack}@{release.version}")
        assert declaration is not None
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "schedule", "date"),
            message=f'Freeze "{frozen.name}" covers the whole window of {pack} {release.version} '
            f"on {release.date_text}.",
            hint=f"{_free_date(frozen, zone)}emergency: true lets it start in spite of the freeze.",
        )


def _is_usable(freeze: Freeze) -> bool:
    return (
        (freeze.time_zone is None or freeze.time_zone in zone_names())
        and (freeze.cron is None or cron_fault(freeze.cron) is None)
        and (freeze.duration is None or duration_fault(freeze.duration) is None)
    )


def _free_date(frozen: Frozen, zone: ZoneInfo) -> str:
    """The first date on which the release could start."""
    if frozen.until is None:
        return ""
    opens_at = next_window(frozen.until, zone).opens_at
    return f"{opens_at.astimezone(zone).date()} is the first date that is free; "


RULE = Rule(
    id="release-in-freeze",
    summary="No freeze covers the whole window of a pending release that is no emergency.",
    check=check,
)
