"""Every field that a command prints as JSON is explained in docs/json.md."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
NOW = "2026-11-23T15:00:00Z"
LATER = "2026-12-01T05:00:00Z"
COMMANDS = {
    "validate": ["validate", "--now", NOW],
    "plan": ["plan", "--now", NOW],
    "impact": ["impact", "stock-levels", "2.1.0", "--now", NOW],
    "apply": ["apply", "--now", LATER],
    "status": ["status", "--now", NOW],
    "attachments": ["attachments", "--now", NOW],
    "history": ["history"],
    "events": ["events"],
    "why": ["why", "globex", "stock-levels", "--now", NOW],
    "calendar": ["calendar", "--now", NOW],
    "account show": ["account", "show", "globex", "--now", NOW],
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of example-repo/ in git, and a rehearsal store beside it that has applied it."""
    root = tmp_path_factory.mktemp("json") / "larkfield"
    shutil.copytree(TOP / "example-repo", root)
    _git(root, "init", "--quiet")
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "-m", "Larkfield")
    assert _reconciler(root, "apply", "--now", NOW).returncode == 0
    return root


def _git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Larkfield", "-c", "user.email=releases@larkfield.example")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def _reconciler(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(TOP),
        "RECONCILER_STORE": "sqlite:///../rehearsal.db",
        "XDG_CACHE_HOME": str(root.parent / "cache"),
    }
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_field_is_explained(repository: Path, command: str) -> None:
    done = _reconciler(repository, *COMMANDS[command], "--format", "json")
    assert done.returncode == 0, done.stderr
    page = (TOP / "docs" / "json.md").read_text(encoding="utf-8")
    explained = set(re.findall(r'[`"]([a-z_]+)[`"]', _of(command, page)))
    assert set(_fields(_parsed(done.stdout))) - explained == set()


def _of(command: str, page: str) -> str:
    """The section of a command; apply has the fields of plan, and those of validate are in both."""
    needed: dict[str, tuple[str, ...]] = {
        "plan": ("plan", "validate", "impact"),
        "apply": ("apply", "plan", "validate"),
        "account show": ("account show", "why"),
    }
    sections = re.split(r"^## ", page, flags=re.MULTILINE)
    names = needed.get(command, (command,))
    return "".join(section for section in sections if section.partition("\n")[0] in names)


def _parsed(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def _fields(value: Any) -> Iterator[str]:
    """The names of fields at any depth; `details`, `summary` and `by_release` have keys of data."""
    if isinstance(value, list):
        for item in value:
            yield from _fields(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            if name not in ("details", "summary", "by_release"):
                yield from _fields(item)
