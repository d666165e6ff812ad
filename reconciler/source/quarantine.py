"""A git for a repository -> one whose new objects go to a temporary folder instead."""

import os
from pathlib import Path

from reconciler.source.process import Git

_OBJECTS = "GIT_OBJECT_DIRECTORY"
_ALTERNATES = "GIT_ALTERNATE_OBJECT_DIRECTORIES"


def apart(git: Git, folder: Path, objects: Path) -> Git:
    """`git` that writes objects below `folder` and reads those of the repository, too.

    `objects` is the repository's own folder of objects. A git that is apart already may be set
    apart once more: it reads what the first wrote.
    """
    own = folder / "objects"
    own.mkdir()
    others = [_quoted(objects)]
    if _OBJECTS in git.environment:
        others.insert(0, _quoted(Path(git.environment[_OBJECTS])))
    if _ALTERNATES in git.environment:
        others.append(git.environment[_ALTERNATES])
    return git.using(
        "core.fsync=none",  # the objects live as long as this process
        **{_OBJECTS: str(own), _ALTERNATES: os.pathsep.join(others)},
    )


def _quoted(path: Path) -> str:
    """One entry of GIT_ALTERNATE_OBJECT_DIRECTORIES, which colons would divide."""
    escaped = os.fspath(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
