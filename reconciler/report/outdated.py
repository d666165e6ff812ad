"""Packs with newer components, and what was prepared for them -> text, JSON, part of a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.model.branches import BranchState
from reconciler.report import written
from reconciler.report.escape import terminal
from reconciler.report.objects import Fields
from reconciler.report.status import Newer
from reconciler.report.words import counted


class Component(Newer, Protocol):
    """It, with the versions between the released and the newest one, and their notes."""

    @property
    def skipped(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[tuple[str, str]]: ...


class Pack(Protocol):
    """A pack that could be released anew."""

    @property
    def name(self) -> str: ...
    @property
    def newest_release(self) -> str: ...
    @property
    def pending(self) -> str | None: ...
    @property
    def components(self) -> Sequence[Component]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The release that was put on a branch; `skipped`: why there is none, then the rest is None."""

    version: str | None = None
    delivered: written.Delivered | None = None
    skipped: str | None = None


def text(packs: Sequence[Pack], proposed: Mapping[str, Proposed] | None) -> str:
    """Each pack with its components and notes, what was prepared, and what to do next."""
    lines: list[str] = []
    for pack in packs:
        pending = f", {pack.pending} is pending" if pack.pending is not None else ""
        lines.append(f"{pack.name} {pack.newest_release}{pending}")
        lines += [f"  {line}" for one in pack.components for line in _component_lines(one)]
        if proposed is not None:
            lines.append(f"  {_proposed(proposed[pack.name])}")
    lines.append(_following(packs, proposed))
    return "".join(f"{terminal(line)}\n" for line in lines)


def notes(components: Sequence[Component]) -> str | None:
    """What is new in them, for the message of a commit; None where nothing is said."""
    found = [line for one in components for line in _note_lines(one, f"{one.component} ")]
    return "\n".join(found) or None


def fields(revision: str, packs: Sequence[Pack], proposed: Mapping[str, Proposed] | None) -> Fields:
    """The same as JSON."""
    return {
        "revision": revision,
        "packs": [
            {
                "name": pack.name,
                "newest_release": pack.newest_release,
                "pending": pack.pending,
                "components": [_component_fields(one) for one in pack.components],
                "proposed": None if proposed is None else _proposed_fields(proposed[pack.name]),
            }
            for pack in packs
        ],
    }


def _component_lines(one: Component) -> list[str]:
    versions = f"{one.released} → {one.newest}" if one.released else f"{one.newest}, not released"
    skipped = f", skips {', '.join(one.skipped)}" if one.skipped else ""
    return [f"{one.component} {versions}{skipped}", *(f"  {line}" for line in _note_lines(one))]


def _note_lines(one: Component, before: str = "") -> list[str]:
    return [f"{before}{version}: {' '.join(said.split())}" for version, said in one.notes]


def _proposed(found: Proposed) -> str:
    if found.delivered is None:
        return f"skipped: {found.skipped}"
    return f"{written.done(found.delivered)}: {found.version}"


def _following(packs: Sequence[Pack], proposed: Mapping[str, Proposed] | None) -> str:
    if not packs:
        return "Every pack has the newest shareable versions of its components."
    if proposed is None:
        return (
            f"{counted(len(packs), 'pack')} could have newer components. "
            "Next: reconciler outdated --write --on DATE, or --immediate"
        )
    branches = [one.delivered.branch for one in proposed.values() if one.delivered is not None]
    names = [branch.name for branch in branches if branch is not None]
    if not names:
        return "Nothing was prepared."
    renewed = any(branch and branch.state is BranchState.RENEWED for branch in branches)
    force = "--force-with-lease " if renewed else ""
    return f"Next: git push {force}origin {' '.join(names)}"


def _component_fields(one: Component) -> Fields:
    return {
        "component": one.component,
        "released": one.released,
        "newest": one.newest,
        "skipped": list(one.skipped),
        "notes": [{"version": version, "notes": said} for version, said in one.notes],
    }


def _proposed_fields(found: Proposed) -> Fields:
    delivered: Fields = {"files": [], "branch": None}
    if found.delivered is not None:
        delivered = written.fields(found.delivered)
    return {"version": found.version, "skipped": found.skipped, **delivered}
