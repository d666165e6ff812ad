"""A snapshot -> declarations, problems and findings: SPEC section 3 and the Syntax rules of 4."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reconciler.manifests import guesses, parallel
from reconciler.manifests.cache import Cache
from reconciler.manifests.documents import read_file
from reconciler.manifests.readings import FileReading, Usable, from_json, to_json
from reconciler.model.declarations import Declaration, Kind, Origin
from reconciler.model.decode import declaration
from reconciler.model.findings import Finding, Problem, Severity
from reconciler.model.memory import paused_gc
from reconciler.ports import ManifestFile, PathState, Snapshot

Progress = Callable[[int, int], None]
PROGRESS_STEP = 500

_UNLIKE_OURS = (ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the files of a snapshot say.

    `declarations` are in path order, then document order. `problems` have a pointer, not yet a
    line; `findings` have their line. `broken` holds (kind, identity or None) of documents that
    exist and can't be used. `documents` counts the items of Lists one by one.
    """

    declarations: tuple[Declaration, ...]
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]
    broken: frozenset[tuple[str, str | None]]
    documents: int
    files: int


def read(
    snapshot: Snapshot,
    cache_folder: Path | None = None,
    progress: Progress | None = None,
    files: Iterable[ManifestFile] | None = None,
) -> Reading:
    """Reads all manifests of a snapshot, or only `files` of it. Raises SourceError.

    With `files`, what the snapshot itself finds wrong (troubles) is left out.

    `cache_folder` None means no cache. `progress` is told (files done, files) now and then.
    """
    chosen = tuple(snapshot.manifests() if files is None else files)
    declarations: list[Declaration] = []
    problems: list[Problem] = []
    findings = list(_from_troubles(snapshot)) if files is None else []
    broken: set[guesses.Broken] = set(_unread(snapshot, chosen)) if files is None else set()
    documents = 0
    with paused_gc():
        for done, (file, reading) in enumerate(_readings(snapshot, chosen, cache_folder), 1):
            documents += reading.documents
            declarations.extend(_declared(snapshot, file.path, u) for u in reading.usable)
            broken.update(reading.broken)
            problems.extend(_problems(file.path, reading))
            findings.extend(_findings(file.path, reading))
            if progress is not None and (done % PROGRESS_STEP == 0 or done == len(chosen)):
                progress(done, len(chosen))
    return Reading(
        declarations=tuple(declarations),
        problems=tuple(problems),
        findings=tuple(findings),
        broken=frozenset(broken),
        documents=documents,
        files=len(chosen),
    )


def _readings(
    snapshot: Snapshot, files: tuple[ManifestFile, ...], cache_folder: Path | None
) -> Iterator[tuple[ManifestFile, FileReading]]:
    cache = None if cache_folder is None else Cache(cache_folder)
    lines = [None if cache is None else cache.get(file.blob_id) for file in files]
    missing = [file for file, line in zip(files, lines, strict=True) if line is None]
    fresh = _fresh(snapshot, missing, cache)
    for file, line in zip(files, lines, strict=True):
        if line is None:
            yield file, next(fresh)
            continue
        try:
            reading = from_json(line)
        except _UNLIKE_OURS:
            reading = next(_fresh(snapshot, [file], cache))
        yield file, reading
    fresh.close()
    if cache is not None:
        cache.save()


def _fresh(
    snapshot: Snapshot, files: list[ManifestFile], cache: Cache | None
) -> Generator[FileReading, None, None]:
    contents = iter(snapshot.read(files))
    if parallel.worthwhile(len(files)):
        with closing(parallel.lines(contents)) as found:
            for file, line in zip(files, found, strict=True):
                if cache is not None:
                    cache.put(file.blob_id, line)
                yield from_json(line)
        return
    for file, content in contents:
        reading = read_file(content)
        if cache is not None:
            cache.put(file.blob_id, to_json(reading))
        yield reading


def _declared(snapshot: Snapshot, path: str, usable: Usable) -> Declaration:
    spec = usable.spec
    if "content" in spec and usable.kind == Kind.PACKAGED_COMPONENT:
        found = snapshot.lookup(spec["content"])
        if found.state is PathState.FOUND and found.object_id is not None:
            spec = {**spec, "contentId": found.object_id}
    origin = Origin(path=path, document=usable.document, item=usable.item)
    return declaration(Kind(usable.kind), usable.metadata, spec, origin)


def _problems(path: str, reading: FileReading) -> Iterator[Problem]:
    for remark in reading.remarks:
        yield Problem(
            rule=remark.rule,
            origin=Origin(path=path, document=remark.document, item=remark.item),
            pointer=remark.complaint.pointer,
            message=remark.complaint.message,
            hint=remark.complaint.hint,
            severity=Severity.ERROR,
        )


def _findings(path: str, reading: FileReading) -> Iterator[Finding]:
    for trouble in reading.troubles:
        yield Finding(
            path=path,
            line=trouble.line,
            column=trouble.column,
            rule=trouble.rule,
            severity=Severity.ERROR,
            message=trouble.message,
            hint=trouble.hint,
        )


def _from_troubles(snapshot: Snapshot) -> Iterator[Finding]:
    for trouble in snapshot.troubles():
        yield Finding(
            path=trouble.path,
            line=1,
            column=1,
            rule=trouble.rule,
            severity=Severity.ERROR,
            message=trouble.message,
            hint=trouble.hint,
        )


def _unread(snapshot: Snapshot, files: tuple[ManifestFile, ...]) -> Iterator[guesses.Broken]:
    """A link or submodule in the place of a manifest may hide declarations of any kind."""
    paths = {file.path for file in files}
    if any(trouble.path not in paths for trouble in snapshot.troubles()):
        yield from guesses.EVERYTHING
