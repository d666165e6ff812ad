"""The parts of an impact -> sentences and lines that text and Markdown share.

`escape` turns what comes from outside into text of the format; our own words need none.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.contrast import ComponentContrast, SettingChange
from reconciler.model.declarations import ContainedComponent, ExtensionSetting
from reconciler.model.impact import (
    Assessment,
    EnvironmentHit,
    FreezeSpan,
    Hit,
    Impact,
    MissingValue,
    Timing,
    ZoneHit,
)
from reconciler.model.zones import zone
from reconciler.report.times import clock, day, local_range, moment, span_and_utc
from reconciler.report.words import counted, versions

Escape = Callable[[str], str]

NOBODY = Hit()
FROM_MANIFESTS = (
    "No install base was asked: the counts are those of the manifests alone, declared and automatic"
    " attachments, without those that accounts made themselves."
)


def hits(hit: Hit) -> str:
    """ "1,204 attachments in 310 accounts"."""
    return f"{counted(hit.attachments, 'attachment')} in {counted(hit.accounts, 'account')}"


def flat(text: str) -> str:
    """Notes in one line."""
    return " ".join(text.split())


def head(impact: Impact) -> str:
    """ "stock-levels 2.0.0 → 2.1.0", unescaped."""
    return f"{impact.pack} {versions(impact.before, impact.version)}"


def when(impact: Impact, publisher: ZoneInfo, now: datetime, escape: Escape) -> str:
    """When it reaches the attachments, a window in the publisher's time and in UTC."""
    if impact.waits is not None:
        ends = impact.starts_at
        until = f" until {escape(moment(ends, publisher, now))}" if ends is not None else ""
        return f"waits: {escape(impact.waits)}{until}"
    match impact.timing:
        case Timing.NOW:
            return "as soon as it is applied" + (", after its window" if impact.late else "")
        case Timing.CURRENT:
            return "current already"
        case Timing.OVER:
            return "never: a higher release takes its place"
    if impact.window is None:
        return "on its date"
    said = escape(span_and_utc(impact.window, publisher, now))
    if impact.starts_at == impact.window.opens_at:
        return said
    if impact.starts_at is None:
        return f"{said}, but a freeze without an end holds it back"
    return f"{said}, held by a freeze until {escape(moment(impact.starts_at, publisher, now))}"


def reached(impact: Impact) -> str:
    """Whom it reaches, and who is counted apart, as one sentence."""
    verb = "gets" if impact.hit.attachments == 1 else "get"
    parts = [f"{hits(impact.hit)} {verb} it"] if impact.hit != NOBODY else []
    if impact.installed != NOBODY:
        parts.append(f"{hits(impact.installed)} for the first time")
    early = impact.timing in (Timing.WINDOW, Timing.NOW)
    as_one, as_many = (" as an early adopter", " as early adopters") if early else ("", "")
    for hit, one, many in (
        (impact.running, f"runs it already{as_one}", f"run it already{as_many}"),
        (impact.held, "is held by its manifest", "are held by their manifests"),
        (impact.suspended, "waits, suspended", "wait, suspended"),
    ):
        if hit != NOBODY:
            parts.append(f"{hits(hit)} {one if hit.attachments == 1 else many}")
    return ("; ".join(parts) or "No attachment is reached") + "."


def adopters(impact: Impact, escape: Escape) -> str | None:
    """What becomes of those who run a pending release that ends; None where nobody does."""
    found = impact.adopters
    if found is None or found.keep:
        return None
    what = escape(f"{impact.pack} {found.release}")
    return f"{hits(found.hit)} of them run {what} early; its testing period ends."


def setting(found: ExtensionSetting) -> str:
    """ "string, required" or "number, default 30", unescaped."""
    parts = [found.type]
    if found.default is not None:
        parts.append(f"default {_value(found)}")
    elif found.required:
        parts.append("required")
    return ", ".join(parts)


def _value(found: ExtensionSetting) -> str:
    """The default as YAML would have it; that of a secret is not told."""
    if found.type == "secret":
        return "set"
    value = found.default
    return str(value).lower() if isinstance(value, bool) else str(value)


