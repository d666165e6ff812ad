"""The command as typed: a process with its exit code, stdout and stderr, in a real repository."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

TOP = Path(__file__).parents[2]
NOW = "2026-11-22T15:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Shell:
    """A folder and an environment in which commands are typed."""

    folder: Path
    environment: dict[str, str]
    now: list[str] = field(default_factory=list)

    def reconciler(self, *words: str, **more: str) -> Done:
        return self.run([sys.executable, "-m", "reconciler", *words], **more)

    def at(self, instant: str, *words: str) -> Done:
        """The same on a rehearsal store."""
        return self.reconciler(*words, "--now", instant)

    def git(self, *words: str) -> str:
        done = self.run(["git", *words])
        assert done.code == 0, done.err
        return done.out.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def write(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def run(self, command: list[str], **more: str) -> Done:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An empty folder; nothing of the user's settings is seen."""
    folder = tmp_path / "work"
    folder.mkdir()
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "SYSTEMROOT") if key in os.environ}
    author = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "ann"), ("EMAIL", "ann@example.com"))
    }
    environment = {
        **kept,
        **author,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": str(TOP),
        "RECONCILER_ACTOR": "ann",
    }
    return Shell(folder=folder, environment=environment)


@pytest.fixture
def publisher(shell: Shell) -> Shell:
    """What `init` writes, committed; the publisher is in New York. Nothing is applied."""
    done = shell.reconciler("init", "repo", "--time-zone", "America/New_York")
    assert done.code == 0, done.err
    found = Shell(folder=shell.folder / "repo", environment=shell.environment)
    found.git("init", "--quiet", "--initial-branch", "main")
    found.commit()
    return found


@pytest.fixture
def applied(publisher: Shell) -> Shell:
    """The same, applied to a rehearsal store on 22 November 2026."""
    done = publisher.at(NOW, "apply")
    assert done.code == 0, done.err
    return publisher


@pytest.fixture
def pending(applied: Shell) -> Shell:
    """Hello 1.0.1 is in its testing period; its window opens on 1 December."""
    for words in (
        ("package", "hello-api", "--version", "1.1.0", "--shareable"),
        ("release", "hello", "--on", "2026-12-01", "--patch", "--now", NOW),
    ):
        done = applied.reconciler(*words)
        assert done.code == 0, done.err
    applied.commit()
    done = applied.at(NOW, "apply")
    assert done.code == 0, done.err
    return applied


@pytest.fixture
def fits() -> Any:
    """Asserts that an output fits the schema of its command."""

    def check(name: str, output: Any) -> None:
        path = TOP / "schemas" / "output" / f"{name}.schema.json"
        Draft202012Validator(json.loads(path.read_text(encoding="utf-8"))).validate(output)

    return check
