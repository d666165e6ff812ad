"""A snapshot -> a judgement: read, checked against every rule, each finding in its place."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from reconciler.desired.renames import carried_base, carried_tree, renames
from reconciler.desired.rules import judge as judge_rules
from reconciler.desired.rules.context import Context
from reconciler.manifests.locate import located
from reconciler.manifests.read import Reading, read
from reconciler.model.base import InstallBase
from reconciler.model.findings import Finding, Problem, Severity
from reconciler.model.outcome import Judgement
from reconciler.model.tree import Tree
from reconciler.ports import Bar, ManifestFile, Progress, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """What change rules compare with; see Context. `base` None: no change rule is judged."""

    base: Tree | None = None
    store: InstallBase | None = None


def judge(
    snapshot: Snapshot,
    bases: Bases,
    now: datetime,
    cache_folder: Path | None = None,
    progress: Progress | None = None,
) -> Judgement:
    """Reads all manifests of the snapshot and judges them; findings in order of place."""
    reading = read(snapshot, cache_folder, progress=_Reading(progress).told)
    tree = Tree(reading.declarations, reading.broken)
    return judge_tree(snapshot, reading, tree, bases, now)


def judge_tree(
    snapshot: Snapshot,
    reading: Reading,
    tree: Tree,
    bases: Bases,
    now: datetime,
    files: Collection[ManifestFile] | None = None,
) -> Judgement:
    """Judges what was read, or a part of the world with it; findings in order of place.

    `files` are those that were read, None for all. Where the store alone remembers a declaration,
    nobody knows its place: what is no error is told by whoever reads everything.
    """
    problems = problems_of(snapshot, reading, tree, bases, now)
    told = [p for p in problems if p.origin is not None or p.severity is Severity.ERROR]
    findings = sorted((*reading.findings, *located(snapshot, told, files)), key=_order)
    return Judgement(
        revision=snapshot.revision,
        tree=tree,
        findings=tuple(findings),
        documents=reading.documents,
        files=reading.files,
    )


def problems_of(
    snapshot: Snapshot, reading: Reading, tree: Tree, bases: Bases, now: datetime
) -> list[Problem]:
    """What the reader and every rule have against a tree, in no file's lines yet."""
    return [*reading.problems, *judge_rules(_context(snapshot, tree, bases, now))]


def compared(judgement: Judgement, before: Judgement) -> Judgement:
    """The same findings, each told whether the base has it already (`new`).

    First each is looked for in its own file, so that of two that say the same the right one is new.
    What is no longer said of one file, and is now said of another, has moved with its document.
    """
    known = _matched(judgement.findings, before.findings, lambda found: (found.path, found.gist))
    gone = _matched(before.findings, judgement.findings, lambda found: (found.path, found.gist))
    moved = [found for found, is_there in zip(before.findings, gone, strict=True) if not is_there]
    rest = [found for found, is_old in zip(judgement.findings, known, strict=True) if not is_old]
    is_moved = iter(_matched(rest, moved, lambda found: found.gist))
    return replace(
        judgement,
        findings=tuple(
            replace(found, new=not (is_old or next(is_moved)))
            for found, is_old in zip(judgement.findings, known, strict=True)
        ),
    )


def _matched(
    findings: Iterable[Finding], others: Iterable[Finding], key: Callable[[Finding], Hashable]
) -> list[bool]:
    """For each finding whether one of the others, each taken once, has the same key."""
    left = Counter(map(key, others))
    matched = []
    for found in findings:
        left[key(found)] -= 1
        matched.append(left[key(found)] >= 0)
    return matched


def tree_of(snapshot: Snapshot, cache_folder: Path | None = None) -> Tree:
    """What a snapshot declares, unjudged: a base to compare with."""
    reading: Reading = read(snapshot, cache_folder)
    return Tree(reading.declarations, reading.broken)


def warm(store: InstallBase | None) -> InstallBase | None:
    """The install base if it has a past; a cold one is no base to compare with."""
    return store if store is not None and store.applied is not None else None


def bases_of(store: InstallBase | None) -> Bases:
    """The applied revision as the base of change rules."""
    found = warm(store)
    return Bases(base=found.tree if found else None, store=found)


class _Reading:
    """Turns "so many files of so many are read" into progress."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._bar: Bar | None = None
        self._done = 0

    def told(self, done: int, files: int) -> None:
        if self._progress is None:
            return
        if self._bar is None:
            self._bar = self._progress.begin("reading", files, "files")
        self._bar.advance(done - self._done)
        self._done = done
        if done == files:
            self._bar.end()


def _context(snapshot: Snapshot, tree: Tree, bases: Bases, now: datetime) -> Context:
    base, store = bases.base, bases.store
    if base is not None:
        base = carried_tree(base, renames(base, tree))
    if store is not None:
        store = carried_base(store, renames(store.tree, tree))
    return Context(tree=tree, files=snapshot, now=now, base=base, store=store)


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.path, finding.line, finding.column, finding.rule, finding.message)
