"""Any git history turned into a publisher's: nothing is lost, and odd things are left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from replay.__main__ import main
from replay.convert import convert
from replay.documents import documents
from replay.generate import CONTENT, generate
from replay.naming import Names
from replay.play import play
from replay.plumbing import Blobs, GitTrouble, Writer, commits, differences, git


def written(folder: Path, *trees: dict[str, bytes]) -> Path:
    """A repository whose commits have these files."""
    writer, before = Writer(folder), dict[str, bytes]()
    for number, tree in enumerate(trees):
        files: dict[str, str | None] = {path: None for path in before if path not in tree}
        files |= {path: writer.blob(content) for path, content in tree.items()}
        writer.commit(1_700_000_000 + number, f"commit {number}", sorted(files.items()))
        before = tree
    writer.finish()
    return folder


def declared(folder: Path, kind: str) -> list[str]:
    """The names of all documents of a kind, as of the last commit."""
    below = (path.relative_to(folder) for path in sorted(folder.rglob("*.yaml")))
    texts = ((folder / path).read_bytes() for path in below if path.parts[0] != ".content")
    return [name for text in texts for (one, name), _ in documents(text) if one == kind]


def test_the_differences_of_all_commits_together_make_the_last_tree(tmp_path: Path) -> None:
    generate(tmp_path / "source", commits=80, seed=4)
    tree: dict[str, str] = {}
    for first_parent in (True, False):
        tree = {}
        history = commits(tmp_path / "source", first_parent=first_parent)
        for _, entries in differences(tmp_path / "source", history):
            for entry in entries:
                if entry.blob is None:
                    del tree[entry.path]
                else:
                    tree[entry.path] = entry.blob
        listed = git(tmp_path / "source", "ls-tree", "-r", "-z", "HEAD").decode()
        lines = (line.partition("\t") for line in listed.split("\0") if line)
        assert tree == {path: facts.split(" ")[2] for facts, _, path in lines}


def test_every_commit_is_kept_and_the_same_history_gives_the_same(tmp_path: Path) -> None:
    generate(tmp_path / "source", commits=40, seed=6)
    generate(tmp_path / "again", commits=40, seed=6)
    heads = set()
    for name in ("source", "again"):
        made = convert(tmp_path / name, tmp_path / f"{name}-publisher", path=CONTENT)
        assert made.commits == len(commits(tmp_path / f"{name}-publisher")) == 40
        heads.add(git(tmp_path / f"{name}-publisher", "rev-parse", "HEAD"))
    assert len(heads) == 1


def test_a_folder_is_a_pack_and_a_file_a_component_with_its_content(tmp_path: Path) -> None:
    first = {"shop/a.yaml": b"a: 1\n", "shop/deep/b.txt": b"b\n", "flat.json": b"{}"}
    source = written(tmp_path / "source", first, {**first, "shop/a.yaml": b"a: 2\n"})
    convert(source, target := tmp_path / "publisher")
    assert sorted(declared(target, "IntegrationPack")) == ["flat-json", "shop"]
    assert sorted(declared(target, "Release")) == ["flat-json@1.0.0", "shop@1.0.0", "shop@1.0.1"]
    assert (target / ".content/shop-a-yaml/1.0.1").read_bytes() == b"a: 2\n"
    assert (target / ".content/shop-deep-b-txt/1.0.0").read_bytes() == b"b\n"
    assert play(target, refusals=False).commits == 2


def test_depth_says_which_folders_are_packs(tmp_path: Path) -> None:
    source = written(tmp_path / "source", {"x/one/a": b"1", "x/two/b": b"2", "x/c": b"3"})
    convert(source, target := tmp_path / "publisher", depth=2)
    assert sorted(declared(target, "IntegrationPack")) == ["x-c", "x-one", "x-two"]


def test_a_pack_that_comes_back_goes_on_with_its_numbers(tmp_path: Path) -> None:
    there = {"shop/a": b"1", "other/b": b"2"}
    gone = {"other/b": b"2"}
    source = written(tmp_path / "source", there, gone, there, {}, there)
    convert(source, target := tmp_path / "publisher")
    report = play(target, refusals=False)
    assert report.refused == 0
    assert "shop@1.2.0" in declared(target, "Release")


def test_odd_files_are_left_out_and_counted(tmp_path: Path) -> None:
    source = written(
        tmp_path / "source",
        {"a/x.yaml": b"1", "a/y.png": b"\0", "a/z.txt": b" " * (1024 * 1024 + 1)},
    )
    (source / "a/link").symlink_to("x.yaml")
    git(source, "add", "--all")
    commit = git(source, "rev-parse", "HEAD").decode().strip()
    git(source, "update-index", "--add", "--cacheinfo", f"160000,{commit},a/module")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    git(source, *who, "commit", "--quiet", "--message", "odd")
    made = convert(source, target := tmp_path / "publisher")
    assert dict(made.skipped) == {
        "binary file": 1, "huge file": 1, "symbolic link": 1, "submodule": 1,
    }  # fmt: skip
    assert declared(target, "PackagedComponent") == ["a-x-yaml@1.0.0"]
    assert play(target, refusals=False).commits == 2


def test_a_folder_with_more_files_than_a_pack_may_have_is_divided(tmp_path: Path) -> None:
    many = {f"big/{number}.txt": b"%d" % number for number in range(250)}
    source = written(tmp_path / "source", many, {**many, "big/7.txt": b"other"})
    made = convert(source, target := tmp_path / "publisher")
    assert made.packs == 5
    assert len(declared(target, "PackagedComponent")) == 251
    assert play(target, refusals=False).commits == 2


def test_names_are_valid_unique_and_the_same_again() -> None:
    paths = ["a b", "a-b", "A_B", "---", "Ünïcode/ß", "x" * 200, "x" * 201, "a\nb", "\udcff", ""]
    names = Names()
    given = [names.of(path) for path in paths]
    assert len(set(given)) == len(paths)
    assert given == [names.of(path) for path in paths]
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in given)


def test_only_the_newest_commits_are_taken_where_that_is_asked_for(tmp_path: Path) -> None:
    trees = [{"a/x": b"%d" % number, "b/y": b"same"} for number in range(6)]
    source = written(tmp_path / "source", *trees)
    made = convert(source, target := tmp_path / "publisher", most=2)
    assert (made.commits, made.packs) == (2, 2)
    assert play(target, refusals=False).commits == 2


def test_a_target_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    source = written(tmp_path / "source", {"a": b"1"})
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    with pytest.raises(GitTrouble, match="not empty"):
        convert(source, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]


def test_a_blob_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    source = written(tmp_path / "source", {"a": b"1"})
    with Blobs(source) as blobs, pytest.raises(GitTrouble, match="can't be read"):
        blobs.read("0" * 40)


def test_a_history_with_odd_dates_names_and_hashes_is_replayed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    git(source, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    trees: tuple[dict[str, bytes], ...] = (
        {"x/a.yaml": b"1", "x/empty": b"", 'Ünï code/na"me\\.txt': b"a\r\n"},
        {"x": b"a file now", 'ünï CODE/na"me\\.txt': b"a\r\n"},
        {"x/new\nline": b"deep", "x/y/z/d.json": b"{}"},
        {},
    )
    for at, tree in zip(("99999999999", "1", "1600000000", "2"), trees, strict=True):
        git(source, "rm", "-r", "--quiet", "--ignore-unmatch", "--", *git_paths(source))
        for path, content in tree.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(content)
        git(source, "add", "--all")
        tree_id = git(source, "write-tree").decode().strip()
        parent = git(source, "rev-parse", "HEAD").decode().strip() if at != "99999999999" else ""
        commit = git(
            source,
            *("hash-object", "-w", "-t", "commit", "--stdin"),
            stdin=(
                f"tree {tree_id}\n"
                + (f"parent {parent}\n" if parent else "")
                + f"author x <x@example.com> {at} +0000\n"
                + f"committer x <x@example.com> {at} +0000\n\n{at}\n"
            ).encode(),
        )
        git(source, *who, "update-ref", "refs/heads/main", commit.decode().strip())
    made = convert(source, target := tmp_path / "publisher")
    assert made.commits == 4
    assert play(target, refusals=False).commits == 4


def git_paths(folder: Path) -> list[str]:
    """What is in the index."""
    return [path for path in git(folder, "ls-files", "-z").decode().split("\0") if path] or ["none"]


def test_a_file_that_is_only_called_publisher_is_converted_like_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "source", {"publisher.yaml": b"name: a press\n", "books/a": b"1"})
    assert main(["all", str(source)]) == 0
    assert "1 commits: 2 packs" in capsys.readouterr().out
