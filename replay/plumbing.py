"""A repository on disk -> its commits, their differences and the content of blobs, by plumbing."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

_PLAIN = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_KEPT = "GIT_CONFIG_GLOBAL"  # says which repositories of others may be read
_NOTHING = "0" * 40
_CHUNK = 1024 * 1024


class GitTrouble(Exception):
    """git could not do what was asked; its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """`at` is the committer's date in seconds since 1970."""

    id: str
    at: int
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A path that differs: what lies there afterwards. `mode` "000000" and `blob` None: nothing."""

    path: str
    mode: str
    blob: str | None


def environment() -> dict[str, str]:
    """An environment in which git knows nothing of an outer repository."""
    outer = {n: v for n, v in os.environ.items() if not n.startswith("GIT_") or n == _KEPT}
    return {**outer, **_PLAIN}


def git(folder: Path, *words: str, stdin: bytes | None = None) -> bytes:
    """What git wrote. Raises GitTrouble."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        env=environment(),
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise GitTrouble(done.stderr.decode("utf-8", "replace").strip() or f"git {words[0]} failed")
    return done.stdout


def commits(
    folder: Path, ref: str = "HEAD", *, first_parent: bool = True, most: int | None = None
) -> list[Commit]:
    """The history that leads to `ref`, oldest first; the newest `most` of it."""
    told = git(
        folder,
        *("log", "--reverse", "--topo-order", "--no-show-signature", "--no-color"),
        *(["--first-parent"] if first_parent else []),
        *([] if most is None else [f"--max-count={most}"]),
        *("--encoding=UTF-8", "-z", "--format=%H %ct %s", "--end-of-options", ref, "--"),
    )
    lines = filter(None, told.decode("utf-8", "replace").split("\0"))
    found = (line.split(" ", 2) for line in lines)
    return [Commit(id=id, at=int(at), subject=subject) for id, at, subject in found]


def differences(
    folder: Path, history: Iterable[Commit], path: str = ""
) -> Iterator[tuple[Commit, list[Entry]]]:
    """Each commit with what differs from the one before it; the first one from nothing."""
    listed = list(history)
    if not listed:
        return
    pairs = [f"{after.id} {before.id}" for before, after in pairwise(listed)]
    whole = git(folder, "ls-tree", "-r", "-z", "--full-tree", listed[0].id, "--", path or ".")
    yield listed[0], [_listed(one) for one in _parts(whole)]
    told = git(
        folder,
        *("diff-tree", "--stdin", "--always", "-r", "-z", "--no-renames", "--", path or "."),
        stdin="".join(f"{pair}\n" for pair in pairs).encode(),
    )
    by_commit: dict[str, list[Entry]] = {}
    parts, current = iter(_parts(told)), listed[0].id
    for part in parts:
        if part.startswith(":"):
            by_commit.setdefault(current, []).append(_differing(part, next(parts)))
        else:
            current = part.split(" ")[0]
    for commit in listed[1:]:
        yield commit, by_commit.get(commit.id, [])


def changed(folder: Path, before: str | None, after: str, path: str = "") -> list[Entry]:
    """What differs between two commits; all of `after` when `before` is None."""
    where = ("--", path or ".")
    if before is None:
        whole = git(folder, "ls-tree", "-r", "-z", "--full-tree", after, *where)
        return [_listed(one) for one in _parts(whole)]
    told = git(folder, "diff-tree", "-r", "-z", "--no-renames", before, after, *where)
    parts = iter(_parts(told))
    return [_differing(part, next(parts)) for part in parts]


def _parts(told: bytes) -> list[str]:
    return [part for part in told.decode("utf-8", "surrogateescape").split("\0") if part]


def _listed(line: str) -> Entry:
    facts, _, path = line.partition("\t")
    mode, _, blob = facts.split(" ")
    return Entry(path=path, mode=mode, blob=blob)


def _differing(facts: str, path: str) -> Entry:
    _, mode, _, blob, _ = facts.split(" ")
    return Entry(path=path, mode=mode, blob=None if blob.startswith(_NOTHING) else blob)


