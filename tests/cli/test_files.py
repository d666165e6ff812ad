"""Files are written all or none, and a new one takes no other's place."""

from pathlib import Path

import pytest

from reconciler.cli.files import write_all
from reconciler.errors import ReconcilerError


def test_a_new_file_that_came_in_between_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases/1.yaml").write_bytes(b"somebody else's")
    edits = {"old": b"changed", "packs/p.yaml": b"new", "releases/1.yaml": b"mine"}
    with pytest.raises(ReconcilerError, match="exists already"):
        write_all(tmp_path, edits, new={"packs/p.yaml", "releases/1.yaml"})
    assert (tmp_path / "old").read_bytes() == b"old"
    assert (tmp_path / "releases/1.yaml").read_bytes() == b"somebody else's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "releases"]
    write_all(tmp_path, edits, new={"packs/p.yaml"})
    assert (tmp_path / "releases/1.yaml").read_bytes() == b"mine"
