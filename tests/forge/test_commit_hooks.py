"""The hooks, run by pre-commit itself on real commits."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

TYPING_ERROR = "metadata: {name: hello}\nkind: IntegrationPack\nkind: IntegrationPack\n"


@pytest.fixture
def publisher(desk: Any, offline: dict[str, str]) -> Any:
    """What `init` writes, committed, and `pre-commit install`ed; `reconciler` is on the PATH."""
    program = desk.folder.parent / "bin" / "reconciler"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{desk.environment["PYTHONPATH"]}" '
        f'exec "{sys.executable}" -m reconciler "$@"\n'
    )
    program.chmod(0o755)
    assert desk.reconciler("init", ".").code == 0
    desk.git("init", "--quiet", "--initial-branch", "main")
    desk.commit()
    desk.environment |= {
        **offline,
        "PATH": f"{program.parent}{os.pathsep}{desk.environment['PATH']}",
        "PRE_COMMIT_HOME": str(desk.folder.parent / "pre-commit"),
    }
    installed = desk.run(sys.executable, "-m", "pre_commit", "install")
    assert installed.code == 0, installed.err
    return desk


def use(publisher: Any, project: Path) -> None:
    """Names this project in the configuration, as a publisher does who has no reconciler."""
    known = publisher.run("git", "-C", str(project), "rev-parse", "HEAD").out.strip()
    hooks = [{"id": "reconciler-validate"}, {"id": "reconciler-fmt"}]
    repo = {"repo": str(project), "rev": known, "hooks": hooks}
    text = json.dumps({"repos": [repo]})
    (publisher.folder / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    publisher.git("add", "--all")


def tried(publisher: Any, text: str) -> Any:
    (publisher.folder / "packs/hello.yaml").write_text(text, encoding="utf-8")
    publisher.git("add", "--all")
    return publisher.run("git", "commit", "--quiet", "--message", "change")


@pytest.fixture(params=["the configuration that init writes", "the hooks of this project"])
def hooked(publisher: Any, project: Path, request: pytest.FixtureRequest) -> Any:
    """The publisher with either set of hooks."""
    if request.param == "the hooks of this project":
        use(publisher, project)
    return publisher


def test_a_commit_with_an_error_is_not_made(hooked: Any) -> None:
    sound = (hooked.folder / "packs/hello.yaml").read_text(encoding="utf-8")
    before = hooked.git("rev-parse", "HEAD")
    done = tried(hooked, TYPING_ERROR)
    assert done.code == 1
    assert "yaml-duplicate-key" in done.out + done.err
    assert hooked.git("rev-parse", "HEAD") == before
    assert tried(hooked, sound + "# a word\n").code == 0
    assert hooked.git("rev-parse", "HEAD") != before


def test_manifests_are_made_tidy_before_they_are_committed(hooked: Any) -> None:
    path = hooked.folder / "packs/hello.yaml"
    tidy = path.read_text(encoding="utf-8")
    untidy = tidy.replace("displayName: Hello", 'displayName:   "Hello"')
    done = tried(hooked, untidy)
    assert done.code == 1
    assert "files were modified by this hook" in done.out + done.err
    assert path.read_text(encoding="utf-8") == tidy
    assert tried(hooked, tidy + "# a word\n").code == 0


def test_what_is_not_going_to_be_committed_is_not_judged(publisher: Any) -> None:
    sound = (publisher.folder / "packs/hello.yaml").read_text(encoding="utf-8")
    (publisher.folder / "packs/hello.yaml").write_text(sound + "# a word\n", encoding="utf-8")
    publisher.git("add", "--all")
    (publisher.folder / "packs/hello.yaml").write_text(TYPING_ERROR, encoding="utf-8")
    done = publisher.run("git", "commit", "--quiet", "--message", "change")
    assert done.code == 0, done.out + done.err
    assert (publisher.folder / "packs/hello.yaml").read_text(encoding="utf-8") == TYPING_ERROR