@dataclass
class Blobs:
    """The contents of a repository's blobs, asked for one at a time; close() ends the process."""

    folder: Path
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            ["git", "-C", str(self.folder), "cat-file", "--batch"],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> "Blobs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, blob: str) -> bytes:
        """Raises GitTrouble when the repository does not have it, as a partial clone may not."""
        content = self.read_some(blob, None)
        assert content is not None, "no content is too long"
        return content

    def read_some(self, blob: str, most: int | None) -> bytes | None:
        """The same; None for a blob of more than `most` bytes."""
        asking, answering = self._process.stdin, self._process.stdout
        assert asking is not None, "asked for as a pipe"
        assert answering is not None, "asked for as a pipe"
        asking.write(f"{blob}\n".encode())
        asking.flush()
        header = answering.readline().split()
        if len(header) != 3:
            raise GitTrouble(f"blob {blob} can't be read")
        left = int(header[2])
        if most is None or left <= most:
            content = answering.read(left)
            answering.read(1)
            return content
        while left >= 0:  # and the end of line behind it
            left -= len(answering.read(min(_CHUNK, left + 1)))
        return None

    def close(self) -> None:
        assert self._process.stdin is not None, "asked for as a pipe"
        assert self._process.stdout is not None, "asked for as a pipe"
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


File = tuple[str, str | None]
"""A path, and the mark of its blob; None for a file that goes."""


@dataclass
class Writer:
    """A new repository written by `git fast-import`, commit after commit on `main`."""

    folder: Path
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)
    _marks: int = 0

    def __post_init__(self) -> None:
        if self.folder.exists() and any(self.folder.iterdir()):
            raise GitTrouble(f"{self.folder} is there already, and not empty")
        self.folder.mkdir(parents=True, exist_ok=True)
        git(self.folder, "init", "--quiet", "--initial-branch=main")
        self._process = subprocess.Popen(
            ["git", "-C", str(self.folder), "fast-import", "--quiet"],
            env=environment(),
            stdin=subprocess.PIPE,
        )

    def blob(self, content: bytes) -> str:
        """Writes a blob; the mark by which commits name it."""
        mark = self._mark()
        self._say(f"blob\nmark {mark}\n".encode())
        self._data(content)
        return mark

    def commit(
        self, at: int, message: str, files: Iterable[File], merged: Iterable[str] = ()
    ) -> str:
        """A commit on `main`, on what came before it there, and on what it merges; its mark.

        `at` is in seconds since 1970; `files`: path -> the mark of its blob, None to take it away.
        """
        return self._commit("refs/heads/main", at, message, files, merged)

    def branch(self, at: int, message: str, files: Iterable[File], start: str) -> str:
        """A commit beside `main` that follows the commit `start`; its mark."""
        self._say(f"reset refs/heads/side\nfrom {start}\n\n".encode())
        return self._commit("refs/heads/side", at, message, files, ())

    def _commit(
        self, ref: str, at: int, message: str, files: Iterable[File], merged: Iterable[str]
    ) -> str:
        listed = list(files)  # whoever makes them may write blobs
        mark = self._mark()
        who = f"publisher <publisher@example.com> {max(at, 0)} +0000"
        self._say(f"commit {ref}\nmark {mark}\ncommitter {who}\n".encode())
        self._data(message.encode("utf-8", "replace"))
        for other in merged:
            self._say(f"merge {other}\n".encode())
        for path, blob in listed:
            line = f"D {quoted(path)}\n" if blob is None else f"M 100644 {blob} {quoted(path)}\n"
            self._say(line.encode("utf-8", "surrogateescape"))
        self._say(b"\n")
        return mark

    def finish(self) -> None:
        """Ends the import, and writes the files of the last commit to disk. Raises GitTrouble."""
        assert self._process.stdin is not None, "asked for as a pipe"
        self._process.stdin.close()
        if self._process.wait() != 0:
            raise GitTrouble(f"git fast-import could not write {self.folder}")
        git(self.folder, "update-ref", "-d", "refs/heads/side")
        git(self.folder, "reset", "--quiet", "--hard", "main")

    def _mark(self) -> str:
        self._marks += 1
        return f":{self._marks}"

    def _data(self, content: bytes) -> None:
        self._say(b"data %d\n" % len(content))
        self._say(content)
        self._say(b"\n")

    def _say(self, words: bytes) -> None:
        assert self._process.stdin is not None, "asked for as a pipe"
        self._process.stdin.write(words)


def quoted(path: str) -> str:
    """As fast-import reads paths."""
    if path.startswith('"') or any(c in path for c in '\n"\\'):
        escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return path
