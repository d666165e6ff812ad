"""The files of a revision: order, contents, links, submodules, and what is no manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SourceError
from reconciler.ports import ManifestFile, PathState
from reconciler.source import open_source
from reconciler.source import snapshot as snapshot_module
from reconciler.source.blobs import read_blobs
from reconciler.source.process import Git

if TYPE_CHECKING:
    from reconciler.source.snapshot import GitSnapshot
    from tests.source.conftest import Cloner, Repo


def head_of(repo: Repo) -> GitSnapshot:
    source = open_source(str(repo.path))
    return source.snapshot(source.resolve())


def test_manifests_are_yaml_files_outside_dot_folders_in_path_order(repo: Repo) -> None:
    for path in ("z.yml", "a/b.yaml", "a-c.yaml", ".ci/x.yaml", ".x.yaml", "Up.YAML", "a.json"):
        repo.put(path)
    revision = repo.commit()
    snapshot = head_of(repo)
    assert snapshot.revision == revision
    assert [file.path for file in snapshot.manifests()] == [
        "a-c.yaml",
        "a/b.yaml",
        "packs/orders.yaml",
        "publisher.yaml",
        "z.yml",
    ]
    assert snapshot.troubles() == ()


def test_thousands_of_files_are_read_in_the_order_asked_for(repo: Repo) -> None:
    for number in range(3000):
        repo.put(f"many/{number:04}.yaml", f"number: {number}\n")
    repo.commit()
    snapshot = head_of(repo)
    asked = [file for file in reversed(snapshot.manifests()) if file.path.startswith("many/")]
    contents = [content for _, content in snapshot.read(asked)]
    assert contents == [f"number: {number}\n".encode() for number in reversed(range(3000))]


def test_contents_come_byte_for_byte(repo: Repo) -> None:
    odd = {
        "empty.yaml": b"",
        "crlf.yaml": b"\xef\xbb\xbfa: 1\r\n",
        "binary.yaml": bytes(range(256)) * 300,
        "blob like.yaml": b"0" * 40 + b" blob 3\nabc\n",
        "lfs.yaml": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "large.yaml": b"x" * 3_000_000,
    }
    for path, content in odd.items():
        repo.put(path, content)
    repo.commit()
    snapshot = head_of(repo)
    read = {file.path: content for file, content in snapshot.read(snapshot.manifests())}
    assert {path: read[path] for path in odd} == odd
    assert snapshot.content("large.yaml") == odd["large.yaml"]


def test_reading_may_stop_halfway(repo: Repo) -> None:
    for number in range(50):
        repo.put(f"many/{number:02}.yaml", b"x" * 100_000)
    repo.commit()
    snapshot = head_of(repo)
    reading = snapshot.read(snapshot.manifests())
    assert next(iter(reading))[0].path == "many/00.yaml"
    del reading
    assert len(list(snapshot.read(snapshot.manifests()))) == 52


def test_a_file_beyond_the_limit_is_refused_by_name(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.put("huge.yaml", b"x" * 2_000_000)
    repo.commit()
    monkeypatch.setattr(snapshot_module, "LARGEST_FILE", 1 << 20)
    snapshot = head_of(repo)
    with pytest.raises(SourceError, match=r"huge\.yaml is larger than 1 MiB"):
        list(snapshot.read(snapshot.manifests()))


def test_a_blob_that_is_too_large_is_passed_over_and_the_next_one_read(repo: Repo) -> None:
    ids = [repo.blob(text) for text in ("a" * 500_000, "small", "b" * 11, "")]
    git = Git(folder=repo.path)
    assert list(read_blobs(git, ids, largest=10)) == [None, b"small", None, b""]


@pytest.mark.parametrize("blob_id", ["0" * 40, "HEAD", "", "0" * 40 + "\nHEAD", "-x"])
def test_what_is_no_readable_blob_is_an_error(repo: Repo, blob_id: str) -> None:
    snapshot = head_of(repo)
    with pytest.raises(SourceError):
        list(snapshot.read([ManifestFile(path="x.yaml", blob_id=blob_id)]))
    assert list(snapshot.read([])) == []


def test_a_file_and_a_folder_are_found_by_their_object_ids(repo: Repo) -> None:
    snapshot = head_of(repo)
    file, folder = snapshot.lookup("docs/guide.md"), snapshot.lookup("./docs/")
    assert file.object_id == repo.git("rev-parse", "HEAD:docs/guide.md")
    assert folder.object_id == repo.git("rev-parse", "HEAD:docs")
    assert snapshot.lookup("docs/none.md").state is PathState.MISSING
    assert snapshot.lookup("docs/../../x").state is PathState.ESCAPES
    assert snapshot.content("docs/guide.md") == b"guide\n"
    for path in ("docs", "docs/none.md", "../x", "."):
        with pytest.raises(SourceError, match="is no file"):
            snapshot.content(path)


def test_links_are_followed_inside_the_root_and_never_out_of_it(repo: Repo) -> None:
    (repo.path / "latest").symlink_to("docs")
    (repo.path / "docs/self.md").symlink_to("../latest/guide.md")
    (repo.path / "passwd").symlink_to("/etc/passwd")
    (repo.path / "docs/out").symlink_to("../../elsewhere")
    repo.put("eu/publisher.yaml", "kind: Publisher\n")
    (repo.path / "eu/docs").symlink_to("../docs")
    repo.commit_entry("120000", repo.blob("x/" * 5000), "endless")
    repo.commit()
    snapshot = head_of(repo)
    assert snapshot.content("docs/self.md") == b"guide\n"
    assert snapshot.lookup("latest/guide.md") == snapshot.lookup("docs/guide.md")
    for path in ("passwd", "docs/out", "docs/out/x"):
        assert snapshot.lookup(path).state is PathState.ESCAPES
    assert snapshot.lookup("eu/docs/guide.md").state is PathState.FOUND
    below = open_source(str(repo.path / "eu"))
    assert below.snapshot("HEAD").lookup("docs/guide.md").state is PathState.ESCAPES


def test_links_and_submodules_that_pass_for_manifests_are_troubles(repo: Repo) -> None:
    (repo.path / "packs/link.yaml").symlink_to("orders.yaml")
    (repo.path / "packs/far.yml").symlink_to("/etc/passwd")
    (repo.path / "packs/link.txt").symlink_to("orders.yaml")
    repo.commit()
    head = repo.git("rev-parse", "HEAD")
    repo.commit_entry("160000", head, "vendor")
    repo.commit_entry("160000", head, "sub.yaml")
    snapshot = head_of(repo)
    assert [(trouble.path, trouble.rule) for trouble in snapshot.troubles()] == [
        ("packs/far.yml", "path-escape"),
        ("packs/link.yaml", "path-escape"),
        ("sub.yaml", "path-escape"),
    ]
    assert [file.path for file in snapshot.manifests()] == ["packs/orders.yaml", "publisher.yaml"]
    assert snapshot.lookup("vendor").state is PathState.ESCAPES


def test_paths_that_differ_by_case_alone_are_a_trouble_at_the_later_one(repo: Repo) -> None:
    repo.commit_entry("100644", repo.blob("a: 1\n"), "Packs/Orders.yaml")
    snapshot = head_of(repo)
    (trouble,) = snapshot.troubles()
    assert (trouble.path, trouble.rule) == ("packs/orders.yaml", "duplicate-name")
    assert "Packs/Orders.yaml" in trouble.message
    assert "packs/orders.yaml" not in [file.path for file in snapshot.manifests()]


def test_a_moved_file_keeps_its_blob(repo: Repo) -> None:
    before = {file.blob_id for file in head_of(repo).manifests()}
    repo.git("mv", "packs/orders.yaml", "packs/sales.yaml")
    repo.commit()
    after = head_of(repo).manifests()
    assert {file.blob_id for file in after} == before
    assert [file.path for file in after] == ["packs/sales.yaml", "publisher.yaml"]


def test_a_partial_clone_fetches_what_it_lacks_at_once(repo: Repo, clone: Cloner) -> None:
    for number in range(20):
        repo.put(f"many/{number:02}.yaml", f"number: {number}\n")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    partial = clone(repo, "partial", "--filter=blob:none", "--no-checkout")
    packs = partial.path / ".git/objects/pack"
    before = len(list(packs.glob("*.pack")))
    snapshot = head_of(partial)
    assert len(list(snapshot.read(snapshot.manifests()))) == 22
    assert len(list(packs.glob("*.pack"))) == before + 1
