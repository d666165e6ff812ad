"""Paths in a tree, followed without reading anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.ports import PathLookup, PathState
from reconciler.source.listing import Listing, entries_of, is_manifest_path, sort_manifests

ESCAPES = PathLookup(state=PathState.ESCAPES)
MISSING = PathLookup(state=PathState.MISSING)

LINKS = {
    "latest": "docs",
    "docs/again": "../docs/guide.md",
    "up": "..",
    "docs/out": "../../etc/passwd",
    "absolute": "/etc/passwd",
    "loop": "loop",
    "ping": "pong",
    "pong": "ping",
    "dangling": "docs/none.md",
    "round": "docs/../docs/./guide.md",
    "endless": None,
}
LISTING = Listing(
    root_id="r0",
    entries={
        "docs": "040000 tree d0",
        "docs/guide.md": "100644 blob g0",
        "vendor": "160000 commit c0",
        **{path: f"120000 blob l-{path}" for path in LINKS},
    },
    links=LINKS,
)


def found(object_id: str) -> PathLookup:
    return PathLookup(state=PathState.FOUND, object_id=object_id)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("docs/guide.md", found("g0")),
        ("./docs//guide.md", found("g0")),
        ("docs/../docs/guide.md", found("g0")),
        ("docs", found("d0")),
        ("docs/", found("d0")),
        (".", found("r0")),
        ("latest/guide.md", found("g0")),
        ("latest", found("d0")),
        ("docs/again", found("g0")),
        ("latest/again", found("g0")),
        ("round", found("g0")),
        ("docs/none.md", MISSING),
        ("docs/guide.md/x", MISSING),
        ("dangling", MISSING),
        ("loop", MISSING),
        ("ping", MISSING),
        ("none/../docs/guide.md", MISSING),
        ("..", ESCAPES),
        ("../acme/docs/guide.md", ESCAPES),
        ("none/../../docs", ESCAPES),
        ("/docs/guide.md", ESCAPES),
        ("docs\\guide.md", ESCAPES),
        ("docs\0", ESCAPES),
        ("up", ESCAPES),
        ("docs/out", ESCAPES),
        ("absolute", ESCAPES),
        ("absolute/x", ESCAPES),
        ("endless", ESCAPES),
        ("vendor", ESCAPES),
        ("vendor/x", ESCAPES),
    ],
)
def test_a_path_is_found_missing_or_leaves_the_root(path: str, answer: PathLookup) -> None:
    assert LISTING.lookup(path) == answer


PARTS = st.sampled_from(["..", ".", "", "docs", "guide.md", "latest", "up", "ping", "x"])


@given(st.lists(PARTS, max_size=12).map("/".join))
def test_no_path_whatever_is_found_outside_the_root(path: str) -> None:
    answer = LISTING.lookup(path)
    assert answer.object_id in {None, "r0", "d0", "g0"}
    assert (answer.object_id is not None) == (answer.state is PathState.FOUND)


def test_the_output_of_ls_tree_becomes_entries_by_path() -> None:
    output = b"040000 tree aa\tpacks\x00100644 blob bb\tpacks/a\tb\nc.yaml\x00"
    assert entries_of(output) == {
        "packs": "040000 tree aa",
        "packs/a\tb\nc.yaml": "100644 blob bb",
    }
    assert entries_of(b"") == {}


@pytest.mark.parametrize("path", ["a.yaml", "b/c.yml", "a..yaml", "a b/é.yaml"])
def test_yaml_files_outside_dot_folders_are_manifests(path: str) -> None:
    assert is_manifest_path(path)


@pytest.mark.parametrize(
    "path", [".github/a.yaml", "a/.b/c.yaml", ".a.yaml", "a/.yaml", "a.YAML", "a.json", "yaml"]
)
def test_other_files_are_no_manifests(path: str) -> None:
    assert not is_manifest_path(path)


def test_manifests_come_in_path_order_and_troubles_apart() -> None:
    manifests, troubles = sort_manifests(
        {
            "b.yaml": "100644 blob 1",
            "B.yaml": "100755 blob 2",
            "a/z.yml": "100644 blob 3",
            "a-b.yaml": "100644 blob 4",
            "link.yaml": "120000 blob 5",
            "sub.yaml": "160000 commit 6",
            "folder.yaml": "040000 tree 7",
            "folder.yaml/x.yaml": "100644 blob 8",
            "bad\udcff.yaml": "100644 blob 9",
        }
    )
    assert [file.path for file in manifests] == [
        "B.yaml",
        "a-b.yaml",
        "a/z.yml",
        "folder.yaml/x.yaml",
    ]
    assert [(trouble.path, trouble.rule) for trouble in troubles] == [
        ("b.yaml", "duplicate-name"),
        ("bad\\xff.yaml", "encoding"),
        ("link.yaml", "path-escape"),
        ("sub.yaml", "path-escape"),
    ]
    assert all(trouble.message and trouble.hint for trouble in troubles)
