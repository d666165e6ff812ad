"""A folder with a case -> what the rules find in it.

A case is tests/manifests/rules/<rule id>/<failing|passing>-<slug>/ with
  repo/       the repository under judgement, publisher.yaml at its top;
  base/       optional: the repository to compare with; without it no change rule is judged;
  store.yaml  optional: there is a store (see _store); it has accepted what base/ declares;
  case.yaml   optional: {now, findings: [{rule, severity, path, line, message, hint}]}. `rule` is
              the folder's unless said; `severity` is error unless said; `message` and `hint` are
              texts (one or a list) that must occur. `line` is compared where it is given.
The list is exact for errors of whatever rule, and for every finding of the rules that it names.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from reconciler.desired.fingerprint import fingerprint
from reconciler.desired.lifecycle import lifecycle
from reconciler.desired.renames import carried_base, carried_tree, renames
from reconciler.desired.rules import judge
from reconciler.desired.rules.context import Context
from reconciler.manifests.locate import located
from reconciler.manifests.read import read
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    ComponentRecord,
    InstallBase,
    PackRecord,
    ReleaseRecord,
    RowsInMemory,
    Settings,
)
from reconciler.model.declarations import (
    AttachmentMode,
    Deployment,
    IntegrationPack,
    Kind,
    PackagedComponent,
)
from reconciler.model.declarations import Release as DeclaredRelease
from reconciler.model.decode import declaration
from reconciler.model.findings import Finding
from reconciler.model.tree import Tree
from reconciler.model.zones import zone
from reconciler.ports import ManifestFile, PathLookup, PathState, PathTrouble

CASES = Path(__file__).parent
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class FolderSnapshot:
    """The files of a folder as they lie on disk, for want of a repository around each case."""

    root: Path
    revision: str | None = field(default=None)

    def manifests(self) -> tuple[ManifestFile, ...]:
        found = sorted(
            path.relative_to(self.root).as_posix()
            for suffix in ("*.yaml", "*.yml")
            for path in self.root.rglob(suffix)
            if not path.is_symlink()
        )
        return tuple(
            ManifestFile(path=path, blob_id=self._object_id(self.root / path)) for path in found
        )

    def read(self, files: Iterable[ManifestFile]) -> Iterator[tuple[ManifestFile, bytes]]:
        for file in files:
            yield file, self.content(file.path)

    def lookup(self, path: str) -> PathLookup:
        if PurePosixPath(path).is_absolute() or not self._inside(path):
            return PathLookup(state=PathState.ESCAPES)
        target = self.root / path
        if not target.exists():
            return PathLookup(state=PathState.MISSING)
        return PathLookup(state=PathState.FOUND, object_id=self._object_id(target))

    def content(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def troubles(self) -> tuple[PathTrouble, ...]:
        return ()

    def _inside(self, path: str) -> bool:
        written = Path(os.path.normpath(self.root / path))
        return written.is_relative_to(self.root) and (self.root / path).resolve().is_relative_to(
            self.root.resolve()
        )

    def _object_id(self, target: Path) -> str:
        files = (
            [target] if target.is_file() else sorted(p for p in target.rglob("*") if p.is_file())
        )
        digest = hashlib.sha1(usedforsecurity=False)
        for file in files:
            digest.update(file.relative_to(target).as_posix().encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a case expects, and what the rules found."""

    rule: str
    expected: list[dict[str, Any]]
    found: list[Finding]


class _TextDates(yaml.SafeLoader):
    """Leaves dates as the text that they are in manifests."""


_TextDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_TextDates) or {}


def _tree(root: Path) -> Tree:
    reading = read(FolderSnapshot(root=root))
    return Tree(reading.declarations, reading.broken)


