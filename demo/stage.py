"""Commands as a user types them -> the real program, run in a folder of its own, and checked."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

CHECKOUT = Path(__file__).parents[1]
REPOSITORY = "larkfield"

_LIMIT_SECONDS = 120
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONWARNINGS")


class StoryError(Exception):
    """A step did not do what the story says."""


class Stage:
    """A folder with the publisher's repository and a rehearsal store, and a clock that is set."""

    def __init__(self, folder: Path, out: TextIO) -> None:
        self.folder, self.out = folder, out
        self.now = ""
        self._colour = out.isatty() and not os.environ.get("NO_COLOR")
        self._environment = _environment(folder)

    @property
    def repository(self) -> Path:
        return self.folder / REPOSITORY

    def open(self) -> None:
        """Copies example-repo/ and commits it, as a publisher would."""
        shutil.copytree(CHECKOUT / "example-repo", self.repository)
        self._print(f"\n  $ cp -r example-repo {REPOSITORY} && cd {REPOSITORY} && git init")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Everything that Larkfield declares")

    def scene(self, title: str, now: str | None = None) -> None:
        """A heading; from here on it is `now` (ISO 8601 with offset)."""
        self.now = now or self.now
        line = f"{title}  ({self.now})"
        self._print("")
        self._print(f"\033[1;36m{line}\033[0m" if self._colour else f"== {line}")

    def say(self, text: str) -> None:
        """What to look at in what follows."""
        self._print(f"\n{text}")

    def type(self, command: str, code: int = 0) -> None:
        """Runs `reconciler COMMAND` at the stage's time, and shows it with its output."""
        self._print(f"\n  $ reconciler {command}")
        done = self._reconciler(shlex.split(command))
        for line in (done.stdout + done.stderr).rstrip().splitlines():
            self._print(f"    {line}".rstrip())
        self.check(
            done.returncode == code,
            f"reconciler {command} ends with {code}, and it ended with {done.returncode}",
        )

    def ask(self, command: str) -> Any:
        """The same silently, as a program does: the JSON that it prints, of lines a list."""
        done = self._reconciler([*shlex.split(command), "--format", "json"])
        self.check(done.returncode == 0, f"reconciler {command} --format json: {done.stderr}")
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            return [json.loads(line) for line in done.stdout.splitlines()]

    def told(self, command: str) -> str:
        """The same for what is not JSON: what the command prints."""
        done = self._reconciler(shlex.split(command))
        self.check(done.returncode == 0, f"reconciler {command}: {done.stderr}")
        return done.stdout

    def token(self, name: str, role: str, account: str | None = None) -> str:
        """A new token for the stage's server."""
        of = "" if account is None else f" --account {account}"
        return self.told(f"token create '{name}' --role {role}{of} --now {self.now}").strip()

    def begin(self, arguments: list[str]) -> subprocess.Popen[str]:
        """A command that goes on; what it says is for the caller to read."""
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.repository,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def commit(self, message: str) -> None:
        """Commits whatever the repository's folder holds."""
        self._print(f'\n  $ git add --all && git commit -m "{message}"')
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def git(self, *arguments: str) -> None:
        """Runs git in the publisher's repository."""
        done = self._run(["git", *arguments])
        self.check(done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}")

    def check(self, held: bool, expectation: str) -> None:
        """Raises StoryError when what the story says did not happen."""
        if not held:
            raise StoryError(expectation)

    def _reconciler(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "reconciler", *arguments])

    def _run(self, argv: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            cwd=self.repository,
            env=self._environment | self._dates(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_LIMIT_SECONDS,
        )

    def _dates(self) -> dict[str, str]:
        """Commits are dated by the story, so that it has the same revisions each time."""
        if not self.now:
            return {}
        return {"GIT_AUTHOR_DATE": self.now, "GIT_COMMITTER_DATE": self.now}

    def _print(self, text: str) -> None:
        print(text, file=self.out, flush=True)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's settings of git and of the reconciler stay outside."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH")))),
        "PYTHONUTF8": "1",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "RECONCILER_STORE": "sqlite:///../rehearsal.db",
        "RECONCILER_ACTOR": "release-desk",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Larkfield release desk",
        "GIT_AUTHOR_EMAIL": "releases@larkfield.example",
        "GIT_COMMITTER_NAME": "Larkfield release desk",
        "GIT_COMMITTER_EMAIL": "releases@larkfield.example",
    }
