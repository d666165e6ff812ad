"""What a help text gives as an example can be pasted: it works on example-repo/ as it is."""

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reconciler.cli.application import commands
from reconciler.cli.edge import run

TOP = Path(__file__).parents[2]
NOW = ("--now", "2026-11-23T15:00:00Z")
WITHOUT_CLOCK = {"package"}


def examples(*names: str) -> Iterator[list[str]]:
    """The arguments of each example in the help of these commands, groups in their order."""
    context = click.Context(commands)
    for name in names:
        command = commands.get_command(context, name)
        assert command is not None
        found = list(command.commands.values()) if isinstance(command, click.Group) else [command]
        for leaf in found:
            lines = (line.strip() for line in (leaf.help or "").splitlines())
            yield from (shlex.split(line)[1:] for line in lines if line.startswith("reconciler "))


@pytest.fixture
def larkfield(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of example-repo/, committed and applied, in which the commands are typed."""
    folder = tmp_path / "larkfield"
    shutil.copytree(TOP / "example-repo", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RECONCILER_STORE", f"sqlite:///{tmp_path / 'rehearsal.db'}")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "ann")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ann@example.com")
    for words in ("init --quiet", "add --all", "commit --quiet --message Larkfield"):
        subprocess.run(["git", *words.split()], check=True)
    assert run(["apply", *NOW]) == 0
    return folder


def test_examples_of_what_an_account_does_for_itself_work(
    larkfield: Path,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in examples("account"):
        code = run([*words, *NOW])
        assert (words, code, capsys.readouterr().err) == (words, 0, "")


def test_examples_of_what_writes_manifests_work(
    larkfield: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in examples("package", "release", "reschedule", "withdraw"):
        code = run([*words, *(() if words[0] in WITHOUT_CLOCK else NOW)])
        told = capsys.readouterr().err
        assert (words, code) == (words, 0)
        # Attachments have values for the release that is withdrawn; those stay as they are.
        assert not told or (words[0] == "withdraw" and "extension-unknown" in told)
        subprocess.run(["git", "clean", "--quiet", "-fd"], cwd=larkfield, check=True)
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=larkfield, check=True)