def missing(found: MissingValue, version: str) -> str:
    """ "warehouse-api.region (string, required, new in 2.1.0)", unescaped."""
    new = f", new in {version}" if found.is_new else ""
    return f"{'.'.join(found.name)} ({setting(found.setting)}{new})"


def will_miss(found: MissingValue, version: str, escape: Escape) -> str:
    """ "12 accounts will miss a value: …"."""
    who = counted(found.hit.accounts, "account")
    return f"{who} will miss a value: {escape(missing(found, version))}"


def component_head(found: ComponentContrast) -> str:
    """ "stock-sync 2.0 → 2.1", unescaped."""
    if found.before is None:
        return f"{found.component} {found.after} (new)"
    if found.after is None:
        return f"{found.component} {found.before} (removed)"
    return f"{found.component} {versions(found.before, found.after)}"


def component_lines(found: ComponentContrast, impact: Impact, escape: Escape) -> Iterator[str]:
    """What changes inside one component: notes, what it contains, what accounts may fill in."""
    for told in impact.version_notes.get(found.component, ()):
        yield f"{escape(told.version)}: {escape(flat(told.notes))}"
    if not found.is_known:
        yield "one of the two versions is not declared any more; only the versions can be compared"
    for item in found.contained_added:
        yield f"+ {escape(_contained(item))}"
    for item in found.contained_removed:
        yield f"- {escape(_contained(item))}"
    for before, after in found.contained_changed:
        yield f"~ {escape(_contained(before))} → {escape(_contained(after))}"
    for change in found.settings:
        yield setting_line(change, escape)


def _contained(item: ContainedComponent) -> str:
    version = f" {item.version}" if item.version else ""
    return f"{item.name}{version} ({item.type})"


def setting_line(change: SettingChange, escape: Escape) -> str:
    """ "+ erp.region: string, required" and what it means for those who entered nothing."""
    name = escape(".".join(change.name))
    if change.after is None:
        return f"- {name}: no longer there"
    said = escape(setting(change.after))
    if change.before is None:
        return f"+ {name}: {said}"
    if change.type_changed:
        return f"~ {name}: {escape(setting(change.before))} → {said}; values may not fit any more"
    if change.newly_required:
        return f"~ {name}: newly required, without a default"
    return f"~ {name}: {escape(setting(change.before))} → {said}"


def environment(found: EnvironmentHit) -> str:
    """ "production", "eu-west (production)", "no environment", unescaped."""
    if found.environment is None:
        return "no environment"
    if found.environment == found.classification:
        return found.environment
    return f"{found.environment} ({found.classification or 'not declared'})"


def local_time(found: ZoneHit, now: datetime) -> str:
    """ "Tue 1 Dec 06:00"; empty where nobody knows when it starts."""
    if found.starts_at is None:
        return ""
    where = zone(found.zone)
    return f"{day(found.starts_at, where, now)} {clock(found.starts_at, where)}"


def local_clocks(impact: Impact, now: datetime) -> str:
    """The accounts' wall clocks when it starts: the earliest and the latest."""
    if impact.starts_at is None:
        return ""
    return local_range(impact.starts_at, (zone(found.zone) for found in impact.zones.items), now)


def in_working_days(impact: Impact) -> list[ZoneHit]:
    """The zones in which it starts while people work."""
    return [found for found in impact.zones.items if found.in_working_day]


def freeze(found: FreezeSpan, publisher: ZoneInfo, now: datetime, escape: Escape) -> str:
    """The freeze with its span, and whether it delays the release."""
    held = "; it holds the release back" if found.holds else ""
    reason = f" ({escape(found.reason)})" if found.reason else ""
    since, until = (escape(moment(at, publisher, now)) for at in (found.since, found.until))
    return f'"{escape(found.name)}"{reason} from {since} until {until}{held}'


def tests(found: Assessment) -> str:
    """What the regression report says, to stand behind its path; unescaped."""
    if found.trouble is not None:
        return found.trouble
    if not found.tests:
        return "was not read"
    skipped = f", {found.skipped:,} skipped" if found.skipped else ""
    return f"passed: {counted(found.tests, 'test')}{skipped}"
