"""What a server may say, and what is never laid out."""

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.agent.git_ids import content_id, file_ids
from reconciler.agent.wanted import files, wanted
from reconciler.errors import ReconcilerError

CONTENT = "a" * 40
COMPONENT = {
    "component": "sync", "version": "1", "type": "process", "content": CONTENT, "file": "sync",
}  # fmt: skip
ATTACHMENT: dict[str, Any] = {
    "pack": "orders", "instance": None, "release": "1.0.0", "digest": "d" * 64,
    "environments": [], "extensions": {}, "components": [COMPONENT],
}  # fmt: skip
BUNDLE: dict[str, Any] = {"account": "acme", "attachments": [ATTACHMENT], "digest": "e" * 64}
FILE = {"path": "main.xml", "mode": "100644", "size": 1, "sha256": "f" * 64}
# No system may take it for a way out, a drive, a stream, or something that nobody sees.
BAD_PATHS = [
    "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "./a", "a\\b", "C:x", "a\x00b", "a\nb",
    "x:stream", "a/" * 600 + "b", "b" * 256, "\x1b[2J", "\u202ex", "\ud800",
]  # fmt: skip


def _with(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The bundle with something else in one place."""
    changed = copy.deepcopy(BUNDLE)
    inner: Any = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def test_a_bundle_is_understood() -> None:
    found = wanted(BUNDLE)
    assert found.attachments[0].contents[0].place == "orders/sync/sync"
    named = wanted(_with(("attachments", 0, "instance"), "eu"))
    assert named.attachments[0].contents[0].place == "orders@eu/sync/sync"


@pytest.mark.parametrize("text", [*BAD_PATHS, "", None, 1, ["x"]])
@pytest.mark.parametrize("name", ["component", "file"])
def test_names_that_leave_their_folder_are_refused(name: str, text: Any) -> None:
    with pytest.raises(ReconcilerError, match="can't be laid out"):
        wanted(_with(("attachments", 0, "components", 0, name), text))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("digest",), "../x"),
        (("digest",), "e" * 64 + "\n"),
        (("attachments", 0, "pack"), "../x"),
        (("attachments", 0, "instance"), "a/b"),
        (("attachments", 0, "release"), "1/2"),
        (("attachments", 0, "components", 0, "content"), "HEAD"),
        (("attachments",), [ATTACHMENT, ATTACHMENT]),
        (("attachments", 0, "components"), [COMPONENT, {**COMPONENT, "component": "SYNC"}]),
    ],
)
def test_a_bundle_that_is_not_well_formed_is_refused(path: Any, value: Any) -> None:
    with pytest.raises(ReconcilerError, match="can't be laid out"):
        wanted(_with(path, value))


@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_of_files_that_leave_their_folder_are_refused(path: str) -> None:
    with pytest.raises(ReconcilerError, match="can't be laid out"):
        files({"content": CONTENT, "files": [{**FILE, "path": path}]}, CONTENT)


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [FILE, FILE],
        [FILE, {**FILE, "path": "MAIN.xml"}],
        [{**FILE, "path": "a"}, {**FILE, "path": "a/b"}],
        [{**FILE, "path": ""}, FILE],
        [{**FILE, "mode": "120000"}],
        [{**FILE, "size": -1}],
        [{**FILE, "size": True}],
        [{**FILE, "size": 1.5}],
        [{**FILE, "sha256": "f" * 63}],
    ],
)
def test_files_that_stand_in_each_others_way_are_refused(listed: Any) -> None:
    with pytest.raises(ReconcilerError, match="can't be laid out"):
        files({"content": CONTENT, "files": listed}, CONTENT)


def test_the_files_of_another_content_are_refused() -> None:
    with pytest.raises(ReconcilerError):
        files({"content": "b" * 40, "files": [FILE]}, CONTENT)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from([*BUNDLE, *ATTACHMENT, *COMPONENT, "files"]), inner)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_json_is_understood_or_refused(data: Any) -> None:
    for read in (wanted, lambda found: files(found, CONTENT)):
        try:
            read(data)
        except ReconcilerError:
            continue


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_ids_are_those_that_git_gives(tmp_path: Path, kind: str) -> None:
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@a.example")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    git("init", "--quiet", f"--object-format={kind}")
    paths = ("a/b/c", "a.b", "a/d", "a-b", "à", "run")
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(path.encode() * 1_000)
    (tmp_path / "run").chmod(0o755)
    git("add", "--all")
    git("commit", "--quiet", "--message", "all")
    tree = git("rev-parse", "HEAD^{tree}")
    found = [
        (path, "100755" if path == "run" else "100644", file_ids(tmp_path / path, tree).blob)
        for path in paths
    ]
    assert content_id(found, tree) == tree
    assert content_id([(p, "100644", blob) for p, _, blob in found], tree) != tree
    blob = git("rev-parse", "HEAD:run")
    assert content_id([("", "100644", found[-1][2])], blob) == blob
