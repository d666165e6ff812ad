"""git as a process: how it ends when it takes too long, fails or goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SourceError
from reconciler.source.process import Git, GitFailed

if TYPE_CHECKING:
    from tests.source.conftest import Repo


def test_a_command_that_takes_too_long_is_ended_with_its_children(repo: Repo) -> None:
    git = Git(folder=repo.path).using("alias.hang=!sleep 1000")
    with pytest.raises(SourceError, match="git hang did not finish within 0 s"):
        git.run("hang", seconds=0.2)


def test_a_failure_carries_the_reason_of_git_in_one_line(repo: Repo) -> None:
    with pytest.raises(GitFailed) as failed:
        Git(folder=repo.path).output("ls-tree", "nonsense")
    assert failed.value.message == "git ls-tree failed: Not a valid object name nonsense"


def test_a_folder_that_cannot_be_entered_is_not_replaced_by_the_current_one(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.path)
    result = Git(folder=repo.path / "none").run("rev-parse", "HEAD")
    assert result.code != 0
    assert result.output == b""
