"""A snapshot becomes declarations in order, and what can't be one is remembered as broken."""

from typing import Any

import pytest

from reconciler.manifests.read import read
from reconciler.model.declarations import Kind, Origin, PackagedComponent
from reconciler.model.findings import Severity
from reconciler.ports import PathTrouble

HEAD = "apiVersion: reconciler/v1\nkind: {}\n"
ACCOUNT = HEAD.format("ManagedAccount") + "metadata: {{name: {}}}\n"
COMPONENT = (
    HEAD.format("PackagedComponent")
    + 'spec: {component: a, type: process, version: "1", content: content/a.xml}\n'
)


def test_declarations_come_in_the_order_of_paths_and_documents(memory_snapshot: Any) -> None:
    snapshot = memory_snapshot(
        {
            "b.yaml": (ACCOUNT.format("b1") + "---\n---\n" + ACCOUNT.format("b2")).encode(),
            "a/z.yml": ACCOUNT.format("z").encode(),
            "a/list.yaml": HEAD.format("ManagedAccountList").encode()
            + b"items: [{metadata: {name: x}}, {metadata: {name: y}}]\n",
            "notes.txt": b"no manifest",
        }
    )
    reading = read(snapshot)
    assert [declaration.name for declaration in reading.declarations] == ["x", "y", "z", "b1", "b2"]
    assert [declaration.origin for declaration in reading.declarations] == [
        Origin(path="a/list.yaml", document=0, item=0),
        Origin(path="a/list.yaml", document=0, item=1),
        Origin(path="a/z.yml", document=0),
        Origin(path="b.yaml", document=0),
        Origin(path="b.yaml", document=2),
    ]
    assert (reading.documents, reading.files) == (5, 3)
    assert reading.problems == ()
    assert reading.findings == ()
    assert reading.broken == frozenset()


def test_moving_and_reformatting_a_document_changes_nothing_in_its_declaration(
    memory_snapshot: Any,
) -> None:
    block = ACCOUNT.format("acme") + "spec:\n  status: active\n  displayName: Acme\n"
    flow = (
        "{spec: {displayName: 'Acme', status: active}, metadata: {name: acme}, "
        "kind: ManagedAccount, apiVersion: reconciler/v1}"
    )
    (before,) = read(memory_snapshot({"a.yaml": block.encode()})).declarations
    (after,) = read(memory_snapshot({"b/c.yaml": flow.encode()})).declarations
    assert before == after
    assert before.body == after.body


def test_content_is_known_by_its_object_id_and_nothing_is_known_of_missing_content(
    memory_snapshot: Any,
) -> None:
    def content_id(files: dict[str, bytes]) -> str | None:
        (declaration,) = read(memory_snapshot({"c.yaml": COMPONENT.encode(), **files})).declarations
        assert isinstance(declaration.spec, PackagedComponent)
        return declaration.spec.content_id

    assert content_id({}) is None
    first, second = content_id({"content/a.xml": b"<a/>"}), content_id({"content/a.xml": b"<b/>"})
    assert first is not None
    assert second is not None
    assert first != second


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (HEAD.format("Release") + "spec: {pack: p, version: 1.0.0}", ("Release", "p@1.0.0")),
        (HEAD.format("Release") + "spec: {pack: p, version: 1.10}", ("Release", None)),
        (HEAD.format("Attachment") + "spec: {account: a, pack: p, x: 1}", ("Attachment", "a/p")),
        (
            HEAD.format("Attachment") + "spec: {account: a, pack: p, instance: i, x: 1}",
            ("Attachment", "a/p/i"),
        ),
        (
            HEAD.format("PublishedProcess") + "spec: {component: c, revision: 3}",
            ("PublishedProcess", "c@3"),
        ),
        (HEAD.format("ProcessTemplate") + "spec: {component: c}", ("ProcessTemplate", "c")),
        (HEAD.format("IntegrationPack") + "metadata: {name: p}", ("IntegrationPack", "p")),
        (HEAD.format("IntegrationPack") + "metadata: p", ("IntegrationPack", None)),
        (
            HEAD.format("IntegrationPack") + "metadata: {name: p}\nx: a: b",
            ("IntegrationPack", None),
        ),
        (HEAD.format("PublisherList") + "items: 3", ("Publisher", None)),
    ],
)
def test_a_document_that_can_not_be_used_is_broken_under_what_can_be_told(
    text: str, broken: tuple[str, str | None], memory_snapshot: Any
) -> None:
    reading = read(memory_snapshot({"a.yaml": text.encode()}))
    assert reading.broken == {broken}
    assert reading.declarations == ()


@pytest.mark.parametrize(
    "content", [b"\xff", b"version https://git-lfs.github.com/spec/v1\n", b"a: 1"]
)
def test_a_file_that_tells_nothing_may_have_held_anything(
    content: bytes, memory_snapshot: Any
) -> None:
    reading = read(memory_snapshot({"a.yaml": content}))
    assert reading.broken == {(str(kind), None) for kind in Kind}


def test_troubles_of_the_snapshot_become_findings(memory_snapshot: Any) -> None:
    trouble = PathTrouble(path="link.yaml", rule="path-escape", message="a link.", hint="no link.")
    reading = read(memory_snapshot({"a.yaml": ACCOUNT.format("a").encode()}, (trouble,)))
    (finding,) = reading.findings
    assert (finding.path, finding.line, finding.column) == ("link.yaml", 1, 1)
    assert (finding.rule, finding.severity) == ("path-escape", Severity.ERROR)
    assert ("Release", None) in reading.broken


def test_a_trouble_with_a_file_that_is_read_breaks_nothing(memory_snapshot: Any) -> None:
    trouble = PathTrouble(path="a.yaml", rule="path-escape", message="differs by case from A.yaml.")
    reading = read(memory_snapshot({"a.yaml": ACCOUNT.format("a").encode()}, (trouble,)))
    assert len(reading.findings) == 1
    assert reading.broken == frozenset()


def test_an_empty_snapshot_declares_nothing(memory_snapshot: Any) -> None:
    reading = read(memory_snapshot({}))
    assert (reading.declarations, reading.documents, reading.files) == ((), 0, 0)


def test_only_some_files_can_be_read(memory_snapshot: Any) -> None:
    snapshot = memory_snapshot({f"{n}.yaml": ACCOUNT.format(f"a{n}").encode() for n in range(5)})
    reading = read(snapshot, files=snapshot.manifests()[2:4])
    assert [declaration.name for declaration in reading.declarations] == ["a2", "a3"]
    assert snapshot.files_read == ["2.yaml", "3.yaml"]


def test_progress_ends_with_all_files(memory_snapshot: Any) -> None:
    told: list[tuple[int, int]] = []
    snapshot = memory_snapshot(
        {f"{n}.yaml": ACCOUNT.format(f"a{n}").encode() for n in range(1_200)}
    )
    read(snapshot, progress=lambda done, total: told.append((done, total)))
    assert told == [(500, 1_200), (1_000, 1_200), (1_200, 1_200)]
