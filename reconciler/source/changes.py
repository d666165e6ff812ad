"""Two revisions -> the files below the publisher root that differ."""

from reconciler.ports import FileChange
from reconciler.source.listing import is_manifest_path
from reconciler.source.process import Git, GitFailed

_PLAIN_MODES = frozenset({"100644", "100755", "000000"})  # the last one: not there


def changed_files(git: Git, before: str, after: str, prefix: str) -> tuple[FileChange, ...] | None:
    """What `git diff-tree` finds between two commits; None when it can't tell.

    It can't where a commit or the folder `prefix` is not there, or a path is no UTF-8.
    """
    try:
        output = git.output(
            "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev",
            "--end-of-options", f"{before}:{prefix}", f"{after}:{prefix}",
        )  # fmt: skip
        records = output.decode("utf-8").split("\0")
    except (GitFailed, UnicodeDecodeError):
        return None
    return tuple(
        _change(entry, path) for entry, path in zip(records[0::2], records[1::2], strict=False)
    )


def _change(entry: str, path: str) -> FileChange:
    mode_before, mode_after, id_before, id_after, _ = entry.removeprefix(":").split(" ")
    return FileChange(
        path=path,
        before=None if mode_before == "000000" else id_before,
        after=None if mode_after == "000000" else id_after,
        is_manifest=is_manifest_path(path),
        is_plain={mode_before, mode_after} <= _PLAIN_MODES,
    )
