"""The difference between the applied revision and another -> a part of the world, read and judged.

A pass that looks at a part comes to the same plan as one that looks at everything; it never refuses
a revision. Wherever something is not plain there is no part, and everything is looked at.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.desired.renames import RENAMABLE
from reconciler.desired.rules.paths import named_paths
from reconciler.desired.touched import Known, touched
from reconciler.manifests.locate import PUBLISHER_FILE
from reconciler.manifests.read import Reading, read
from reconciler.model.base import Applied, InstallBase
from reconciler.model.declarations import (
    AccountGroup,
    Kind,
)
from reconciler.model.outcome import Judgement
from reconciler.model.tree import Tree
from reconciler.model.zones import rules_version
from reconciler.ports import FileChange, ManifestFile, Part, PathState, Snapshot, Store
from reconciler.steps.judge import Bases, judge_tree
from reconciler.steps.world import World, snapshot_of

MOST_FILES = 2_000  # of more a complete pass is as quick
_WITH_PATHS = ((Kind.INTEGRATION_PACK, "documentation"), (Kind.RELEASE, "assessment"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The part of the install base that a revision touches, and the judgement of it."""

    base: InstallBase
    judgement: Judgement


def due_part(store: Store, now: datetime) -> InstallBase | None:
    """What is due under the applied revision; None when everything has to be looked at."""
    applied = store.applied()
    if applied is None or not _is_plain(applied, now):
        return None
    return store.part(Part(now=now))


def difference(
    world: World, store: Store, revision: str, now: datetime, whole: Judgement | None = None
) -> Difference | None:
    """Reads and judges what differs; None when everything has to be looked at.

    `whole`: the judgement of everything, where there is one; the part then needs none of its own.
    Raises SourceError.
    """
    applied = store.applied()
    if applied is None or not _is_plain(applied, now):
        return None
    files = world.source.changes(applied.revision, revision)
    if files is None or len(files) > MOST_FILES or not all(file.is_plain for file in files):
        return None
    snapshot = snapshot_of(world, revision)
    changed = _Changed(world, store, snapshot, [file for file in files if file.is_manifest])
    if not changed.plain or _is_named_elsewhere(store, snapshot, files):
        return None
    groups = {(d.kind, d.name): d for d in store.declared(kinds=(Kind.ACCOUNT_GROUP,))}
    found = touched(changed.put, changed.dropped, changed.known, groups)
    if found.everything or changed.takes_a_former_name():
        return None
    base = store.part(
        Part(
            now=now,
            judged=frozenset(found.judged),
            packs=frozenset(found.packs),
            components=frozenset(found.components),
            accounts=frozenset(found.accounts),
        )
    )
    if base is None or base.applied != applied:
        return None
    tree = changed.over(base.tree)
    bases = Bases(base=base.tree, store=base)
    if whole is not None:
        return Difference(base=base, judgement=replace(whole, tree=tree))
    judgement = judge_tree(snapshot, changed.after, tree, bases, now, changed.files)
    return Difference(base=base, judgement=judgement) if judgement.valid else None


def _is_plain(applied: Applied, now: datetime) -> bool:
    """What is due was written down for the time from that pass on: a clock may go back."""
    return applied.settled and applied.zone_rules == rules_version() and applied.passed_at <= now


class _Changed:
    """The declarations of the files that differ, before and after."""

    def __init__(
        self, world: World, store: Store, snapshot: Snapshot, files: Collection[FileChange]
    ) -> None:
        self._store = store
        self.files = _files(files, before=False)
        before = read(snapshot, world.cache_folder, files=_files(files, before=True))
        still = read(snapshot, world.cache_folder, files=_unchanged_publisher(snapshot, files))
        self.after = read(snapshot, world.cache_folder, files=self.files)
        said = {(d.kind, d.name): d.body for d in (*before.declarations, *still.declarations)}
        now = Tree((*self.after.declarations, *still.declarations))
        names = {(found.kind, found.name) for found in now}
        self.known: Known = {(d.kind, d.name): d for d in store.declared(said.keys() | names)}
        self.put = [
            found
            for found in now
            if (old := self.known.get((found.kind, found.name))) is None or old.body != found.body
        ]
        self.dropped = [d for d in before.declarations if (d.kind, d.name) not in names]
        self._now = Tree(self.after.declarations)
        added = any(file.before is None for file in files)
        self.plain = (
            _is_clean(before)
            and _is_clean(self.after)
            and not now.duplicates
            and said == {name: found.body for name, found in self.known.items()}
            and not (added and snapshot.troubles())
        )

    def takes_a_former_name(self) -> bool:
        """Whether something new bears a name that another one says it had before."""
        for found in self.put:
            if found.kind in RENAMABLE and (found.kind, found.name) not in self.known:
                others = self._store.mentioned(found.kind, '"renamedFrom":[')
                if any(found.name in other.renamed_from for other in others):
                    return True
        return False

    def over(self, before: Tree) -> Tree:
        """The part of the applied revision with the changes in it.

        What documents name and what is not in the part exists elsewhere: rules must not miss it.
        """
        gone = {(found.kind, found.name) for found in self.dropped}
        found = [
            self._now.get(old.kind, old.name) or old
            for old in before
            if (old.kind, old.name) not in gone
        ]
        found += (new for new in self.put if before.get(new.kind, new.name) is None)
        there = {(one.kind, one.name) for one in found}
        elsewhere = frozenset(_named_by(before)) - there - gone
        return Tree(found, frozenset((str(kind), name) for kind, name in elsewhere))


def _files(files: Iterable[FileChange], *, before: bool) -> list[ManifestFile]:
    blobs = ((file.path, file.before if before else file.after) for file in files)
    return [ManifestFile(path=path, blob_id=blob) for path, blob in blobs if blob is not None]


def _unchanged_publisher(
    snapshot: Snapshot, files: Collection[FileChange]
) -> Iterator[ManifestFile]:
    """publisher.yaml, unless it differs: it tells whose folder this is, which no store knows."""
    blob_id = snapshot.lookup(PUBLISHER_FILE).object_id
    if blob_id is not None and all(file.path != PUBLISHER_FILE for file in files):
        yield ManifestFile(path=PUBLISHER_FILE, blob_id=blob_id)


def _is_clean(reading: Reading) -> bool:
    return not (reading.problems or reading.findings or reading.broken)


def _named_by(tree: Tree) -> Iterator[tuple[Kind, str]]:
    """What groups and templates name: of the others, everything that they name is in the part."""
    for declaration in tree.by_kind[Kind.ACCOUNT_GROUP].values():
        group = declaration.spec
        assert isinstance(group, AccountGroup)
        yield from ((Kind.MANAGED_ACCOUNT, name) for name in group.accounts)
        yield from ((Kind.INTEGRATION_PACK, resource.pack) for resource in group.packs)


def _is_named_elsewhere(store: Store, snapshot: Snapshot, files: Collection[FileChange]) -> bool:
    """Whether paths that declarations name, and the commit does not touch, lead elsewhere now.

    The content of a packaged version may lie beside manifests, or be one, and change with them. Of
    guides and reports it matters only that they are there.
    """
    if any(snapshot.lookup(path).object_id != found for path, found in store.contents()):
        return True
    if all(file.after is not None for file in files):
        return False
    named = (
        path
        for kind, field in _WITH_PATHS
        for declaration in store.mentioned(kind, f'"{field}":{{')
        for path in named_paths(declaration)
    )
    return any(snapshot.lookup(one.path).state is not PathState.FOUND for one in named)
