"""Problems with pointers -> findings with lines; only files that have problems are read again."""

from collections.abc import Iterable, Mapping

from reconciler.manifests.complaints import Pointer
from reconciler.manifests.positions import Position, find
from reconciler.manifests.readings import in_document
from reconciler.model.findings import Finding, Problem, Severity
from reconciler.ports import ManifestFile, Snapshot

PUBLISHER_FILE = "publisher.yaml"

_Places = Mapping[tuple[int, Pointer], Position]


def located(
    snapshot: Snapshot, problems: Iterable[Problem], files: Iterable[ManifestFile] | None = None
) -> list[Finding]:
    """One finding for each problem, in the order given; severity None is taken as error.

    `files` are those in which problems may lie, None for all.

    A finding lies at the value of a scalar, at the key of a mapping or list, and where the pointer
    leads nowhere, at the nearest thing around it. Raises SourceError.
    """
    ordered = tuple(problems)
    places_by_path = _places(snapshot, _pointers(ordered), files)
    return [_finding(problem, places_by_path) for problem in ordered]


def _pointers(problems: Iterable[Problem]) -> dict[str, dict[int, set[Pointer]]]:
    wanted: dict[str, dict[int, set[Pointer]]] = {}
    for problem in problems:
        if problem.origin is not None:
            of_file = wanted.setdefault(problem.origin.path, {})
            of_file.setdefault(problem.origin.document, set()).add(_from_document(problem))
    return wanted


def _from_document(problem: Problem) -> Pointer:
    assert problem.origin is not None
    return in_document(problem.origin.item, problem.pointer)


def _places(
    snapshot: Snapshot,
    wanted: Mapping[str, Mapping[int, set[Pointer]]],
    files: Iterable[ManifestFile] | None,
) -> dict[str, _Places]:
    if not wanted:
        return {}
    everything = snapshot.manifests() if files is None else files
    chosen = [file for file in everything if file.path in wanted]
    return {file.path: find(content, wanted[file.path]) for file, content in snapshot.read(chosen)}


def _finding(problem: Problem, places_by_path: Mapping[str, _Places]) -> Finding:
    place = None
    if problem.origin is not None:
        places = places_by_path.get(problem.origin.path, {})
        place = places.get((problem.origin.document, _from_document(problem)))
    return Finding(
        path=problem.origin.path if problem.origin is not None else PUBLISHER_FILE,
        line=place.line if place is not None else 1,
        column=place.column if place is not None else 1,
        rule=problem.rule,
        severity=problem.severity or Severity.ERROR,
        message=problem.message,
        hint=problem.hint,
    )
