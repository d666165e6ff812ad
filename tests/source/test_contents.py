"""What packaged components hold, as files that are served."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import SourceError
from reconciler.source import GitContents, open_contents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "contents"


@pytest.fixture
def contents(repo: Any, folder: Path) -> GitContents:
    return open_contents(str(repo.path), folder=folder, most_bytes=1 << 30)


def _tree(repo: Any, path: str = "content/sync") -> str:
    repo.commit()
    return str(repo.git("rev-parse", f"HEAD:{path}"))


def test_a_folder_is_its_files_with_their_digests(
    repo: Any, contents: GitContents, folder: Path
) -> None:
    repo.put("content/sync/main.xml", "<process/>\n")
    repo.put("content/sync/maps/à.xml", b"\x00\xff" * 300_000)
    repo.put("content/sync/run", "#!/bin/sh\n").chmod(0o755)
    found = contents.manifest(_tree(repo))
    assert [(file.path, file.mode, file.size) for file in found.files] == [
        ("main.xml", "100644", 11),
        ("maps/à.xml", "100644", 600_000),
        ("run", "100755", 10),
    ]
    assert found.files[0].sha256 == hashlib.sha256(b"<process/>\n").hexdigest()
    path = contents.file(found.content, found.files[1].sha256)
    assert path is not None
    assert path.read_bytes() == b"\x00\xff" * 300_000
    assert contents.file(found.content, "0" * 64) is None
    assert not list(folder.glob(".new-*"))


def test_a_file_is_one_file_without_a_path(repo: Any, contents: GitContents) -> None:
    repo.put("content/sync.xml", "<process/>\n")
    (file,) = contents.manifest(_tree(repo, "content/sync.xml")).files
    assert (file.path, file.size) == ("", 11)


def test_what_was_thrown_away_is_read_from_git_again(
    repo: Any, contents: GitContents, folder: Path
) -> None:
    repo.put("content/sync/main.xml")
    found = contents.manifest(_tree(repo))
    path = contents.file(found.content, found.files[0].sha256)
    assert path is not None
    path.unlink()
    assert contents.file(found.content, found.files[0].sha256) == path
    assert path.read_text() == "a: 1\n"
    (folder / f"{found.content}.json").write_text("{}")
    assert contents.manifest(found.content) == found


def test_the_folder_stays_below_its_bound(repo: Any, folder: Path) -> None:
    for number in range(6):
        repo.put(f"content/sync/{number}", bytes([number]) * 1_000)
    small = open_contents(str(repo.path), folder=folder, most_bytes=3_000)
    found = small.manifest(_tree(repo))
    assert len(found.files) == 6
    assert sum(path.stat().st_size for path in folder.glob("??/*")) <= 3_000
    for number, file in enumerate(found.files):
        path = small.file(found.content, file.sha256)
        assert path is not None
        assert path.read_bytes() == bytes([number]) * 1_000


def test_links_and_submodules_are_refused(repo: Any, contents: GitContents) -> None:
    (repo.put("content/sync/main.xml").parent / "link").symlink_to("/etc/passwd")
    with pytest.raises(SourceError, match="link is a symbolic link, and not delivered"):
        contents.manifest(_tree(repo))
    commit = repo.git("rev-parse", "HEAD")
    repo.commit_entry("160000", commit, "content/other/below")
    with pytest.raises(SourceError, match="below is a submodule"):
        contents.manifest(str(repo.git("rev-parse", "HEAD:content/other")))


def test_a_pointer_to_a_large_file_elsewhere_is_refused_and_named(
    repo: Any, contents: GitContents
) -> None:
    repo.put(
        "content/sync/big.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n",
    )
    with pytest.raises(SourceError, match=r"big\.bin is a pointer of Git LFS"):
        contents.manifest(_tree(repo))


def test_what_is_no_content_is_refused(repo: Any, contents: GitContents) -> None:
    with pytest.raises(SourceError, match="is not in the repository"):
        contents.manifest("0" * 40)
    with pytest.raises(SourceError, match="no object id"):
        contents.manifest("--help")
    with pytest.raises(SourceError, match="is a commit"):
        contents.manifest(str(repo.git("rev-parse", "HEAD")))


def test_a_remote_is_fetched_when_it_lacks_a_content(repo: Any, folder: Path) -> None:
    repo.put("content/sync/main.xml")
    tree = _tree(repo)
    remote = open_contents(f"file://{repo.path}", folder=folder, most_bytes=1 << 30)
    assert [file.path for file in remote.manifest(tree).files] == ["main.xml"]
