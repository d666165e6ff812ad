"""Whatever people write: one form, which says the same, keeps every comment, and stays."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cli.starter import Ci, files
from reconciler.manifests.edit import render, render_list
from reconciler.manifests.format import formatted, verdict
from reconciler.manifests.parts import LeftAsItIs
from reconciler.manifests.stream import documents

TOP = Path(__file__).parents[2]
HEAD = "apiVersion: reconciler/v1\nkind: Attachment\n"


def form(text: str) -> str:
    return formatted(text.encode()).decode()


def test_fields_come_in_the_order_of_their_schema_and_take_their_comments_along() -> None:
    assert form(
        "# License\n\n"
        "kind: Release   # what it is\n"
        "apiVersion:    reconciler/v1\n"
        "spec:\n"
        "    notes: 'A: b'\n"
        "    # foot of nothing\n"
        "    schedule: {date:   2026-12-01}  # Tuesday\n"
        "\n\n"
        "    # both are needed\n"
        "    components:\n"
        "        b: '1.10'\n"
        '        a: "2.1.0"\n'
        "        # more to come\n"
        "    version: 1.4.0\n"
        "    pack:   orders\n"
        "# the end\n\n"
    ) == (
        "# License\n\n"
        "apiVersion: reconciler/v1\n"
        "kind: Release  # what it is\n"
        "spec:\n"
        "  pack: orders\n"
        "  version: 1.4.0\n"
        "\n"
        "  # both are needed\n"
        "  components:\n"
        '    b: "1.10"\n'
        "    a: 2.1.0\n"
        "    # more to come\n"
        "  # foot of nothing\n"
        "  schedule: {date: 2026-12-01}  # Tuesday\n"
        '  notes: "A: b"\n'
        "# the end\n"
    )


def test_lists_stand_below_their_key_and_items_keep_what_is_said_about_them() -> None:
    assert form(
        HEAD + "spec:\n  account: acme\n  pack: orders\n  environments:\n"
        "  - a   # first\n\n  # the second\n  -   'b'\n  # no third\n"
    ) == (
        HEAD + "spec:\n  account: acme\n  pack: orders\n  environments:\n"
        "    - a  # first\n\n    # the second\n    - b\n    # no third\n"
    )


def test_items_of_a_list_are_documents_with_fields_in_order() -> None:
    assert form(
        "kind: AttachmentList\napiVersion: reconciler/v1\nitems:\n"
        "- spec: {pack: a, account: b}\n- # second\n  spec:\n    pack: c\n    account: d # who\n"
        "  metadata: {name: x}\n"
    ) == (
        "apiVersion: reconciler/v1\nkind: AttachmentList\nitems:\n"
        "  - spec: {account: b, pack: a}\n  # second\n  - metadata: {name: x}\n    spec:\n"
        "      account: d  # who\n      pack: c\n"
    )


def test_texts_of_several_lines_stay_as_they_were_broken() -> None:
    notes = "  notes: >+\n    folded\n      more\n\n    end\n\n"
    text = "apiVersion: reconciler/v1\nkind: Release\nspec:\n" + notes
    assert form(text) == text
    assert form(text.replace("    ", "         ").replace("  notes", "   notes")) != ""
    assert "|2-\n     x" in form(HEAD + "spec:\n   a: |2-\n      x\n")


def test_a_collection_on_one_line_stays_while_it_fits_and_has_no_comment() -> None:
    short = HEAD + "spec: {account: a, pack: b, environments: [x, y], adopt: 1.0.0}\n"
    assert form(short) == short
    assert "environments:\n    - x  # one\n    - y\n" in form(
        HEAD + "spec: {account: a, environments: [x, # one\n y]}\n"
    )
    long = ", ".join(f"environment-{number}" for number in range(9))
    assert form(f"{HEAD}spec:\n  environments: [{long}]\n").count("\n    - ") == 9


def test_long_texts_are_broken_between_words() -> None:
    words = " ".join(["word"] * 60)
    after = form(f"{HEAD}spec:\n  notes: {words}\n")
    assert max(map(len, after.splitlines())) <= 100
    assert form(f'{HEAD}spec:\n  notes: "{words}"\n') == after


def test_line_ends_marks_and_separators_are_of_one_kind() -> None:
    text = f"\ufeff---\r\n{HEAD}...\r\n# next\r\n---\r\n{HEAD}---\r\n".replace("\n", "\r\n")
    assert form(text.replace("\r\r", "\r")) == f"{HEAD}# next\n---\n{HEAD}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: b: c", "can't be read"),
        (HEAD + "x:  {}\nx: {}\n", "can't be read"),
        ("a:   1\n", "holds something that is no manifest of reconciler/v1"),
        ("- a\n", "holds something that is no manifest"),
        ("%YAML 1.2\n---\n" + HEAD, "has directives"),
        (HEAD + "? [a]\n: b\n", "has a key that is no plain text"),
        (HEAD + "x: 'a\u2028b'\n", "has line breaks that only some programs know"),
        ("kind: &k Release\napiVersion: reconciler/v1\nspec: *k\n", None),
        (HEAD + "spec: {pack: &k a, account: *k}\n", "would not say the same"),
    ],
)
def test_what_can_not_be_brought_into_form_is_left_with_a_reason(
    text: str, why: str | None
) -> None:
    if why is None:
        assert form(text).startswith("apiVersion")
        return
    with pytest.raises(LeftAsItIs) as caught:
        form(text)
    assert str(caught.value) == why


def test_aliases_and_anchors_stay() -> None:
    text = HEAD + "spec:\n  extensions:\n    a: &a {x: 1}\n    b: *a\n    c: &c\n      y: *a\n"
    assert form(text) == text


def test_files_of_the_example_and_of_init_have_the_form() -> None:
    paths = [*TOP.glob("example-repo/**/*.yaml"), *TOP.glob("example-repo/**/*.yml")]
    assert paths
    assert [path for path in paths if verdict(path.read_bytes()) is not None] == []
    started = {
        path: text
        for path, text in files("UTC", Ci.NONE, "a==1").items()
        if path.endswith(".yaml") and not path.startswith(".")
    }
    assert [path for path, text in started.items() if verdict(text.encode()) is not None] == []


def test_all_manifests_of_the_tests_say_the_same_afterwards() -> None:
    seen = 0
    for path in sorted((TOP / "tests/manifests").rglob("*.y*ml")):
        content = path.read_bytes()
        after = verdict(content)
        if isinstance(after, str):
            assert after.startswith(("can't be read", "has ", "holds something")), path
            continue
        seen += 1
        assert after is None or formatted(after) == after, path
    assert seen > 500


names = st.sampled_from(["account", "pack", "extensions", "zeta", "no", "1.10", "a b", "#x", "é"])
awkward = "plain no 1.10 ~ - ' \" \\ # é 2026-12-01 a:b a#b".split()
spaced = ["", "- a", "a: b", "# x", "a #b", " a", "a ", "several words in a row " * 8]
broken = ["two\nlines\n", "two\nlines\n\n", " lead\nline", "a\n\n b"]
texts = st.sampled_from([*awkward, *spaced, *broken]) | st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn", "Zl", "Zp"]), max_size=12
)
trees = st.recursive(
    texts | st.booleans() | st.none() | st.integers(-99, 99) | st.just(1.5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


class Untidy:
    """Writes values as no two people would: any style, any indentation, comments anywhere."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.comments = 0

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def gap(self, indent: int) -> str:
        """Comments and blank lines between two entries: c and b."""
        lines: str = self.one_of("", "", "", "", "c", "b", "bc", "cb", "cbc", "bb")
        where = " " * self.one_of(indent, indent, 0, indent + 2)
        return "".join("\n" if kind == "b" else f"{where}{self.comment()}\n" for kind in lines)

    def comment(self) -> str:
        self.comments += 1
        return f"#{self.one_of('', ' ', '  ')}c{self.comments}: 'x' # y"

    def end(self) -> str:
        return f" {self.comment()}" if self.one_of(True, False, False) else ""

    def scalar(self, value: Any) -> str:
        if value is None:
            return str(self.one_of("null", "~"))
        return (
            str(self.one_of("true", "True"))
            if value is True
            else json.dumps(value, ensure_ascii=False)
        )

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            inner = [
                f"{json.dumps(key, ensure_ascii=False)}: {self.flow(item)}"
                for key, item in value.items()
            ]
            return "{" + str(self.one_of(", ", " ,  ")).join(inner) + "}"
        if isinstance(value, list):
            return "[" + ",".join(self.flow(item) for item in value) + "]"
        return self.scalar(value)

    def entries(self, value: Any, indent: int) -> str:
        out = ""
        for key, item in value.items() if isinstance(value, dict) else [(None, v) for v in value]:
            start = "-" if key is None else f"{json.dumps(key, ensure_ascii=False)}:"
            out += self.gap(indent) + " " * indent + start + self.value(item, indent, key is None)
        return out + (self.gap(indent) if self.one_of(True, False) else "")

    def value(self, item: Any, indent: int, in_list: bool) -> str:
        if isinstance(item, dict | list) and item and self.one_of(True, True, False):
            least = 0 if isinstance(item, list) and not in_list else 1
            return f"{self.end()}\n" + self.entries(item, indent + least + self.one_of(0, 1, 3))
        literal = isinstance(item, str) and "\n" in item and item[0] not in " \n"
        if literal and self.one_of(True, False):
            return self.literal(item, indent + self.one_of(1, 2, 5))
        return f" {self.flow(item)}{self.end()}\n"

    def literal(self, text: str, indent: int) -> str:
        ends = len(text) - len(text.rstrip("\n"))
        lines = text[: len(text) - ends].split("\n") + [""] * (ends - 1)
        body = "".join(f"{' ' * indent if line else ''}{line}\n" for line in lines)
        return f" |{'-' if ends == 0 else '' if ends == 1 else '+'}{self.end()}\n{body}"


