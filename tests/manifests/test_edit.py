"""Manifests that the program writes are read back as they were meant, comments and all."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ReconcilerError
from reconciler.manifests.documents import read_file
from reconciler.manifests.edit import render, set_in
from reconciler.manifests.stream import documents

RELEASE = {
    "pack": "orders",
    "version": "1.10.0",
    "components": {"a": "1.10", "b": "0o17", "c": "1e3", "d": "no", "e": "2.1 final"},
    "schedule": {"date": "2026-12-01"},
    "notes": "first: line\nsecond line\n",
    "emergency": True,
}

TEXT = """\
# yaml-language-server: $schema=release.schema.json
apiVersion: reconciler/v1   # always
kind: Release
spec:
  pack: orders
  # why this one
  version: 1.4.0  # see below
  components:
  - a   # first
  - "b"

  notes: >
    folded
    text
---
kind:   X
spec: {a: 1.10,   b: 'x'}   # untouched
"""


def values(text: str) -> list[Any]:
    found = list(documents(text.encode()))
    assert not any(document.troubles for document in found)
    return [document.value for document in found]


def test_a_rendered_manifest_is_tidy_and_quotes_what_would_be_no_text() -> None:
    assert render("Release", None, RELEASE, schema_url="release.schema.json") == (
        "# yaml-language-server: $schema=release.schema.json\n"
        "apiVersion: reconciler/v1\n"
        "kind: Release\n"
        "spec:\n"
        "  pack: orders\n"
        "  version: 1.10.0\n"
        "  components:\n"
        '    a: "1.10"\n'
        '    b: "0o17"\n'
        '    c: "1e3"\n'
        '    d: "no"\n'
        "    e: 2.1 final\n"
        "  schedule:\n"
        "    date: 2026-12-01\n"
        "  notes: |\n"
        "    first: line\n"
        "    second line\n"
        "  emergency: true\n"
    )


def test_a_rendered_manifest_passes_its_schema() -> None:
    reading = read_file(render("Release", {"labels": {"a": "on"}}, RELEASE).encode())
    assert reading.remarks == []
    assert reading.troubles == []
    assert reading.usable[0].spec == RELEASE


def test_what_a_manifest_can_not_hold_is_refused() -> None:
    with pytest.raises(ReconcilerError):
        render("Release", None, {"notes": "a\x1bb"})


plain_values = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    | st.sampled_from(
        ["no", "1.10", "014", "~", "", "- a", "a: b", "# x", "<<", "=", "a\nb", " a\n"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b c", "1", "no", "<<"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b"]), plain_values))
def test_whatever_is_rendered_is_read_back(spec: dict[str, Any]) -> None:
    (value,) = values(render("Release", None, spec))
    assert value["spec"] == spec


def test_a_change_keeps_comments_order_and_other_documents() -> None:
    assert set_in(TEXT, 0, None, ("spec", "version"), "1.5.0") == TEXT.replace(
        "version: 1.4.0  # see below", "version: 1.5.0  # see below"
    )


def test_a_version_that_looks_like_a_number_is_quoted() -> None:
    assert '"1.10"' in set_in(TEXT, 0, None, ("spec", "version"), "1.10")


def test_the_other_document_can_be_changed_too() -> None:
    after = set_in(TEXT, 1, None, ("spec", "c", "d"), ["e"])
    assert after.startswith(TEXT[: TEXT.index("---")])
    assert values(after)[1]["spec"] == {"a": 1.1, "b": "x", "c": {"d": ["e"]}}
    assert "a: 1.10" in after


def test_an_item_of_a_list_is_changed_and_one_past_the_end_is_added() -> None:
    text = "kind: XList\nitems:\n  # one\n  - spec: {a: 1}\n  - spec:\n      b: [x]\n"
    after = set_in(text, 0, 1, ("spec", "b", 1), "y")
    assert values(after)[0]["items"][1] == {"spec": {"b": ["x", "y"]}}
    assert "# one" in after


def test_a_text_in_the_form_of_fmt_stays_in_it() -> None:
    long = "many words in a row " * 9
    spec = {"displayName": "Orders", "description": long.strip(), "components": ["a"]}
    text = render("IntegrationPack", {"name": "orders"}, spec)
    after = set_in(text, 0, None, ("spec", "components"), ["b", "1.10"])
    assert after == render(
        "IntegrationPack", {"name": "orders"}, {**spec, "components": ["b", "1.10"]}
    )


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    text = "\ufeffkind: X\r\nspec:\r\n  a: b # c\r\n"
    assert set_in(text, 0, None, ("spec", "a"), "z") == "\ufeffkind: X\r\nspec:\r\n  a: z # c\r\n"


@pytest.mark.parametrize(
    ("text", "document", "path"),
    [
        ("a: b: c", 0, ("a",)),
        ("a: 1", 3, ("a",)),
        ("a: 1", 0, ()),
        ("a: 1", 0, ("a", "b")),
        ("a: [1]", 0, ("a", 5)),
        ("a: [1]", 0, ("a", "b")),
        ("a: &x {b: 1}\nc: *x\n", 0, ("c", "b")),
        ("a: {}\na: {}\n", 0, ("a",)),
    ],
)
def test_what_can_not_be_edited_is_refused_in_words(
    text: str, document: int, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(ReconcilerError) as caught:
        set_in(text, document, None, path, "x")
    assert caught.value.hint


@settings(max_examples=200, deadline=None)
@given(plain_values)
def test_any_value_that_is_set_is_read_back(value: object) -> None:
    try:
        after = set_in(TEXT, 0, None, ("spec", "notes"), value)
    except ReconcilerError:
        return
    assert values(after)[0]["spec"]["notes"] == value
    assert after.endswith(TEXT[TEXT.index("---") :])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-12-01", "2026-12-08"),
        ('"2026-12-01"', '"2026-12-08"'),
        ("'2026-12-01'", "'2026-12-08'"),
    ],
)
def test_a_date_is_written_with_the_quotation_marks_that_were_there(
    before: str, after: str
) -> None:
    text = f"spec:\n  schedule: {{date: {before}}}  # see there\n"
    found = set_in(text, 0, None, ("spec", "schedule", "date"), "2026-12-08")
    assert found == text.replace(before, after)


def test_a_date_within_another_value_is_written_bare() -> None:
    found = set_in(
        "spec:\n  schedule: immediate\n", 0, None, ("spec", "schedule"), {"date": "2026-12-08"}
    )
    assert found == "spec:\n  schedule:\n    date: 2026-12-08\n"
