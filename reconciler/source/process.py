"""A git command and its input turned into its output, in an environment that only we steer.

GitPython starts git and nothing more; it is imported at the first command, since it costs 0.1 s.
No shell, no hook, no system configuration, no prompt, and no process outlives its time.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler.errors import SourceError
from reconciler.source.wording import reason

if TYPE_CHECKING:
    from git.cmd import Git as GitPython

PLUMBING_SECONDS = 300.0
FETCH_SECONDS = 900.0

_ENVIRONMENT = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # a revision is what was committed, not what replaces it
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",
    "SSH_ASKPASS_REQUIRE": "never",
}

# Set by git for its hooks: they would lead every command to another repository than the one given.
_LEADING_ASTRAY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

_SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "credential.interactive=false",
    "fetch.recurseSubmodules=false",
    "gc.autoDetach=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
    "protocol.allow=never",
    "protocol.file.allow=always",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "submodule.recurse=false",
)


class GitFailed(SourceError):
    """git ended with an exit status that its caller did not expect; `stderr` is what it said."""

    def __init__(self, command: str, stderr: str) -> None:
        super().__init__(f"git {command} failed: {reason(stderr)}")
        self.stderr = stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class GitResult:
    """How a git command ended."""

    code: int
    output: bytes
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """git for one folder: what it is told before the command, and its environment.

    `git_dir` names the repository itself; None lets git find it, and check who owns it.
    """

    folder: Path
    git_dir: Path | None = None
    settings: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def using(self, *settings: str, **environment: str) -> "Git":
        """The same git with more settings (`key=value`) and environment variables."""
        return replace(
            self,
            settings=(*self.settings, *settings),
            environment=MappingProxyType({**self.environment, **environment}),
        )

    def run(
        self, *arguments: str, stdin: bytes | None = None, seconds: float = PLUMBING_SECONDS
    ) -> GitResult:
        """Runs a command to its end. Raises SourceError when git is missing or takes too long."""
        process = self.start(*arguments, with_stdin=stdin is not None)
        try:
            output, errors = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise SourceError(
                f"git {arguments[0]} did not finish within {seconds:.0f} s",
                "run it again; if it stays slow, look at the disk, the network or the remote",
            ) from None
        finally:
            end(process)
        return GitResult(
            code=process.returncode,
            output=output,
            stderr=errors.decode("utf-8", "replace"),
        )

    def output(
        self, *arguments: str, stdin: bytes | None = None, seconds: float = PLUMBING_SECONDS
    ) -> bytes:
        """What a command wrote to stdout. Raises GitFailed when its exit status is not 0."""
        result = self.run(*arguments, stdin=stdin, seconds=seconds)
        if result.code != 0:
            raise GitFailed(arguments[0], result.stderr)
        return result.output

    def start(self, *arguments: str, with_stdin: bool) -> subprocess.Popen[bytes]:
        """Starts a command in its own process group; the caller must end() it."""
        gitpython = _gitpython()
        from git.exc import GitCommandNotFound

        try:
            interrupt = gitpython().execute(
                self._command(gitpython.GIT_PYTHON_GIT_EXECUTABLE or "git", arguments),
                istream=subprocess.PIPE if with_stdin else None,
                as_process=True,
                env={
                    **_ENVIRONMENT,
                    "GIT_ASKPASS": os.environ.get("GIT_ASKPASS", ""),
                    **self.environment,
                },
                start_new_session=True,  # no terminal to ask on, and one group to kill
            )
        except (GitCommandNotFound, PermissionError):
            raise _git_missing() from None
        process = interrupt.proc
        assert process is not None
        interrupt.proc = None  # or GitPython would terminate it as soon as this function returns
        return process

    def _command(self, executable: str, arguments: tuple[str, ...]) -> list[str]:
        """The argument vector; `-C` because GitPython falls back to the current folder."""
        astray = [name for name in _LEADING_ASTRAY if name in os.environ]
        unset = [name for name in astray if name not in self.environment]
        return [
            *(["env"] if unset else []),  # GitPython can add variables, but can't take any away
            *(part for name in unset for part in ("-u", name)),
            executable,
            "-C",
            str(self.folder),
            *([] if self.git_dir is None else [f"--git-dir={self.git_dir}"]),
            *(part for setting in (*_SETTINGS, *self.settings) for part in ("-c", setting)),
            *arguments,
        ]


def end(process: subprocess.Popen[bytes]) -> None:
    """Kills the process and its children if it still runs, and closes its pipes."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _gitpython() -> "type[GitPython]":
    """GitPython's Git class; its import fails where git can't be run."""
    if shutil.which(os.environ.get("GIT_PYTHON_GIT_EXECUTABLE", "git")) is None:
        raise _git_missing()
    try:
        from git.cmd import Git as GitPython
    except ImportError:
        raise _git_missing() from None
    return GitPython


def _git_missing() -> SourceError:
    return SourceError(
        "git can't be run: it is not on the PATH", "install git 2.31 or newer, or correct the PATH"
    )
