"""completion: the scripts, as the shells themselves run them, and what answering them costs."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

BASH = """
source <(reconciler completion bash)
COMP_WORDS=(reconciler {words}) COMP_CWORD={count}
compopt() {{ COMPREPLY=("$2"); }}
_reconciler_completion reconciler
printf '%s\\n' "${{COMPREPLY[@]}}"
complete -p reconciler
"""
# What zsh's own completion system would be asked: it runs only in front of a person.
ZSH = """
compdef() {{ print "completes $2" }}
_describe() {{ print -l -- ${{(P)3}} }}
_path_files() {{ print "paths $1" }}
source <(reconciler completion zsh)
words=(reconciler {words}) CURRENT={count}+1
_reconciler_completion
"""
FISH = """
reconciler completion fish | source
complete --do-complete "reconciler {line}"
"""


@pytest.fixture
def typed(shell: Any) -> Any:
    """A shell in which `reconciler` is on the PATH."""
    program = shell.folder / "bin" / "reconciler"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
    program.chmod(0o755)
    shell.environment["PATH"] = f"{program.parent}:{shell.environment['PATH']}"
    return shell


def asked(typed: Any, program: str, script: str) -> list[str]:
    done = typed.run([program, *(["-f"] if "zsh" in program else []), "-c", script])
    assert done.code == 0, done.err
    assert done.err == ""
    return list(done.out.splitlines())


def bash(typed: Any, *words: str) -> list[str]:
    script = BASH.format(words=" ".join(f"'{word}'" for word in words), count=len(words))
    *found, registered = asked(typed, "bash", script)
    assert "-F _reconciler_completion reconciler" in registered
    return found


def test_bash_completes_commands_options_values_and_folders(typed: Any) -> None:
    assert bash(typed, "va") == ["validate"]
    assert "store" in bash(typed, "")
    assert bash(typed, "validate", "--work") == ["--worktree"]
    assert bash(typed, "validate", "--format", "j") == ["json", "junit"]
    assert bash(typed, "store", "mi") == ["migrate"]
    assert bash(typed, "completion", "f") == ["fish"]
    assert bash(typed, "plan", "") == ["dirnames"]


def test_bash_says_nothing_where_nothing_fits(typed: Any) -> None:
    assert bash(typed, "nonsense", "x") == [""]
    assert bash(typed, "xyz") == [""]


def test_zsh_completes_with_what_each_command_does(typed: Any) -> None:
    program = shutil.which("zsh")
    if program is None:
        pytest.skip("zsh is not installed")
    found = asked(typed, program, ZSH.format(words="vali", count=1))
    assert found == [
        "completes reconciler",
        "validate:Check the manifests of a revision, or of the working tree.",
    ]
    assert asked(typed, program, ZSH.format(words="plan ''", count=2))[1:] == ["paths -/"]


def test_fish_completes_with_what_each_command_does(typed: Any) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("fish is not installed")
    name, _, told = asked(typed, program, FISH.format(line="vali"))[0].partition("\t")
    assert (name, told.startswith("Check the manifests")) == ("validate", True)
    assert asked(typed, program, FISH.format(line="completion z")) == ["zsh"]


def test_the_scripts_ask_the_program_and_hold_no_list_of_their_own(typed: Any) -> None:
    for name in ("bash", "zsh", "fish"):
        done = typed.reconciler("completion", name)
        assert (done.code, done.err) == (0, "")
        assert "_RECONCILER_COMPLETE" in done.out
        assert "validate" not in done.out
    assert typed.reconciler("completion", "tcsh").code == 64


def test_completing_a_command_imports_no_command(typed: Any) -> None:
    done = typed.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler"],
        _RECONCILER_COMPLETE="bash_complete",
        COMP_WORDS="reconciler va",
        COMP_CWORD="1",
    )
    assert done.out == "plain,validate\n"
    imported = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    own = {Path(name).name for name in imported if name.startswith("reconciler.")}
    assert own == {"reconciler.cli", "reconciler.cli.application", "reconciler.cli.completion"}
