"""init and schema: what a publisher starts from, what CI gets, and what editors are led to."""

import json
import os
import pty
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

MODELINE = "# yaml-language-server: $schema="
WORKFLOWS = {
    "github": {
        ".github/CODEOWNERS",
        ".github/actions/reconciler/action.yml",
        ".github/workflows/pull-request.yml",
        ".github/workflows/reconcile.yml",
    },
    "gitlab": {".gitlab-ci.yml", ".gitlab/CODEOWNERS"},
    "none": set[str](),
}


def paths(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def asked(shell: Any, answers: str, *words: str) -> tuple[int, str]:
    """`init` at a terminal where somebody types the answers; its exit code and what it showed."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "init", "acme", *words],
        cwd=shell.folder,
        env=shell.environment,
        stdin=slave,
        stdout=subprocess.DEVNULL,
        stderr=slave,
    )
    os.close(slave)
    os.write(master, answers.encode())
    code = process.wait()
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    return code, shown


@pytest.mark.parametrize("ci", WORKFLOWS)
def test_init_writes_what_the_chosen_ci_needs_and_nothing_of_another(shell: Any, ci: str) -> None:
    assert shell.reconciler("init", "acme", "--ci", ci).code == 0
    dotted = {path for path in paths(shell.folder / "acme") if path.startswith(".")}
    others = {path for path in dotted if not path.startswith(".schemas/")}
    assert others == WORKFLOWS[ci] | {".gitignore", ".pre-commit-config.yaml"}


def test_init_without_a_terminal_asks_nothing_and_takes_utc_and_no_ci(shell: Any) -> None:
    assert shell.reconciler("init", "acme").code == 0
    assert "timeZone: UTC" in (shell.folder / "acme/publisher.yaml").read_text()
    assert not paths(shell.folder / "acme") & (WORKFLOWS["github"] | WORKFLOWS["gitlab"])


def test_init_on_a_terminal_asks_for_the_zone_with_a_guess_and_for_the_ci(shell: Any) -> None:
    shell.environment["TZ"] = "Asia/Kolkata"
    code, shown = asked(shell, "\ngitlab\n")
    assert code == 0
    assert "[Asia/Kolkata]" in shown
    assert "timeZone: Asia/Kolkata" in (shell.folder / "acme/publisher.yaml").read_text()
    assert (shell.folder / "acme/.gitlab-ci.yml").is_file()


def test_init_asks_again_for_a_zone_that_is_none(shell: Any) -> None:
    code, shown = asked(shell, "EST\nEurope/Paris\n", "--ci", "none")
    assert code == 0
    assert "'EST' is no IANA time zone" in shown
    assert "timeZone: Europe/Paris" in (shell.folder / "acme/publisher.yaml").read_text()


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_ci_installs_one_version_that_was_chosen(shell: Any, ci: str) -> None:
    from reconciler import __version__

    assert shell.reconciler("init", "acme", "--ci", ci).code == 0
    texts = [(shell.folder / "acme" / path).read_text() for path in WORKFLOWS[ci]]
    assert any(f'"integration-pack-reconciler[ci,postgres]=={__version__}"' in t for t in texts)
    assert not any("PACKAGE_REQUIREMENT" in text or "TIME_ZONE" in text for text in texts)


def test_init_takes_another_package_but_nothing_that_leaves_its_quotes(shell: Any) -> None:
    wanted = "integration-pack-reconciler[ci] @ https://git.example/acme/reconciler.whl"
    for package in ('x"; rm -rf /', "x\nrun: y", "${{ secrets.A }}", "-r other", "$HOME", ""):
        done = shell.reconciler("init", "acme", "--ci", "github", "--package", package)
        assert done.code == 64, package
    assert not (shell.folder / "acme").exists()
    assert shell.reconciler("init", "acme", "--ci", "github", "--package", wanted).code == 0
    text = (shell.folder / "acme/.github/workflows/pull-request.yml").read_text()
    step = yaml.safe_load(text)["jobs"]["check"]["steps"][-1]
    assert step["with"]["package"] == wanted


def test_init_says_where_workflows_have_to_lie_when_the_folder_is_inside_a_repository(
    shell: Any,
) -> None:
    shell.git("init", "--quiet")
    assert "works at its top only" in shell.reconciler("init", "acme", "--ci", "github").err
    assert shell.reconciler("init", "other").err == ""


def test_init_is_not_mistaken_about_a_folder_beside_the_repository_that_it_is_typed_in(
    shell: Any,
) -> None:
    shell.write("inside/notes.txt", "mine")
    shell.git("init", "--quiet", "inside")
    within = replace(shell, folder=shell.folder / "inside")
    assert within.reconciler("init", "../beside", "--ci", "github").err == ""


def test_init_in_the_folder_that_one_is_in_does_not_send_one_there(shell: Any) -> None:
    done = shell.reconciler("init", ".")
    assert done.out.splitlines()[1].startswith("Next: git init && git add . && git commit")


def test_the_next_release_is_made_as_the_readme_that_init_writes_says(applied: Any) -> None:
    text = (applied.folder / "README.md").read_text(encoding="utf-8")
    steps = text.split("The next release.")[1].split("To rehearse")[0]
    commands = [line.strip() for line in steps.splitlines() if line.startswith("    ")]
    assert len(commands) == 7
    for line in commands:
        if line.startswith("reconciler "):
            done = applied.reconciler(*shlex.split(line)[1:], *_clock(line))
            assert (line, done.code, done.err) == (line, 0, "")
        else:
            subprocess.run(
                line, shell=True, check=True, cwd=applied.folder, env=applied.environment
            )
        if line.startswith("cp "):
            applied.write("components/hello-api/1.1.0/openapi.json", '{"openapi": "3.1.0"}\n')
    assert "Applied" in done.out
    assert "1 attachment upgraded" in done.out


def _clock(line: str) -> tuple[str, ...]:
    return () if line.startswith("reconciler package") else ("--now", "2026-11-22T15:00:00Z")


def test_the_modeline_of_every_manifest_leads_to_a_schema_that_it_fits(publisher: Any) -> None:
    package = ("package", "hello-api", "--version", "1.1.0", "--shareable")
    assert publisher.reconciler(*package).code == 0
    assert publisher.reconciler("release", "hello", "--on", "2099-12-01").code == 0
    manifests = [p for p in publisher.folder.rglob("*.yaml") if not p.name.startswith(".")]
    assert len(manifests) == 9
    for path in manifests:
        first, _, rest = path.read_text().partition("\n")
        assert first.startswith(MODELINE), path
        schema = json.loads((path.parent / first.removeprefix(MODELINE)).read_text())
        Draft202012Validator.check_schema(schema)
        document = json.loads(json.dumps(yaml.safe_load(rest), default=str))
        Draft202012Validator(schema).validate(document)


def test_without_a_folder_of_schemas_manifests_are_written_without_modelines(
    publisher: Any,
) -> None:
    publisher.git("rm", "-r", "--quiet", ".schemas")
    package = ("package", "hello-api", "--version", "1.1.0", "--shareable")
    assert publisher.reconciler(*package).code == 0
    text = (publisher.folder / "components/hello-api/1.1.0/component.yaml").read_text()
    assert text.startswith("apiVersion:")


def test_schema_write_renews_every_schema(publisher: Any) -> None:
    before = {path.name: path.read_text() for path in (publisher.folder / ".schemas").iterdir()}
    for path in (publisher.folder / ".schemas").iterdir():
        path.write_text("{}")
    done = publisher.reconciler("schema", "--write", ".schemas")
    assert (done.code, done.out, done.err) == (
        0,
        "",
        "reconciler: wrote 10 schemas to .schemas\n",
    )
    after = {path.name: path.read_text() for path in (publisher.folder / ".schemas").iterdir()}
    assert after == before
    assert publisher.reconciler("schema", "Release", "--write", "x").code == 64
    assert publisher.reconciler("schema", "--write", "publisher.yaml/x").code == 1
