"""The cache changes how long a reading takes, and nothing else."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifests import cache as cache_module
from reconciler.manifests.cache import Cache
from reconciler.manifests.read import read

ACCOUNT = "apiVersion: reconciler/v1\nkind: ManagedAccount\nmetadata: {{name: {}}}\n"
FILES = {
    **{f"{n}.yaml": ACCOUNT.format(f"a{n}").encode() for n in range(20)},
    "broken.yaml": b"a: b: c\n",
    "bad.yaml": ACCOUNT.format("Bad").encode() + b"spec: {status: 1.10}\n---\nkind: Relase\n",
    "latin.yaml": b"\xe9",
    "empty.yaml": b"",
    "component.yaml": b"apiVersion: reconciler/v1\nkind: PackagedComponent\n"
    b'spec: {component: a, type: process, version: "1", content: content.xml}\n',
    "content.xml": b"<a/>",
}
OTHER = [path for path in FILES if path.endswith(".yaml")]


def corrupt(content: bytes) -> bytes:
    return content[: len(content) // 2] + b"\0" + content[len(content) // 2 + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "corrupted": corrupt,
    "truncated": lambda content: content[:-3],
    "empty": lambda _: b"",
    "of another form": lambda _: zlib.compress(b"0" * 40 + b" [1,2]"),
}


def test_a_warm_cache_gives_the_same_reading_without_reading_files(
    tmp_path: Path, memory_snapshot: Any
) -> None:
    snapshot = memory_snapshot(FILES)
    expected = read(snapshot)
    assert read(snapshot, tmp_path) == expected
    warm = memory_snapshot(FILES)
    assert read(warm, tmp_path) == expected
    assert warm.files_read == []


def test_only_what_changed_is_read_again(tmp_path: Path, memory_snapshot: Any) -> None:
    read(memory_snapshot(FILES), tmp_path)
    changed = memory_snapshot({**FILES, "7.yaml": ACCOUNT.format("other").encode()})
    assert read(changed, tmp_path).declarations[17].name == "other"
    assert changed.files_read == ["7.yaml"]


def test_a_file_that_moved_is_found_under_its_new_path(
    tmp_path: Path, memory_snapshot: Any
) -> None:
    read(memory_snapshot({"a.yaml": FILES["bad.yaml"]}), tmp_path)
    moved = memory_snapshot({"b/c.yaml": FILES["bad.yaml"]})
    assert read(moved, tmp_path) == read(memory_snapshot({"b/c.yaml": FILES["bad.yaml"]}))
    assert moved.files_read == []


def test_the_content_of_a_component_is_looked_up_each_time(
    tmp_path: Path, memory_snapshot: Any
) -> None:
    read(memory_snapshot(FILES), tmp_path)
    changed = memory_snapshot({**FILES, "content.xml": b"<b/>"})
    assert read(changed, tmp_path) == read(memory_snapshot({**FILES, "content.xml": b"<b/>"}))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_cache_is_ignored_and_mended(
    damage: Callable[[bytes], bytes], tmp_path: Path, memory_snapshot: Any
) -> None:
    snapshot = memory_snapshot(FILES)
    expected = read(snapshot, tmp_path)
    for shard in tmp_path.rglob("??"):
        shard.write_bytes(damage(shard.read_bytes()))
    assert read(snapshot, tmp_path) == expected
    warm = memory_snapshot(FILES)
    assert read(warm, tmp_path) == expected
    assert warm.files_read == []


def test_a_line_of_another_form_counts_as_absent(tmp_path: Path, memory_snapshot: Any) -> None:
    snapshot = memory_snapshot(FILES)
    lines = ["", "null", "{}", "[1,2,3,4,5]", "[[[1]],[],[],[],0]", "[[],[],[],[],[]]", "{"]
    for line in lines:
        kept = Cache(tmp_path)
        for file in snapshot.manifests():
            kept.put(file.blob_id, line)
        kept.save()
        assert read(snapshot, tmp_path) == read(snapshot)


def test_a_folder_that_can_not_be_written_changes_nothing(
    tmp_path: Path, memory_snapshot: Any
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    snapshot = memory_snapshot(FILES)
    assert read(snapshot, in_the_way) == read(snapshot)
    assert in_the_way.read_text() == "no folder"


def test_a_read_only_cache_is_still_used(tmp_path: Path, memory_snapshot: Any) -> None:
    snapshot = memory_snapshot(FILES)
    expected = read(snapshot, tmp_path)
    folders = [tmp_path, *tmp_path.iterdir()]
    for folder in folders:
        folder.chmod(0o500)
    try:
        assert read(memory_snapshot(FILES), tmp_path) == expected
        read(memory_snapshot({**FILES, "7.yaml": ACCOUNT.format("x").encode()}), tmp_path)
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_a_full_shard_drops_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MAX_SHARD_BYTES", 100)
    for digit in "12":
        kept = Cache(tmp_path)
        kept.put("ab" + digit * 38, "x" * 60)
        kept.save()
    assert Cache(tmp_path).get("ab" + "1" * 38) is None
    assert Cache(tmp_path).get("ab" + "2" * 38) == b"x" * 60


def test_two_writers_leave_whole_shards_and_no_other_files(tmp_path: Path) -> None:
    one, other = Cache(tmp_path), Cache(tmp_path)
    one.put("ab" + "1" * 38, "one")
    other.put("ab" + "2" * 38, "other")
    one.save()
    other.save()
    both = Cache(tmp_path)
    assert both.get("ab" + "1" * 38) == b"one"
    assert both.get("ab" + "2" * 38) == b"other"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["ab"]


def test_an_id_that_is_none_is_never_a_path(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    for blob_id in ("", "../../../../../../../../../../../../../etc/x", "é" * 40):
        kept.put(blob_id, "x")
        assert kept.get(blob_id) is None
    kept.save()
    assert list(tmp_path.iterdir()) == []
