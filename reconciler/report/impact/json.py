"""The impact of a release -> the JSON object of `impact`, and of `impacts` in a plan."""

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

from reconciler.model.contrast import ComponentContrast, SettingChange
from reconciler.model.declarations import ContainedComponent, ExtensionSetting
from reconciler.model.impact import (
    AccountGap,
    Assessment,
    EarlyAdopters,
    EnvironmentHit,
    Few,
    FreezeSpan,
    GroupHit,
    Hit,
    Impact,
    MissingValue,
    ZoneHit,
)
from reconciler.model.zones import zone
from reconciler.report.objects import Fields
from reconciler.report.times import iso, iso_or_none, local_iso, window_fields

T = TypeVar("T")


def fields(impact: Impact, publisher: ZoneInfo) -> Fields:
    """One release; `publisher` is whose clock the window is told by."""
    return {
        "pack": impact.pack,
        "version": impact.version,
        "before": impact.before,
        "action": None if impact.action is None else impact.action.value,
        "timing": impact.timing.value,
        "window": None if impact.window is None else window_fields(impact.window, publisher),
        "starts_at": iso_or_none(impact.starts_at),
        "waits": impact.waits,
        "late": impact.late,
        "emergency": impact.emergency,
        "stored": impact.stored,
        "path": impact.path,
        "notes": impact.notes,
        **_hit(impact.hit),
        "running": _hit(impact.running),
        "installed": _hit(impact.installed),
        "held": _hit(impact.held),
        "suspended": _hit(impact.suspended),
        "adopters": None if impact.adopters is None else _adopters(impact.adopters),
        "groups": _few(impact.groups, _group),
        "environments": _few(impact.environments, _environment),
        "zones": _few(impact.zones, _zone),
        "missing": [_missing(found) for found in impact.missing],
        "gaps": _few(impact.gaps, _gap),
        "components": [_component(found, impact) for found in _components(impact)],
        "freezes": _few(impact.freezes, _freeze),
        "assessment": _assessment(impact.assessment),
    }


def _hit(hit: Hit) -> Fields:
    return {"attachments": hit.attachments, "accounts": hit.accounts}


def _few(found: Few[T], one: Callable[[T], Fields]) -> Fields:
    return {"items": [one(item) for item in found.items], "more": found.more}


def _adopters(found: EarlyAdopters) -> Fields:
    return {"release": found.release, "keep": found.keep, **_hit(found.hit)}


def _group(found: GroupHit) -> Fields:
    return {"group": found.group, **_hit(found.hit)}


def _environment(found: EnvironmentHit) -> Fields:
    return {
        "environment": found.environment,
        "classification": found.classification,
        **_hit(found.hit),
    }


def _zone(found: ZoneHit) -> Fields:
    at = found.starts_at
    return {
        "zone": found.zone,
        "starts_local": None if at is None else local_iso(at, zone(found.zone)),
        "in_working_day": found.in_working_day,
        **_hit(found.hit),
    }


def _missing(found: MissingValue) -> Fields:
    return {
        "name": ".".join(found.name),
        "type": found.setting.type,
        "new": found.is_new,
        **_hit(found.hit),
    }


def _gap(found: AccountGap) -> Fields:
    return {"account": found.account, "names": [".".join(name) for name in found.names]}


def _components(impact: Impact) -> tuple[ComponentContrast, ...]:
    return impact.contrast.components if impact.contrast is not None else ()


def _component(found: ComponentContrast, impact: Impact) -> Fields:
    notes = impact.version_notes.get(found.component, ())
    return {
        "component": found.component,
        "before": found.before,
        "after": found.after,
        "known": found.is_known,
        "notes": [{"version": told.version, "notes": told.notes} for told in notes],
        "contained_added": [_contained(item) for item in found.contained_added],
        "contained_removed": [_contained(item) for item in found.contained_removed],
        "contained_changed": [
            {"before": _contained(before), "after": _contained(after)}
            for before, after in found.contained_changed
        ],
        "settings": [_change(change) for change in found.settings],
    }


def _contained(item: ContainedComponent) -> Fields:
    return {"name": item.name, "type": item.type, "version": item.version}


def _change(change: SettingChange) -> Fields:
    return {
        "name": ".".join(change.name),
        "before": _setting(change.before),
        "after": _setting(change.after),
        "type_changed": change.type_changed,
        "newly_required": change.newly_required,
        "default_changed": change.default_changed,
    }


def _setting(found: ExtensionSetting | None) -> Fields | None:
    if found is None:
        return None
    default = None if found.type == "secret" else found.default
    return {"type": found.type, "required": found.required, "default": default}


def _freeze(found: FreezeSpan) -> Fields:
    return {
        "name": found.name,
        "reason": found.reason,
        "since": iso(found.since),
        "until": iso(found.until),
        "holds": found.holds,
    }


def _assessment(found: Assessment) -> Fields:
    return {
        "impact": found.impact,
        "regression": found.regression,
        "trouble": found.trouble,
        "tests": found.tests,
        "failures": found.failures,
        "errors": found.errors,
        "skipped": found.skipped,
    }
