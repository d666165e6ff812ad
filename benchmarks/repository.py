"""Texts by path -> commits of a bare repository: the same bytes give the same commit ids."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

Texts = Mapping[str, str]

_COMMITTED_AT = 1_790_000_000
_QUIET_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def create(repository: Path, texts: Texts) -> None:
    """A new bare repository with one commit."""
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository)],
        env={**os.environ, **_QUIET_GIT},
        check=True,
    )
    _commit(repository, texts, first=True)


def commit(repository: Path, texts: Texts) -> None:
    """One more commit on main that adds or replaces files."""
    _commit(repository, texts, first=False)


def _commit(repository: Path, texts: Texts, *, first: bool) -> None:
    parent = "" if first else "from refs/heads/main^0\n"
    head = (
        "commit refs/heads/main\n"
        f"committer publisher <publisher@example.com> {_COMMITTED_AT} +0000\n"
        f"data 6\nworld\n{parent}"
    )
    with subprocess.Popen(
        ["git", "-C", str(repository), "fast-import", "--quiet", "--force"],
        stdin=subprocess.PIPE,
        env={**os.environ, **_QUIET_GIT},
    ) as importer:
        assert importer.stdin is not None
        importer.stdin.write(head.encode())
        for path, text in texts.items():
            content = text.encode()
            importer.stdin.write(f"M 100644 inline {path}\ndata {len(content)}\n".encode())
            importer.stdin.write(content + b"\n")
    if importer.returncode:
        raise subprocess.CalledProcessError(importer.returncode, "git fast-import")
