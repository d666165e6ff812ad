"""One document, or one item of a List, taken out of a file, with all else left as it was."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ReconcilerError
from reconciler.manifests.edit import render, values_of
from reconciler.manifests.removal import without

DOCUMENTS = """\
# who keeps these: the orders team

---
# the first
kind: A
---
kind: B   # the pending one
notes: |
  text
  # no comment
# before the third
---
kind: C
"""

LIST = """\
apiVersion: reconciler/v1
kind: ReleaseList
items:
  # what is current
  - spec: {pack: orders, version: 1.0.0}  # a

  # the pending one,
  # for December
  - spec:
      pack: orders
      version: 1.1.0
      notes: |
        text

        # text, too

  # another pack
  -
    spec: {pack: stock, version: 1.0.0}
# the end
"""


def test_a_file_with_one_document_goes_whole() -> None:
    assert without("# mine\nkind: A\n", 0, None) is None
    assert without("---\nkind: A\n---\n", 0, None) is None
    assert without("kind: AList\nitems:\n  - a: 1\n", 0, 0) is None


def test_a_document_goes_and_the_comments_around_it_stay() -> None:
    head, first, _, third = DOCUMENTS.split("---\n")
    assert without(DOCUMENTS, 1, None) == f"{head}---\n{first}# before the third\n---\n{third}"
    assert without(DOCUMENTS, 2, None) == "---\n".join(DOCUMENTS.split("---\n")[:3])
    found = without(DOCUMENTS, 0, None)
    assert found is not None
    assert found.startswith("# who keeps these: the orders team\n\n---\nkind: B   # the")


def test_the_first_document_leaves_the_head_of_its_file() -> None:
    text = "# head\n\nkind: A\n---\nkind: B\n"
    assert without(text, 0, None) == "# head\n\n---\nkind: B\n"


def test_an_item_of_a_list_goes_with_the_comment_above_it() -> None:
    middle = LIST[LIST.index("  # the pending") : LIST.index("  # another")]
    assert without(LIST, 0, 1) == LIST.replace(middle, "")


def test_the_first_and_the_last_item_leave_the_comments_that_may_be_others() -> None:
    first = without(LIST, 0, 0)
    assert first is not None
    assert "items:\n  # what is current\n\n  # the pending one,\n" in first
    last = without(LIST, 0, 2)
    assert last is not None
    assert last.endswith("        # text, too\n\n# the end\n")


def test_items_that_are_not_indented_and_what_follows_them() -> None:
    text = "items:\n- a: 1\n- a: 2\n- a: 3\nkind: L\n---\nkind: B\n"
    assert without(text, 0, 2) == "items:\n- a: 1\n- a: 2\nkind: L\n---\nkind: B\n"


@pytest.mark.parametrize(
    "text",
    [
        "items: [{a: 1}, {a: 2}]\n",
        "items:\n  - &x {a: 1}\n  - *x\n",
        "items:\n  - {a: 1}\n  - {a: 2\n",
        "a: &x 1\n...\nitems:\n  - {a: 1}\n",
    ],
)
def test_what_can_not_be_done_safely_is_refused(text: str) -> None:
    with pytest.raises(ReconcilerError) as refused:
        without(text, 0, 0)
    assert refused.value.hint


def test_line_ends_and_the_mark_at_the_head_stay() -> None:
    text = "\ufeffkind: A\r\n---\r\nkind: B\r\n---\r\nkind: C\r\n"
    assert without(text, 1, None) == "\ufeffkind: A\r\n---\r\nkind: C\r\n"


@given(st.lists(st.text(max_size=20), min_size=2, max_size=5), st.integers(0, 4), st.booleans())
def test_whatever_is_taken_out_the_others_are_as_before(
    notes: list[str], number: int, as_list: bool
) -> None:
    texts = [note for note in notes if note.isprintable()]
    if len(texts) < 2:
        return
    number %= len(texts)
    kept = texts[:number] + texts[number + 1 :]
    if as_list:
        text = yaml.safe_dump({"kind": "L", "items": [{"n": note} for note in texts]})
        found = without(text, 0, number)
        assert found is not None
        [value] = values_of(found) or []
        assert [item["n"] for item in value["items"]] == kept
    else:
        text = "---\n".join(render("A", None, {"n": note}) for note in texts)
        found = without(text, number, None)
        assert found is not None
        assert [value["spec"]["n"] for value in values_of(found) or []] == kept
