"""What is the same for every command: help, wrong usage, failures, pipes."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from reconciler.cli.application import commands

SHOP = (
    "init validate plan apply run status attachments history events why calendar release package"
    " account store schema"
).split()


def leaves() -> list[tuple[str, ...]]:
    """Every command with its subcommands, as it is typed."""
    found: list[tuple[str, ...]] = []
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        subcommands = command.list_commands(context) if isinstance(command, click.Group) else [None]
        found += [(name,) if sub is None else (name, sub) for sub in subcommands]
    return found


def test_the_version_is_told_without_loading_a_library(shell: Any) -> None:
    done = shell.reconciler("--version")
    assert (done.code, done.out) == (0, "reconciler 0.1.0\n")
    script = (
        "import sys; from reconciler.cli.edge import run; run(['--version']);"
        "print(sorted({'yaml', 'git', 'jsonschema', 'sqlite3', 'rich', 'tzdata'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", script]
    told = subprocess.run(
        command, env=shell.environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_command_with_a_summary(shell: Any) -> None:
    done = shell.reconciler("--help")
    assert done.code == 0
    for name in SHOP:
        assert f"\n  {name} " in done.out


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_every_command_has_a_description_and_examples(words: tuple[str, ...], capsys: Any) -> None:
    from reconciler.cli.edge import run

    assert run([*words, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Example" in told
    assert f"reconciler {' '.join(words)}" in told


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("plna",),
        ("plan", "--bogus"),
        ("why", "globex"),
        ("validate", "--format", "xml"),
        ("validate", "--output", "findings.json"),
        ("validate", "--output", "xml=findings.xml"),
        ("validate", "--output", "json="),
        ("validate", "--output", "json=-"),
        ("validate", "--output", "json=a", "--output", "sarif=./a"),
        ("plan", "--output", "sarif=plan.sarif"),
        ("plan", "--output", "markdown=plan.json", "--out", "plan.json"),
        ("plan", "--out", "plan.json", "--base", "main"),
        ("plan", "--comment-key", "a-->b"),
        ("plan", "--comment-key", ""),
        ("plan", "--snapshot", "a.jsonl", "--store", "sqlite:///a.db"),
        ("plan", "--now", "tomorrow"),
        ("plan", "--now", "2026-12-01T00:00:00"),
        ("plan", "--now", "0001-01-01T00:00:00+14:00"),
        ("release", "hello"),
        ("release", "hello", "--immediate", "--on", "2026-12-01"),
        ("apply", "--lease-wait", "-1"),
        ("schema", "Nothing"),
        ("account", "install", "a", "b", "--set", "nonsense"),
        ("account",),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_64_with_the_reason_on_stderr(words: tuple[str, ...], shell: Any) -> None:
    done = shell.reconciler(*words)
    assert (done.code, done.out) == (64, "")
    assert done.err
    assert "Traceback" not in done.err


def test_wrong_usage_names_the_nearest_command(shell: Any) -> None:
    assert 'did you mean "plan"?' in shell.reconciler("plna").err


def test_wrong_usage_is_json_where_json_was_asked_for(shell: Any) -> None:
    done = shell.reconciler("status", "--bogus", "--format", "json")
    assert done.code == 64
    assert done.json()["error"]["code"] == 64


@pytest.mark.parametrize(
    "words",
    [
        ("status",), ("attachments",), ("history",), ("events",), ("why", "a", "b"),
        ("calendar",), ("store", "check"), ("account", "adopt", "a", "b"), ("store", "export"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_readers_say_that_there_is_no_store_and_make_none(
    words: tuple[str, ...], shell: Any
) -> None:
    done = shell.reconciler(*words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("reconciler: there is no install base at install-base.db")
    assert list(shell.folder.iterdir()) == []


def test_a_lost_store_is_not_just_made_anew(shell: Any) -> None:
    hint = shell.reconciler("status").err.splitlines()[1]
    assert hint.startswith("hint: run reconciler apply first, which makes one; one that was lost")
    assert hint.endswith("reconciler store rebuild --from EXPORT")


def test_a_choice_that_is_missing_is_told_in_one_line(shell: Any) -> None:
    done = shell.reconciler("completion")
    assert done.code == 64
    assert done.err.splitlines()[0] == (
        "reconciler: Missing argument 'SHELL'. Choose from: bash, zsh, fish"
    )


def test_a_failure_is_one_line_and_a_hint(shell: Any) -> None:
    done = shell.reconciler("validate", "nowhere")
    assert done.code == 1
    reason, hint = done.err.splitlines()
    assert reason.startswith("reconciler: ")
    assert hint.startswith("hint: ")


def test_failures_are_json_with_the_commands_own_fields(shell: Any, fits: Any) -> None:
    for name in ("validate", "plan", "apply"):
        done = shell.reconciler(name, "nowhere", "--format", "json")
        assert done.code == 1
        fits(name, done.json())
        assert done.json()["error"]["code"] == 1
    done = shell.reconciler("status", "--format", "json")
    assert list(done.json()) == ["error"]


def test_a_reader_that_goes_away_is_no_failure(applied: Any) -> None:
    command = f"{sys.executable} -m reconciler schema | true"
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=applied.environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    command = f"{sys.executable} -m reconciler schema; echo $? >&2"
    told = subprocess.run(
        ["/bin/sh", "-c", f"{{ {command}; }} | true"],
        env=applied.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stderr == "0\n"


def _typed(folder: Any, line: str) -> tuple[int, str, str]:
    """A line of bash in which `reconciler` is the command: exit code, stdout, stderr."""
    function = f'reconciler() {{ {shlex.quote(sys.executable)} -m reconciler "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-c", function + line],
        cwd=folder.folder,
        env=folder.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_reader_that_goes_away_does_not_make_a_refusal_a_success(publisher: Any) -> None:
    publisher.write("bad.yaml", "kind: Nothing\n" * 2 + "---\nkind: Nothing\n" * 2_000)
    publisher.commit()
    code, _, err = _typed(publisher, "reconciler validate | true; exit ${PIPESTATUS[0]}")
    assert (code, err) == (3, "")
    code, _, err = _typed(publisher, "reconciler plan nowhere 2>&1 | true; exit ${PIPESTATUS[0]}")
    assert (code, err) == (1, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(publisher: Any, closed: str) -> None:
    code, _, err = _typed(publisher, f"reconciler apply {closed}")
    assert (code, err) == (0, "")
    assert _typed(publisher, "reconciler store check")[0] == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_can_not_be_written_is_no_bug(applied: Any) -> None:
    for command in ("status", "status --format json", "schema", "--help"):
        code, _, err = _typed(applied, f"reconciler {command} > /dev/full")
        assert code == 1
        assert "No space left on device" in err
        assert "bug" not in err
    assert _typed(applied, "reconciler plan nowhere 2> /dev/full") == (1, "", "")


def test_an_interrupt_while_python_imports_is_told_as_one(shell: Any) -> None:
    script = (
        "import sys; from reconciler.cli import schema\n"
        "def broken(**given): raise RuntimeError('in __set_name__') from KeyboardInterrupt()\n"
        "schema.command.callback = broken\n"
        "from reconciler.cli.edge import run; sys.exit(run(['schema']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "reconciler: interrupted\n")


def test_a_bug_is_one_line_and_a_traceback_only_when_asked_for(shell: Any) -> None:
    script = (
        "import sys; from reconciler.cli import schema\n"
        "def broken(**given): raise ZeroDivisionError('oh')\n"
        "schema.command.callback = broken\n"
        "from reconciler.cli.edge import run; sys.exit(run(['schema']))"
    )
    command = [sys.executable, "-c", script]
    plain = subprocess.run(
        command, env=shell.environment, capture_output=True, text=True, check=False
    )
    assert plain.returncode == 1
    assert plain.stderr.splitlines()[0] == "reconciler: this is a bug: ZeroDivisionError: oh"
    assert "Traceback" not in plain.stderr
    debug = {**shell.environment, "RECONCILER_DEBUG": "1"}
    told = subprocess.run(command, env=debug, capture_output=True, text=True, check=False)
    assert "Traceback" in told.stderr


def test_output_that_the_encoding_lacks_is_escaped(publisher: Any) -> None:
    done = publisher.reconciler("plan", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.code, done.err) == (0, "")
    assert "hello" in done.out


def test_no_colour_reaches_a_file(publisher: Any) -> None:
    assert "\x1b" not in publisher.reconciler("validate").out


def test_a_schema_is_printed_for_a_kind_and_for_all(shell: Any) -> None:
    assert shell.reconciler("schema", "Release").json()["title"] == "Release"
    assert "Release" in shell.reconciler("schema").out


def test_the_package_can_be_run_from_anywhere(tmp_path: Path, shell: Any) -> None:
    command = [sys.executable, "-m", "reconciler", "--version"]
    subprocess.run(command, cwd=tmp_path, env=shell.environment, check=True, capture_output=True)
