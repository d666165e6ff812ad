"""A problem's pointer becomes the line and column that an editor shows."""

from typing import Any

import pytest

from reconciler.manifests.locate import located
from reconciler.model.declarations import Origin
from reconciler.model.findings import Problem, Severity

TEXT = """\
# a comment
apiVersion: reconciler/v1
kind: Release
spec:
  pack: orders
  components:
    a: "1.0"
    'b': &x 2.0
  removes: [x, yy]
  empty:
  schedule: {date: 2026-12-01}
  list:
  - name: one
    of: *x
---
---
apiVersion: reconciler/v1
items:
  - spec: {pack: p}
  - metadata:
      name: second
"""


def place(
    memory_snapshot: Any, document: int, item: int | None, *pointer: str | int
) -> tuple[int, int]:
    origin = Origin(path="a.yaml", document=document, item=item)
    problem = Problem(rule="r", origin=origin, pointer=pointer, message="m")
    (finding,) = located(memory_snapshot({"a.yaml": TEXT.encode()}), [problem])
    return finding.line, finding.column


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ((), (2, 1)),
        (("kind",), (3, 7)),
        (("spec",), (4, 1)),
        (("spec", "components"), (6, 3)),
        (("spec", "components", "a"), (7, 8)),
        (("spec", "components", "b"), (8, 10)),
        (("spec", "removes"), (9, 3)),
        (("spec", "removes", 1), (9, 16)),
        (("spec", "empty"), (10, 3)),
        (("spec", "schedule", "date"), (11, 20)),
        (("spec", "list", 0), (13, 5)),
        (("spec", "list", 0, "of"), (14, 5)),
        (("spec", "list", 0, "of", "deeper"), (14, 5)),
        (("spec", "missing", "deeper"), (4, 1)),
        (("spec", "removes", 7), (9, 3)),
        (("spec", "pack", "deeper"), (5, 9)),
        ((0,), (2, 1)),
    ],
)
def test_a_pointer_leads_to_its_value_or_to_the_nearest_thing_around_it(
    pointer: tuple[str | int, ...], expected: tuple[int, int], memory_snapshot: Any
) -> None:
    assert place(memory_snapshot, 0, None, *pointer) == expected


def test_a_pointer_starts_at_the_item_of_a_list(memory_snapshot: Any) -> None:
    assert place(memory_snapshot, 2, 0) == (19, 5)
    assert place(memory_snapshot, 2, 0, "spec", "pack") == (19, 18)
    assert place(memory_snapshot, 2, 1, "metadata", "name") == (21, 13)
    assert place(memory_snapshot, 2, 5, "metadata") == (18, 1)


def test_an_empty_or_absent_document_is_located_at_the_start(memory_snapshot: Any) -> None:
    assert place(memory_snapshot, 9, None, "spec") == (1, 1)


def test_lines_after_a_document_that_can_not_be_read_are_right(memory_snapshot: Any) -> None:
    text = "\ufeffa: b: c\n---\n\nkind: Release\n---\r\nx: [\n---\nkind: y\n"
    problems = [
        Problem(
            rule="r", origin=Origin(path="a.yaml", document=index), pointer=("kind",), message="m"
        )
        for index in (1, 3)
    ]
    found = located(memory_snapshot({"a.yaml": text.encode()}), problems)
    assert [(finding.line, finding.column) for finding in found] == [(4, 7), (8, 7)]


def test_a_problem_of_the_whole_repository_lies_in_the_publisher_file(memory_snapshot: Any) -> None:
    (finding,) = located(memory_snapshot({}), [Problem(rule="r", origin=None, message="m")])
    assert (finding.path, finding.line, finding.column) == ("publisher.yaml", 1, 1)


def test_findings_keep_order_words_and_severity(memory_snapshot: Any) -> None:
    problems = [
        Problem(
            rule=f"r{index}",
            origin=Origin(path=path, document=0),
            message=f"m{index}",
            hint="h",
            severity=severity,
        )
        for index, (path, severity) in enumerate(
            [("b.yaml", Severity.INFO), ("gone.yaml", None), ("a.yaml", Severity.WARNING)]
        )
    ]
    snapshot = memory_snapshot({"a.yaml": b"a: 1", "b.yaml": b"b: 1", "c.yaml": b"c: 1"})
    found = located(snapshot, problems)
    assert [finding.path for finding in found] == ["b.yaml", "gone.yaml", "a.yaml"]
    assert [finding.severity for finding in found] == ["info", "error", "warning"]
    assert (found[0].rule, found[0].message, found[0].hint) == ("r0", "m0", "h")
    assert snapshot.files_read == ["a.yaml", "b.yaml"]
