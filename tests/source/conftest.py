"""Real git repositories for the tests of the source."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PUBLISHER = "apiVersion: reconciler/v1\nkind: Publisher\nspec: {timeZone: America/New_York}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """A git repository on disk, driven with the git command."""

    path: Path

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        """What git wrote to stdout; fails the test when git fails."""
        result = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def put(self, path: str, text: str | bytes = "a: 1\n") -> Path:
        """Writes a file of the working copy."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def commit(self, message: str = "change") -> str:
        """Commits everything; the full commit id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def commit_entry(self, mode: str, object_id: str, path: str) -> str:
        """Commits one index entry that no file on disk could give; the full commit id."""
        self.git("update-index", "--add", "--cacheinfo", f"{mode},{object_id},{path}")
        self.git("commit", "--quiet", "--message", path)
        return self.git("rev-parse", "HEAD")

    def blob(self, text: str) -> str:
        """Stores a blob; its id."""
        return self.git("hash-object", "-w", "--stdin", stdin=text)

    def listing(self) -> dict[str, bytes]:
        """Every file of the repository with its content, working copy and .git included."""
        files = (file for file in sorted(self.path.rglob("*")) if file.is_file())
        return {str(file): file.read_bytes() for file in files}


@pytest.fixture(autouse=True)
def git_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that knows nothing of the machine and the user that run the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("RECONCILER_GIT_TOKEN", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ann@example.com")
        monkeypatch.setenv(f"GIT_{who}_DATE", "2026-11-22T12:00:00Z")


@pytest.fixture
def empty_repo(tmp_path: Path) -> Repo:
    """A working copy without commits."""
    repo = Repo(path=tmp_path / "acme")
    repo.path.mkdir()
    repo.git("init", "--quiet", "--initial-branch=main")
    return repo


@pytest.fixture
def repo(empty_repo: Repo) -> Repo:
    """A working copy with a publisher and a pack, committed."""
    empty_repo.put("publisher.yaml", PUBLISHER)
    empty_repo.put("packs/orders.yaml", "kind: IntegrationPack\n")
    empty_repo.put("docs/guide.md", "guide\n")
    empty_repo.commit("first")
    return empty_repo


@pytest.fixture
def clone(tmp_path: Path) -> "Cloner":
    """Clones a repository below tmp_path, with any options of git clone."""
    return Cloner(folder=tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloner:
    """Clones repositories into one folder."""

    folder: Path

    def __call__(self, origin: Repo, name: str, *options: str) -> Repo:
        """A clone over the file transport, so that --depth and --filter count."""
        Repo(path=self.folder).git(
            "clone", "--quiet", *options, f"file://{origin.path}", str(self.folder / name)
        )
        return Repo(path=self.folder / name)