@st.composite
def untidy_files(draw: st.DrawFn) -> tuple[str, int]:
    writer, parts = Untidy(draw), []
    for spec in draw(st.lists(st.dictionaries(names, trees, max_size=4), min_size=1, max_size=2)):
        kind = writer.one_of("Attachment", "Release", "Nothing")
        values = [("kind", kind), ("apiVersion", "reconciler/v1"), ("spec", spec)]
        ordered = dict(draw(st.permutations(values)))
        parts.append(writer.entries(ordered, 0))
    start = str(writer.one_of("", "---\n"))
    return start + "---\n".join(parts), writer.comments


@settings(max_examples=600, deadline=None)
@given(untidy_files())
def test_any_file_says_the_same_in_its_form_and_keeps_all_comments(
    untidy: tuple[str, int],
) -> None:
    text, comments = untidy
    before = list(documents(text.encode()))
    assert not any(found.troubles for found in before), text
    after = form(text)
    assert [found.value for found in documents(after.encode())] == [f.value for f in before]
    assert after.count(": 'x' # y") == comments
    assert form(after) == after


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(names, trees, max_size=4))
def test_what_other_commands_write_has_the_form(spec: dict[str, Any]) -> None:
    for text in (render("Attachment", None, spec), render_list("Attachment", [{"spec": spec}] * 2)):
        assert form(text) == text
