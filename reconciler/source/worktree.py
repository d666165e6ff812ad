"""The files on disk turned into a git tree, with nothing written to the repository.

A copy of the index and a folder for new objects, both temporary, take what `git add` writes; the
tree that comes out is read like that of a commit, ignored files never being looked at. Of objects
that the repository has already, git may renew the time stamp.
"""

import shutil
import tempfile
import weakref
from pathlib import Path

from reconciler.errors import SourceError
from reconciler.source.process import Git, GitFailed
from reconciler.source.quarantine import apart
from reconciler.source.snapshot import GitSnapshot
from reconciler.source.wording import reason

_SETTINGS = (
    "core.safecrlf=false",
    "core.splitIndex=false",
    "core.untrackedCache=false",
)


def snapshot_worktree(git: Git, *, git_dir: Path, objects: Path, prefix: str) -> GitSnapshot:
    """The working copy that `git` stands at the top of, below `prefix`; its revision is None.

    `objects` is the repository's own folder of objects. Untracked files count, ignored ones do
    not. Raises SourceError when a file can't be read or there is no publisher.yaml.
    """
    folder = Path(tempfile.mkdtemp(prefix="reconciler-worktree-"))
    try:
        snapshot = _snapshot_in(folder, git, git_dir, objects, prefix)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(snapshot, shutil.rmtree, folder, ignore_errors=True)
    return snapshot


def _snapshot_in(folder: Path, git: Git, git_dir: Path, objects: Path, prefix: str) -> GitSnapshot:
    index = folder / "index"
    if (git_dir / "index").exists():
        # With its time of change: git takes entries younger than the index for possibly changed.
        shutil.copy2(git_dir / "index", index)
    alone = apart(git, folder, objects).using(*_SETTINGS, GIT_INDEX_FILE=str(index))
    shown = str(git.folder / prefix)
    try:
        alone.output("add", "--all", "--", prefix or ".")
        root_id = alone.output("write-tree", "--missing-ok", *_only(prefix))
    except GitFailed as failure:
        raise SourceError(
            f"the working copy {shown} can't be read: {reason(failure.stderr)}",
            "correct that, or commit and leave out --worktree",
        ) from None
    return GitSnapshot(
        alone,
        root_id=root_id.decode("ascii").strip(),
        revision=None,
        shown=f"the working copy {shown}",
    )


def _only(prefix: str) -> tuple[str, ...]:
    return (f"--prefix={prefix}/",) if prefix else ()
