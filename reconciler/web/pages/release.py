"""One release of a pack: what it brings, when it comes, and what differs from the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.desired.contrast import contrast
from reconciler.desired.gates import opening
from reconciler.desired.missing import required_by
from reconciler.desired.timeline import timeline
from reconciler.model.base import PackRecord
from reconciler.model.declarations import (
    Deployment,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.tree import Tree
from reconciler.model.versions import semver_key
from reconciler.web.pages.pack import missing_values, world
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Call, Page, Route


def _release(call: Call) -> Page:
    base, one, standings = world(call, call.path["pack"])
    standing = standings.pack(one.name)
    version = call.path["version"]
    found = standing.record.releases.get(version)
    if found is None:
        raise not_found()
    before = _before(standing.record, version)
    pending = one.pending is not None and one.pending.version == version
    values: dict[str, Any] = {
        "pack": one,
        "release": found.release,
        "record": found,
        "spans": next(s for s in timeline(standing.record, call.now) if s.version == version),
        "window": opening(found.release, standings.publisher, standings.zone),
        "zone": standings.zone,
        "running": one.by_release.get(version, 0),
        "contrast": contrast(base.tree, before, found.release),
        "parts": _parts(base.tree, found.release),
        "required": required_by(base.tree, one.name, version, standing.life),
        "missing": missing_values(base, one, standing) if pending else None,
        "pending": pending,
    }
    return Page(template="release.html", values=values)


def _before(record: PackRecord, version: str) -> Release | None:
    """The release that was, or is, current below it."""
    key = semver_key(version)
    lower = [
        (semver_key(found.release.version), found.release)
        for found in record.releases.values()
        if found.current_at is not None and semver_key(found.release.version) < key
    ]
    return max(lower, key=lambda pair: pair[0])[1] if lower else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component of the release. `declared` None: its manifest is not there any more."""

    name: str
    version: str
    declared: PackagedComponent | PublishedProcess | None

    @property
    def notes(self) -> str:
        """What is told of this version; a published process has no place for it."""
        return (isinstance(self.declared, PackagedComponent) and self.declared.notes) or ""


def _parts(tree: Tree, release: Release) -> list[Part]:
    spec = tree.packs.get(release.pack)
    legacy = spec is not None and spec.deployment is Deployment.LEGACY
    versions: Mapping[str, Mapping[str, PackagedComponent | PublishedProcess]]
    versions = tree.processes if legacy else tree.components
    return [
        Part(name=name, version=version, declared=versions.get(name, {}).get(version))
        for name, version in sorted(release.components.items())
    ]


ROUTES = (
    Route(
        method="GET",
        path="/packs/{pack}/releases/{version}",
        operation="release-page",
        summary="One release: what it brings, when it comes, and what differs from the one before.",
        access=Access.PUBLISHER,
        answers=_release,
        page=True,
    ),
)