def _store(path: Path, base: Tree | None, repo: Tree, now: datetime) -> InstallBase | None:
    """The install base of store.yaml: {promoted, ever, modes, components, attachments}, as needed.

    It has accepted what base/ declares, and recorded as promoted what is effective there at `now`;
    `promoted: {pack: [versions]}` says otherwise for a pack. `ever: {pack: {version: spec}}` adds
    releases that are declared no more, `modes: {pack: mode}` packs that are. `components: [spec]`
    adds versions that were deleted.
    `attachments: [{account, pack, instance, release, origin, environments, extensions, …}]`.
    """
    if not path.exists():
        return None
    written = _yaml(path)
    base = base or Tree(())
    packs = {
        name: _pack_record(name, written, base, repo, now)
        for name in {
            *base.packs,
            *base.releases,
            *written.get("ever", {}),
            *written.get("modes", {}),
        }
    }
    recorded = [spec for versions in base.components.values() for spec in versions.values()] + [
        _component(spec) for spec in written.get("components", ())
    ]
    attached = [_attached(entry) for entry in written.get("attachments", ())]
    return InstallBase(
        store_id="store-of-the-case",
        tree=base,
        packs=packs,
        components={
            (spec.component, spec.version): ComponentRecord(
                component=spec.component, version=spec.version, fingerprint=fingerprint(spec)
            )
            for spec in recorded
        },
        attachments=RowsInMemory({one.key: one for one in attached}),
    )


def _pack_record(
    name: str, written: dict[str, Any], base: Tree, repo: Tree, now: datetime
) -> PackRecord:
    declared = base.releases.get(name, {})
    former = {
        version: _release(name, version, spec)
        for version, spec in written.get("ever", {}).get(name, {}).items()
    }
    said = written.get("promoted", {}).get(name)
    life = lifecycle(
        declared, said or (), now, zone((base if len(base) else repo).publisher.time_zone)
    )
    promoted = set(life.effective if said is None else said)
    pack = base.packs.get(name) or repo.packs.get(name)
    return PackRecord(
        name=name,
        mode=_mode(written, name, pack),
        deployment=pack.deployment if pack else Deployment.PACKAGED,
        declared=name in base.packs,
        current=life.current,
        pending=life.pending,
        releases={
            version: ReleaseRecord(
                release=release,
                declared=version in declared,
                accepted_at=LONG_AGO,
                promoted_at=LONG_AGO if version in promoted else None,
                current_at=LONG_AGO if version in promoted else None,
            )
            for version, release in {**former, **declared}.items()
        },
    )


def _mode(written: dict[str, Any], name: str, pack: IntegrationPack | None) -> AttachmentMode:
    said = written.get("modes", {}).get(name)
    if said is not None:
        return AttachmentMode(said)
    return AttachmentMode.SINGLE if pack is None else pack.attachment


def _release(pack: str, version: str, spec: dict[str, Any]) -> DeclaredRelease:
    whole = {"components": {}, "schedule": "immediate", **spec, "pack": pack, "version": version}
    decoded = declaration(Kind.RELEASE, {}, whole).spec
    assert isinstance(decoded, DeclaredRelease)
    return decoded


def _component(spec: dict[str, Any]) -> PackagedComponent:
    decoded = declaration(Kind.PACKAGED_COMPONENT, {}, spec).spec
    assert isinstance(decoded, PackagedComponent)
    return decoded


def _attached(entry: dict[str, Any]) -> Attached:
    environments = entry.get("environments")
    hold_until = entry.get("hold_until")
    return Attached(
        key=AttachmentKey(
            account=entry["account"], pack=entry["pack"], instance=entry.get("instance") or ""
        ),
        origin=AttachmentOrigin(entry.get("origin", "manifest")),
        entitled=entry.get("entitled", True),
        release=entry.get("release"),
        requested=Settings(
            environments=None if environments is None else tuple(environments),
            extensions=entry.get("extensions"),
        ),
        hold_until=None if hold_until is None else date.fromisoformat(hold_until),
    )


def _opened(case: Path) -> Case:
    written = _yaml(case / "case.yaml")
    now = datetime.fromisoformat(written["now"]).astimezone(UTC) if "now" in written else NOW
    expected = [{"rule": case.parent.name, **entry} for entry in written.get("findings", ())]
    snapshot = FolderSnapshot(root=case / "repo")
    reading = read(snapshot)
    tree = Tree(reading.declarations, reading.broken)
    base = _tree(case / "base") if (case / "base").exists() else None
    store = _store(case / "store.yaml", base, tree, now)
    names = renames(base or Tree(()), tree)
    context = Context(
        tree=tree,
        files=snapshot,
        now=now,
        base=None if base is None else carried_tree(base, names),
        store=None if store is None else carried_base(store, names),
    )
    problems = [*reading.problems, *judge(context)]
    found = [*reading.findings, *located(snapshot, problems)]
    return Case(rule=case.parent.name, expected=expected, found=found)


@pytest.fixture(scope="session")
def opened() -> Callable[[Path], Case]:
    """Reads a case's folder and judges it."""
    return _opened
