"""A manifest's text -> a file in the working copy, and whether the tree is still valid with it."""

import contextlib
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.model.declarations import Kind
    from reconciler.model.findings import Finding
    from reconciler.model.tree import Tree
    from reconciler.wiring import OpenedWorld

SCHEMA_FOLDER = ".schemas"
_UNFIT_FOR_PATHS = re.compile(r"[^A-Za-z0-9._+-]+")


def working_tree(world: "OpenedWorld") -> "Tree":
    """What the files on disk declare. Raises SourceError where there is no working copy."""
    from reconciler.steps.judge import tree_of

    return tree_of(world.source.worktree(), world.cache_folder)


def path_part(text: str) -> str:
    """A version as the name of a file or folder; never hidden, never a way out of its folder."""
    return _UNFIT_FOR_PATHS.sub("-", text).lstrip(".-") or "version"


def manifest(root: Path, path: str, kind: "Kind", spec: Mapping[str, Any]) -> str:
    """The text of a new manifest that will lie at this path below the root.

    It begins with the line that leads editors to its schema, where the root has a folder of them.
    """
    from reconciler.manifests.edit import render
    from reconciler.manifests.schemas import schema_file

    schema = f"{SCHEMA_FOLDER}/{schema_file(kind)}"
    there = (root / schema).is_file()
    url = posixpath.relpath(schema, posixpath.dirname(path) or ".") if there else None
    return render(str(kind), None, spec, schema_url=url)


def create(root: Path, path: str, text: str) -> None:
    """Writes a new file below the root, whole or not at all; one that exists is never replaced."""
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = target.open("x", encoding="utf-8")
    except FileExistsError:
        raise ReconcilerError(f"{target} exists already", "move it away first") from None
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with stream:
            stream.write(text)
    except OSError as error:
        with contextlib.suppress(OSError):
            target.unlink()
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError) -> ReconcilerError:
    return ReconcilerError(
        f"cannot write {target}: {error.strerror}",
        "check the permissions of its folder, and the free space",
    )


def errors_in(world: "OpenedWorld", paths: set[str]) -> tuple["Finding", ...]:
    """The errors of the working tree that lie in these files; empty where HEAD is missing."""
    from reconciler.errors import SourceError
    from reconciler.model.findings import Severity
    from reconciler.reconcile import validate

    try:
        judgement = validate(world, worktree=True)
    except SourceError:
        return ()
    return tuple(
        found
        for found in judgement.findings
        if found.severity is Severity.ERROR and found.path in paths
    )


def tell_errors(found: tuple["Finding", ...]) -> None:
    """What is wrong with what was just written, on stderr."""
    from reconciler.cli import output

    for finding in found:
        output.note(f"{finding.path}:{finding.line}: {finding.rule}: {finding.message}")
