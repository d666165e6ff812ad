"""A git tree and edits turned into another tree, by an index and files that are our own alone."""

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from reconciler.errors import SourceError
from reconciler.model.branches import Edits
from reconciler.source.process import Git, GitFailed
from reconciler.source.quarantine import apart
from reconciler.source.snapshot import GitSnapshot
from reconciler.source.wording import one_line, reason

_DELETED = "0"
_FILE = "100644"


def edited_snapshot(snapshot: GitSnapshot, edits: Edits, objects: Path) -> GitSnapshot:
    """The snapshot as it would be with the edits; nothing is written to the repository.

    `objects` is the repository's own folder of objects. Raises SourceError when the edits don't
    fit: a file where a folder is, say.
    """
    folder = Path(tempfile.mkdtemp(prefix="reconciler-edits-"))
    try:
        git = apart(snapshot.git, folder, objects)
        root_id = tree_with(git, snapshot.root_id, edits, folder)
        found = GitSnapshot(git, root_id=root_id, revision=snapshot.revision, shown=snapshot.shown)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    # The first snapshot's own temporary objects are needed for as long as this one is.
    weakref.finalize(found, _removed, folder, snapshot)
    return found


def _removed(folder: Path, _needed_until_now: GitSnapshot) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def tree_with(git: Git, tree: str, edits: Edits, folder: Path) -> str:
    """The id of a tree like `tree` with the edits, written with `git`; `folder` is for files.

    Raises SourceError when that can't be a tree.
    """
    git = git.using("core.splitIndex=false", GIT_INDEX_FILE=str(folder / "edited-index"))
    try:
        git.output("read-tree", tree)
        git.output("update-index", "-z", "--index-info", stdin=_entries(git, tree, edits, folder))
        found = git.output("write-tree", "--missing-ok").decode("ascii").strip()
    except GitFailed as failure:
        raise _misfit(edits, reason(failure.stderr)) from None
    except OSError as error:
        raise SourceError(
            f"cannot write to {folder}: {error.strerror}", "free some space there, or set TMPDIR"
        ) from error
    names = git.output("diff-tree", "-r", "-z", "--name-only", "--no-renames", tree, found)
    if set(names.decode("utf-8", "surrogateescape").split("\0")) - {"", *edits}:
        # git makes room: a folder goes where a file of its name comes, and the other way round.
        raise _misfit(edits, "other files would go")
    return found


def _misfit(edits: Edits, why: str) -> SourceError:
    return SourceError(
        f"{one_line(', '.join(edits))} can't be put into the repository: {why}",
        "look whether a file, a folder or a link of that name is in the way",
    )


def _entries(git: Git, tree: str, edits: Edits, folder: Path) -> bytes:
    """The edits as update-index takes them; no file is stored for one that is deleted."""
    written = [path for path, content in edits.items() if content is not None]
    contents = folder / "contents"
    contents.mkdir(exist_ok=True)
    for number, path in enumerate(written):
        (contents / str(number)).write_bytes(edits[path] or b"")
    paths = "".join(f"{contents}/{number}\n" for number in range(len(written)))
    output = git.output(
        *("hash-object", "-w", "--no-filters", "--stdin-paths"), stdin=os.fsencode(paths)
    )
    ids = dict(zip(written, output.decode("ascii").split(), strict=True))
    none = "0" * len(git.output("rev-parse", "--verify", f"{tree}^{{tree}}").strip())
    lines = [
        f"{_FILE} {ids[path]}\t{path}\0" if path in ids else f"{_DELETED} {none}\t{path}\0"
        for path in edits
    ]
    return "".join(lines).encode("utf-8", "surrogateescape")
