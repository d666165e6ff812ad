"""One value of a person's file changes, and every line that says something else stays as it is."""

import difflib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import ReconcilerError
from reconciler.manifests.edit import set_in, values_of

ODD = """\
# head
apiVersion: reconciler/v1   # a

kind: Release
--- # the second
spec:
    pack: orders
    version:    2.1.0   # aligned by hand
    components: {intake:  "2.1",
                 alerts: '2.0'}   # two lines
    # When
    schedule:   # why then
        # before the date
        date:   '2026-12-01'    # not before
    # on notes
    notes: >-
        folded
        text

    # foot
...
# behind the end
---
kind:   Other
"""
ITEMS = """\
kind: ReleaseList
items:
- # about the first
  spec:
      schedule: {date: 2026-12-01}  # x
- spec: {schedule: immediate}
# end
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that differ, with their marks."""
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in lines if line[0] in "-+"]


def test_a_scalar_changes_within_its_line() -> None:
    after = set_in(ODD, 1, None, ("spec", "schedule", "date"), "2026-12-08")
    assert changed(ODD, after) == [
        "-         date:   '2026-12-01'    # not before\n",
        "+         date:   '2026-12-08'    # not before\n",
    ]


def test_a_block_becomes_a_word_and_its_comments_stay_above() -> None:
    after = set_in(ODD, 1, None, ("spec", "schedule"), "immediate")
    assert after == ODD.replace(
        "    schedule:   # why then\n"
        "        # before the date\n"
        "        date:   '2026-12-01'    # not before\n",
        "    # before the date\n    # not before\n    schedule: immediate   # why then\n",
    )


def test_a_word_becomes_a_block_and_its_comment_stays() -> None:
    text = "spec:\r\n  schedule: immediate  # at once\r\n  notes: x\r\n"
    after = set_in(text, 0, None, ("spec", "schedule"), {"date": "2026-12-08"})
    assert after == ("spec:\r\n  schedule:  # at once\r\n    date: 2026-12-08\r\n  notes: x\r\n")


def test_a_new_field_comes_behind_the_last_and_before_the_comments_at_the_foot() -> None:
    after = set_in(ODD, 1, None, ("spec", "emergency"), True)
    assert after == ODD.replace("        text\n\n", "        text\n    emergency: true\n\n")
    assert set_in(ITEMS, 0, 0, ("spec", "emergency"), True) == ITEMS.replace(
        "# x\n", "# x\n      emergency: true\n"
    )


def test_braces_stay_braces_however_they_are_broken() -> None:
    after = set_in(ODD, 1, None, ("spec", "components", "alerts"), "3.0")
    assert after == ODD.replace("'2.0'", "'3.0'")
    after = set_in(ITEMS, 0, 1, ("spec", "emergency"), True)
    assert after == ITEMS.replace("schedule: immediate}", "schedule: immediate, emergency: true}")


def test_items_of_a_list_that_stay_keep_their_lines_and_comments() -> None:
    text = 'spec:\n    components:\n    # the first\n    - "a"   # kept\n    - b  # gone\n'
    after = set_in(text, 0, None, ("spec", "components"), ["c", "a"])
    assert after == (
        'spec:\n    # gone\n    components:\n    # the first\n    - c\n    - "a"   # kept\n'
    )


def test_a_file_without_a_line_feed_at_its_end_may_grow() -> None:
    after = set_in("spec:\n  a: 1", 0, None, ("spec", "b"), ["x"])
    assert values_of(after) == [{"spec": {"a": 1, "b": ["x"]}}]


values = st.sampled_from(
    ["x", "1.10", "it's", "# no", True, None, 7, [], {}, ["a", "c"], {"d": {"e": ["f"]}}]
)
places = st.sampled_from(
    [
        (ODD, 1, None, path)
        for path in (
            ("spec", "pack"),
            ("spec", "components"),
            ("spec", "components", "intake"),
            ("spec", "schedule"),
            ("spec", "schedule", "date"),
            ("spec", "notes"),
            ("spec", "new", "below"),
            ("new",),
        )
    ]
    + [(ITEMS, 0, item, ("spec", name)) for item in (0, 1) for name in ("schedule", "new")]
)


@settings(max_examples=200, deadline=None)
@given(places, values)
def test_whatever_is_set_no_comment_is_lost_and_other_documents_stay(
    place: tuple[str, int, int | None, Any], value: object
) -> None:
    text, document, item, path = place
    after = set_in(text, document, item, path, value)
    for comment in ("# head", "# why then", "# not before", "# behind the end", "# x", "# end"):
        assert after.count(comment) >= text.count(comment)
    if text is ODD:
        assert after.startswith(ODD[: ODD.index("spec:")])
        assert after.endswith(ODD[ODD.index("...") :])


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("%YAML 1.2\n---\na:\n  b: 1  # c\n", ("a",)),
        ("a: &x 1\nb: *x\n", ("a",)),
        ("a: &x {c: 1}\nb: *x\n", ("b", "c")),
    ],
)
def test_what_would_lose_or_change_more_is_left_to_a_person(text: str, path: Any) -> None:
    with pytest.raises(ReconcilerError) as caught:
        set_in(text, 0, None, path, "x")
    assert "by hand" in (caught.value.hint or "")
