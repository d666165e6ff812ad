"""What differs between two releases -> the version to propose for the later one, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.desired.phrases import listed
from reconciler.model.contrast import ComponentContrast, Contrast, SettingChange
from reconciler.model.versions import Level, raised, rises_by

Reason = tuple[Level, str]

_ALIKE = ", which has the same components"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionProposal:
    """A version and, in one sentence without its full stop, why it is this one."""

    version: str
    reason: str


def proposed_version(found: Contrast, highest: str | None, *, counted: bool) -> VersionProposal:
    """The version after `highest`, the highest release that the pack ever had.

    Major if an account has something to do or loses something, minor if something is added or a
    component rises by more than a patch, else patch; below 1.0.0 what would be major is minor.
    `counted`: components have revisions, which only count up and say nothing more.
    """
    if highest is None:
        return VersionProposal(version=raised(None, Level.PATCH), reason="it is the first release")
    reasons = [reason for one in found.components for reason in _reasons(one, counted)]
    level = next((level for level in Level if any(r[0] is level for r in reasons)), Level.PATCH)
    why = listed(text for of_level, text in reasons if of_level is level)
    if level is Level.MAJOR and highest.startswith("0."):
        level = Level.MINOR
    return VersionProposal(
        version=raised(highest, level),
        reason=f"{level.value} after {highest}" + (f": {why}" if why else _ALIKE),
    )


def _reasons(found: ComponentContrast, counted: bool) -> Iterator[Reason]:
    name, before, after = found.component, found.before, found.after
    if before is None:
        yield Level.MINOR, f"{name} is added"
    elif after is None:
        yield Level.MAJOR, f"{name} is removed"
    elif before != after:
        rise = rises_by(before, after)
        word = "goes back" if rise is None else "goes"
        big = rise in (Level.MAJOR, Level.MINOR) and not counted
        yield (Level.MINOR if big else Level.PATCH), f"{name} {word} from {before} to {after}"
    for item in found.contained_added:
        yield Level.MINOR, f"{name} contains {item.name}"
    for change in found.settings:
        yield from _setting_reasons(change)


def _setting_reasons(change: SettingChange) -> Iterator[Reason]:
    name = ".".join(change.name)
    if change.after is None:
        yield Level.MAJOR, f"{name} is gone"
    elif change.newly_required:
        yield Level.MAJOR, f"{name} needs a value"
    elif change.type_changed:
        yield Level.MAJOR, f"{name} is a {change.after.type} now"
    elif change.is_added:
        yield Level.MINOR, f"{name} can be filled in"
