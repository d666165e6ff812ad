"""A number of resources -> what Terraform takes to find that all of them are as they should be."""

import json
import shutil
from pathlib import Path

from benchmarks.measure import CommandFailed, Run, Runner


def program() -> str | None:
    """Terraform where it is installed; it is no Python package, so `make venv` brings none."""
    return shutil.which("terraform")


def version(runner: Runner) -> str:
    """Of the one that is installed."""
    said = runner.run([*_quiet(), "version", "-json"]).out
    return str(json.loads(said)["terraform_version"])


def no_op(runner: Runner, folder: Path, resources: int, times: int) -> Run:
    """Applies so many terraform_data, which need no provider, and then applies them again."""
    folder.mkdir(parents=True)
    blocks = (
        f'resource "terraform_data" "attachment_{number:05}" {{\n  input = "1.0.0"\n}}\n'
        for number in range(resources)
    )
    (folder / "main.tf").write_text("".join(blocks), encoding="utf-8")
    here = [*_quiet(), f"-chdir={folder}"]
    apply = [*here, "apply", "-auto-approve", "-input=false", "-no-color"]
    runner.run([*here, "init", "-input=false", "-no-color"])
    runner.run(apply)
    run = runner.median(apply, times)
    if "No changes" not in run.out:
        raise CommandFailed(f"terraform found something to do: {run.out}")
    return run


def _quiet() -> list[str]:
    """Without asking the network for newer versions."""
    found = program()
    assert found is not None
    return ["env", "CHECKPOINT_DISABLE=1", found]
