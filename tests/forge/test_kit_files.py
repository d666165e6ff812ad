"""The files of the kits: what their formats allow, what a shell makes of them, and what is safe."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
STARTER = TOP / "reconciler" / "starter"
ACTION = TOP / "action.yml"
WORKFLOWS = sorted((STARTER / "github/.github/workflows").glob("*.yml"))
GITLAB = STARTER / "gitlab/.gitlab-ci.yml"
HOOKS = TOP / ".pre-commit-hooks.yaml"
SCHEMAS = {
    ACTION: ("--builtin-schema", "vendor.github-actions"),
    **dict.fromkeys(WORKFLOWS, ("--builtin-schema", "vendor.github-workflows")),
    GITLAB: ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def github_steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Where it is, and the step: of the action, and of each job of the workflows."""
    for step in loaded(ACTION)["runs"]["steps"]:
        yield "action.yml", step
    for path in WORKFLOWS:
        for job in loaded(path)["jobs"].values():
            yield from ((path.name, step) for step in job["steps"])


def scripts() -> Iterator[tuple[str, str]]:
    """Every script that a kit runs: bash on GitHub, sh or bash on GitLab."""
    for name, step in github_steps():
        if "run" in step:
            yield f"{name}: {step['name']}", "#!/bin/bash\nset -eo pipefail\n" + step["run"]
    pipeline = loaded(GITLAB)
    before = "\n".join(pipeline["default"]["before_script"])
    for name, job in pipeline.items():
        if isinstance(job, dict) and "script" in job:
            yield (
                f"GitLab: {name}",
                "#!/bin/sh\nset -e\n" + "\n".join([before, *job["script"]]) + "\n",
            )


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: str(path.name))
def test_a_file_is_what_its_ci_takes(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", *SCHEMAS[path], str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", dict(scripts()))
def test_a_script_says_nothing_that_a_shell_could_take_otherwise(name: str, tmp_path: Path) -> None:
    beside = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    program = shutil.which("shellcheck", path=beside)
    if program is None:
        pytest.skip("shellcheck is not installed")
    file = tmp_path / "script"
    file.write_text(dict(scripts())[name], encoding="utf-8")
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_from_outside_is_written_into_a_script() -> None:
    written = [(name, step["run"]) for name, step in github_steps() if "${{" in step.get("run", "")]
    assert written == []


def test_no_workflow_runs_foreign_code_with_secrets() -> None:
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        assert "pull_request_target" not in text
        on_requests = "pull_request" in loaded(path)[True]  # YAML 1.1 reads the key `on` as true
        assert not (on_requests and "secrets." in text)


def test_every_workflow_asks_for_few_rights_and_for_the_whole_history() -> None:
    rights = {path.name: loaded(path)["permissions"] for path in WORKFLOWS}
    assert rights == {
        "pull-request.yml": {"contents": "read", "pull-requests": "write"},
        "reconcile.yml": {"contents": "read"},
    }
    checkouts = [s for _, s in github_steps() if s.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == 2
    for step in checkouts:
        assert step["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert loaded(GITLAB)["variables"]["GIT_DEPTH"] == "0"


def test_passes_wait_for_each_other_and_are_not_cut_off() -> None:
    apply = loaded(STARTER / "github/.github/workflows/reconcile.yml")
    assert apply["concurrency"] == {"group": "reconcile", "cancel-in-progress": False}
    job = loaded(GITLAB)["apply"]
    assert (job["resource_group"], job["interruptible"]) == ("install-base", False)


def test_every_input_output_and_hook_is_explained() -> None:
    page = (TOP / "docs/ci.md").read_text(encoding="utf-8")
    action = loaded(ACTION)
    names = [*action["inputs"], *action["outputs"], *(hook["id"] for hook in loaded(HOOKS))]
    assert [name for name in names if f"`{name}`" not in page] == []
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) <= set(names)
