"""The command as typed: a process with its exit code, stdout and stderr, in a real repository."""

import contextlib
import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import termios
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


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a person saw on a terminal, and how the command ended."""

    code: int
    screen: str


@dataclass(kw_only=True)
class Terminal:
    """A person at a pseudo terminal, who waits for a question before answering."""

    shell: Shell

    def types(self, *words: str, answers: list[tuple[str, str]]) -> Typed:
        """`answers`: what the question ends in, and the keys that follow it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=self.shell.folder,
            env={**self.shell.environment, "TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        seen, answered, pressed = "", 0, ""
        for question, keys in [*answers, (None, "")]:
            while question is None or question not in seen[answered:]:
                _wait(ours, pressed, seen)
                try:
                    read = os.read(ours, 65536)
                except OSError:  # the other end is closed
                    read = b""
                if not read:
                    break
                seen += read.decode("utf-8", "replace")
            answered = len(seen)
            if question is not None:
                pressed = keys
                with contextlib.suppress(OSError):
                    os.write(ours, keys.encode())
        os.close(ours)
        return Typed(code=process.wait(), screen=seen.replace("\r\n", "\n"))


def _wait(terminal: int, pressed: str, seen: str) -> None:
    """Until something comes; Ctrl-C is pressed again, as a person would.

    A signal in the instant before Python begins to wait for keys is only seen after the next one.
    """
    for _ in range(60):
        if select.select([terminal], [], [], 2)[0]:
            return
        if pressed == "\x03":
            os.write(terminal, pressed.encode())
    raise AssertionError(f"nothing more came:\n{seen}")


@pytest.fixture
def terminal(applied: Shell) -> Terminal:
    """A terminal in the publisher's repository, which is applied."""
    return Terminal(shell=applied)


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
