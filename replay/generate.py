"""A seed -> a git repository such as others keep in public: folders of declarative files, edited.

Files come, change, move, are reformatted, reverted and go; folders come, are renamed and go;
branches are merged; some commits touch only other files, and some nothing at all.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from replay.plumbing import File, Writer

CONTENT = "apps"
_FOLDERS = "auth billing calendar dns edge fleet grafana hub ingress jobs kafka ledger".split()
_NAMES = "config deploy limits notes policy queue roles routes rules secrets values zones".split()
_SUFFIXES = ("yaml", "yml", "json", "txt")
_START = 1_700_000_000
_SECONDS = 3_600
_Tree = dict[str, bytes]


@dataclass
class Author:
    """The people of the repository, drawn from a seed; `tree` is what they have on `main`."""

    writer: Writer
    dice: random.Random
    tree: _Tree = field(default_factory=dict)
    past: list[_Tree] = field(default_factory=list)
    last: str | None = None
    written: int = 0

    def write(self, commits: int) -> None:
        """So many commits on `main`."""
        for _ in range(8):
            self.new_file()
        self.commit("begin")
        edits: list[Callable[[], object]] = [
            *[self.change_file] * 8,
            *[self.change_several] * 3,
            *[self.new_file] * 4,
            *[self.new_folder] * 2,
            self.drop_file,
            self.drop_file,
            self.drop_folder,
            self.move_file,
            self.rename_folder,
            self.reformat,
            self.revert,
            self.touch_others,
            self.touch_others,
            self.put_odd_file,
            self.nothing,
        ]
        while self.written < commits:
            chosen = self.dice.choice(edits)
            if self.dice.random() < 0.1:
                self.merge(chosen)
            else:
                chosen()
                self.commit(chosen.__name__.replace("_", " "))

    def commit(self, message: str, merged: str | None = None) -> None:
        before = self.past[-1] if self.past else {}
        self.last = self.writer.commit(
            _START + self.written * _SECONDS,
            message,
            self._differing(before),
            [merged] if merged else [],
        )
        self.past.append(dict(self.tree))
        self.written += 1

    def merge(self, edit: Callable[[], object]) -> None:
        """A branch of one commit, merged with all that it changed."""
        edit()
        at = _START + self.written * _SECONDS - _SECONDS // 2
        if self.last is not None:
            branch = self.writer.branch(
                at, "on a branch", self._differing(self.past[-1]), self.last
            )
            self.commit("merge a branch", branch)

    def new_file(self) -> None:
        folder = self.dice.choice([*self._folders(), self.dice.choice(_FOLDERS)])
        deeper = self.dice.choice(["", "", "base/", "Überlay/"])
        name = f"{self.dice.choice(_NAMES)}-{self.dice.randint(1, 9)}"
        path = f"{CONTENT}/{folder}/{deeper}{name}.{self.dice.choice(_SUFFIXES)}"
        self.tree[path] = self._text(path)

    def new_folder(self) -> None:
        folder = f"{self.dice.choice(_FOLDERS)}-{self.dice.randint(1, 30)}"
        for name in self.dice.sample(_NAMES, self.dice.randint(1, 4)):
            path = f"{CONTENT}/{folder}/{name}.yaml"
            self.tree[path] = self._text(path)

    def change_file(self) -> None:
        if paths := self._paths():
            path = self.dice.choice(paths)
            self.tree[path] = self._text(path)

    def change_several(self) -> None:
        for _ in range(self.dice.randint(2, 6)):
            self.change_file()

    def drop_file(self) -> None:
        if paths := self._paths():
            del self.tree[self.dice.choice(paths)]

    def drop_folder(self) -> None:
        if len(folders := self._folders()) > 2:
            self._move(self.dice.choice(folders), None)

    def rename_folder(self) -> None:
        if folders := self._folders():
            self._move(self.dice.choice(folders), f"{self.dice.choice(_FOLDERS)}-new")

    def move_file(self) -> None:
        if paths := self._paths():
            path = self.dice.choice(paths)
            folder = self.dice.choice(self._folders())
            self.tree[f"{CONTENT}/{folder}/{path.rpartition('/')[2]}"] = self.tree.pop(path)

    def reformat(self) -> None:
        """The same content in another form: of JSON, and of the ends of lines."""
        for path in self.dice.sample(paths := self._paths(), min(3, len(paths))):
            content = self.tree[path]
            if path.endswith("json"):
                self.tree[path] = json.dumps(json.loads(content), indent=4).encode()
            else:
                self.tree[path] = content.rstrip(b"\n") + b"\n" * self.dice.randint(1, 3)

    def revert(self) -> None:
        """One file, or everything, as it was some commits ago."""
        if not self.past:
            return
        earlier = self.dice.choice(self.past[-10:])
        if self.dice.random() < 0.3:
            self.tree = dict(earlier)
        elif earlier:
            path = self.dice.choice(sorted(earlier))
            self.tree[path] = earlier[path]

    def touch_others(self) -> None:
        path = self.dice.choice([".github/ci.yaml", "README.md", "Makefile"])
        self.tree[path] = f"{self.dice.random()}\n".encode()

    def put_odd_file(self) -> None:
        folder = self.dice.choice(self._folders() or ["hub"])
        self.tree[f"{CONTENT}/{folder}/logo.png"] = b"\x89PNG\0" + self.dice.randbytes(20)

    def nothing(self) -> None:
        """An empty commit."""

    def _move(self, folder: str, to: str | None) -> None:
        for path in [p for p in self._paths() if p.startswith(f"{CONTENT}/{folder}/")]:
            content = self.tree.pop(path)
            if to is not None:
                self.tree[path.replace(f"/{folder}/", f"/{to}/", 1)] = content

    def _paths(self) -> list[str]:
        return [path for path in sorted(self.tree) if path.endswith(_SUFFIXES) and "/" in path]

    def _folders(self) -> list[str]:
        inside = (path for path in self.tree if path.startswith(f"{CONTENT}/"))
        return sorted({path.split("/")[1] for path in inside})

    def _text(self, path: str) -> bytes:
        body: dict[str, Any] = {
            "name": self.dice.choice(_NAMES),
            "replicas": self.dice.randint(1, 9),
            "hosts": [f"{name}.example.com" for name in self.dice.sample(_NAMES, 3)],
        }
        if path.endswith("json"):
            return json.dumps(body).encode()
        if path.endswith("txt"):
            return "\n".join(body["hosts"]).encode() + b"\n"
        return yaml.safe_dump(body).encode()

    def _differing(self, before: _Tree) -> list[File]:
        gone: list[File] = [(p, None) for p in sorted(before) if p not in self.tree]
        return gone + [
            (path, self.writer.blob(content))
            for path, content in sorted(self.tree.items())
            if before.get(path) != content
        ]


def generate(target: Path, *, commits: int, seed: int) -> None:
    """Writes a repository with so many commits on `main`; the same for the same seed."""
    writer = Writer(target)
    Author(writer=writer, dice=random.Random(seed)).write(commits)
    writer.finish()
