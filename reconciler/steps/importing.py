"""Tables and what the repository declares already -> the files to add, judged before they are."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.desired.rules.paths import named_paths
from reconciler.errors import SourceError
from reconciler.estate.draft import Drafted, draft
from reconciler.estate.files import Files, laid_out
from reconciler.estate.tables import Tables
from reconciler.manifests.edit import render
from reconciler.manifests.locate import located
from reconciler.manifests.read import read
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.findings import Finding, Problem, Severity
from reconciler.model.memory import paused_gc
from reconciler.model.tree import Tree
from reconciler.ports import ManifestFile, PathLookup, PathState, PathTrouble, Snapshot, Source
from reconciler.steps.judge import Bases, problems_of, tree_of

_COLUMNS = {"displayName": "name", "timeZone": "time_zone", "date": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`files`: new ones by path; `findings` lie in the tables where a row is to blame."""

    files: Mapping[str, str]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    attachments: int

    @property
    def valid(self) -> bool:
        """Whether the files may be written."""
        return all(found.severity is not Severity.ERROR for found in self.findings)


@paused_gc()
def imported(
    tables: Tables, source: Source | None, time_zone: str | None, now: datetime
) -> Imported:
    """What to add to the working copy of `source`; None: there is nothing yet, nor a publisher.

    `time_zone` is that of the publisher who is then made. Raises SourceError and ReconcilerError.
    """
    existing = None if source is None else source.worktree()
    before = Tree(()) if existing is None else tree_of(existing)
    drawn = draft(tables, before)
    there = () if existing is None else [file.path for file in existing.manifests()]
    files = laid_out(drawn.documents, there)
    if existing is None:
        zone = time_zone or tables.time_zone or "UTC"
        files.texts["publisher.yaml"] = render(
            "Publisher", {"name": "publisher"}, {"timeZone": zone}
        )
    findings = tuple(sorted(tables.findings))
    if not findings:
        edits = {path: text.encode("utf-8") for path, text in files.texts.items()}
        snapshot = _Alone(edits) if source is None else source.edited(edits, None)
        findings = _judged(snapshot, files, tables, now)
    return Imported(
        files=files.texts,
        findings=findings,
        notes=tuple(drawn.notes),
        attachments=len(drawn.running),
    )


def rewritten(declared: Iterable[Declaration]) -> dict[str, str]:
    """The files of declarations that a store keeps."""
    documents = []
    for found in declared:
        body = json.loads(found.body)
        spec = {key: value for key, value in body["spec"].items() if key != "contentId"}
        documents.append(Drafted(kind=found.kind, metadata=body["metadata"], spec=spec, row=None))
    return laid_out(documents).texts


def contents_of(declared: Tree) -> list[str]:
    """The paths of what components are made of, in order."""
    versions = (component for each in declared.components.values() for component in each.values())
    return sorted({found.content for found in versions if found.content is not None})


def documents_of(declared: Tree) -> list[str]:
    """The paths of guides, impact notes and reports, in order."""
    kinds = (Kind.INTEGRATION_PACK, Kind.RELEASE)
    every = (found for kind in kinds for found in declared.by_kind[kind].values())
    return sorted({named.path for declaration in every for named in named_paths(declaration)})


def _judged(snapshot: Snapshot, files: Files, tables: Tables, now: datetime) -> tuple[Finding, ...]:
    reading = read(snapshot)
    tree = Tree(reading.declarations, reading.broken)
    found = list(reading.findings)
    elsewhere = []
    for problem in problems_of(snapshot, reading, tree, Bases(), now):
        origin = problem.origin
        document = None if origin is None else files.sources.get((origin.path, origin.item))
        if document is None or document.row is None:
            elsewhere.append(problem)
        elif problem.severity is not Severity.INFO:
            found.append(_in_table(problem, document, tables))
    found += located(snapshot, elsewhere)
    return tuple(sorted(found, key=lambda each: (each.path, each.line, each.column, each.rule)))


def _in_table(problem: Problem, document: Drafted, tables: Tables) -> Finding:
    row = document.row
    assert row is not None
    fields = [step for step in problem.pointer if isinstance(step, str) and step != "spec"]
    names = [_COLUMNS.get(name, name) for name in fields]
    column = next((name for name in names if name in row.place.columns), "")
    place = tables.place(row, column)
    return replace(
        place,
        rule=problem.rule,
        severity=problem.severity or Severity.ERROR,
        message=problem.message,
        hint=problem.hint,
    )


class _Alone:
    """Files that no repository holds."""

    revision = None

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def manifests(self) -> tuple[ManifestFile, ...]:
        return tuple(
            ManifestFile(path=path, blob_id=_digest(self._contents[path]))
            for path in sorted(self._contents)
        )

    def read(self, files: Iterable[ManifestFile]) -> Iterator[tuple[ManifestFile, bytes]]:
        return ((file, self._contents[file.path]) for file in files)

    def lookup(self, path: str) -> PathLookup:
        content = self._contents.get(path)
        if content is None:
            return PathLookup(state=PathState.MISSING)
        return PathLookup(state=PathState.FOUND, object_id=_digest(content))

    def content(self, path: str) -> bytes:
        if path not in self._contents:
            raise SourceError(f"there is no {path}")
        return self._contents[path]

    def troubles(self) -> tuple[PathTrouble, ...]:
        return ()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
