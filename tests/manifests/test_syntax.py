"""The bytes of a file: what no text may do to the reader, and what every text must give."""

from collections.abc import Callable, Iterable

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifests import stream
from reconciler.manifests.documents import read_file
from reconciler.manifests.scalars import NoValue, plain
from reconciler.manifests.stream import documents
from reconciler.model.findings import Finding

FindingsIn = Callable[[str | bytes], list[Finding]]
ACCOUNT = "apiVersion: reconciler/v1\nkind: ManagedAccount\nmetadata:\n  name: {}\n"


def rules(findings: Iterable[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def values(text: str | bytes) -> list[object]:
    content = text.encode() if isinstance(text, str) else text
    found = list(documents(content))
    assert not any(document.troubles for document in found)
    return [document.value for document in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("12:30:45", "12:30:45"),
        ("00:30", "00:30"),
        ("2026-12-01", "2026-12-01"),
        ("1.4.0", "1.4.0"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("=", "="),
        ("1.10", 1.1),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("-", "-"),
        (".", "."),
    ],
)
def test_plain_scalars_have_the_values_of_the_core_schema(text: str, value: object) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


@pytest.mark.parametrize("text", ["014", "-00", "01.5", ".nan", "-.inf", "1e999", "9" * 30])
def test_numbers_that_programs_read_differently_have_no_value(text: str) -> None:
    with pytest.raises(NoValue):
        plain(text)


def test_quoted_scalars_are_text_whatever_they_look_like() -> None:
    assert values("['1.10', \"true\", '014', '', !!str 5, \"a\\tb\\n\"]") == [
        ["1.10", "true", "014", "", "5", "a\tb\n"]
    ]


def test_core_tags_are_read_and_checked(findings_in: FindingsIn) -> None:
    assert values("[!!int 5, !!float 5, !!bool true, !!null '', !!seq [], !!map {}]") == [
        [5, 5, True, None, [], {}]
    ]
    assert rules(findings_in("a: !!int x\n")) == ["yaml-syntax"]


def test_aliases_share_a_value_and_count_as_often_as_they_stand() -> None:
    (document,) = documents(b"a: &a [1, 2]\nb: [*a, *a]\n")
    assert document.value == {"a": [1, 2], "b": [[1, 2], [1, 2]]}
    assert document.nodes == 1 + 2 + 3 + 1 + 2 * 3


def test_an_alias_bomb_is_refused_before_it_grows(findings_in: FindingsIn) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    assert rules(findings_in("\n".join(lines))) == ["yaml-limit"]


@pytest.mark.parametrize(
    "text", ["[" * 30_000, "{a: " * 30_000, "- " * 30_000 + "x", "? " * 30_000]
)
def test_nesting_without_end_is_refused(text: str, findings_in: FindingsIn) -> None:
    assert rules(findings_in(text)) == ["yaml-limit"]


def test_nesting_of_64_levels_is_read_and_65_is_not() -> None:
    assert not next(documents(b"[" * 64 + b"]" * 64)).troubles
    assert next(documents(b"[" * 65 + b"]" * 65)).troubles[0].rule == "yaml-limit"


def test_a_document_after_one_that_is_nested_too_deeply_is_read() -> None:
    reading = read_file(f"a: {'[' * 70}\n---\n{ACCOUNT.format('acme')}".encode())
    assert [usable.metadata for usable in reading.usable] == [{"name": "acme"}]
    assert [usable.document for usable in reading.usable] == [1]


def test_a_line_of_a_mebibyte_is_over_the_limit_and_a_shorter_one_is_read(
    findings_in: FindingsIn,
) -> None:
    long = ACCOUNT.format("acme") + "  annotations: {a: " + "x" * (1 << 20) + "}\n"
    assert rules(findings_in(long)) == ["yaml-limit"]
    assert values("x" * 1_000_000) == ["x" * 1_000_000]


def test_a_file_over_the_limit_may_hold_documents_under_it(findings_in: FindingsIn) -> None:
    filler = "# " + "x" * 700_000 + "\n"
    text = "---\n".join(ACCOUNT.format(f"a{n}") + filler for n in range(3))
    assert findings_in(text) == []


def test_a_list_may_be_larger_than_another_document(findings_in: FindingsIn) -> None:
    items = "".join(f"- {{metadata: {{name: a{n}}}}}\n" for n in range(40_000))
    text = "apiVersion: reconciler/v1\nkind: ManagedAccountList\nitems:\n" + items
    assert len(text) > stream.MAX_BYTES
    assert findings_in(text) == []


def test_a_document_over_the_limit_of_lists_is_not_even_parsed(
    monkeypatch: pytest.MonkeyPatch, findings_in: FindingsIn
) -> None:
    monkeypatch.setattr(stream, "MAX_BYTES", 1_000)
    monkeypatch.setattr(stream, "MAX_BYTES_OF_LIST", 2_000)
    assert rules(findings_in("{" + " " * 3_000)) == ["yaml-limit"]


def test_conflicts_are_told_one_by_one(findings_in: FindingsIn) -> None:
    text = (
        "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n\n<<<<<<< HEAD\nb: 1\n=======\n>>>>>>> x\n"
    )
    assert [finding.line for finding in findings_in(text)] == [1, 7]


def test_many_unreadable_documents_end_the_reading_and_leave_everything_broken() -> None:
    reading = read_file(b"\n---\n".join([b"kind: Release\na: b: c"] * 60 + [b"kind: Publisher\n"]))
    assert len(reading.troubles) == stream.MAX_UNREADABLE
    assert {("Release", None), ("Publisher", None)} <= set(reading.broken)


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        b"a: 1\nb: [x, 1.10, 'q', \"\\e\"]\n---\n---\nc: {d: ~}\n",
        b"a: &a [1]\nb: *a\n<<: {}\n",
        b"a: b: c\n",
        b"\xef\xbb\xbfa: b\r\n",
        b"\x00",
        b"[" * 100,
        b"a: !!str 5\n",
    ]
    fast = [[_outcome(document) for document in documents(text)] for text in texts]
    monkeypatch.setattr(stream, "CParser", None)
    assert [[_outcome(document) for document in documents(text)] for text in texts] == fast


def _outcome(document: stream.Document) -> object:
    troubles = [(trouble.rule, trouble.line) for trouble in document.troubles]
    return (document.index, document.line, None if troubles else document.value, troubles)


FRAGMENTS = [
    *["a", "kind", "Release", "spec", ": ", ":", "- ", "\n", "\n  ", "\n---\n", "...\n", "\t", "["],
    *["]", "{", "}", ",", "&a ", "*a", "!!int ", "!x ", "<<: ", "'", '"', "\\e", "\\ud800", "|\n"],
    *[">-\n", "? ", "# c\n", "%YAML 1.2\n", "%TAG ! x\n", "1.10", "010", ".nan", "~", "\r\n", "é"],
    *["\ufeff", "\u2028", "\x85", "\x07", "<<<<<<< x\n", "apiVersion: reconciler/v1\n", "😀"],
    *["kind: Attachment\n", "kind: ReleaseList\n", "items:\n", "spec:\n", "metadata: {name: x}\n"],
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
def test_any_text_gives_a_reading_and_never_an_exception(text: str) -> None:
    read_file(text.encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_reading_and_never_an_exception(content: bytes) -> None:
    read_file(content)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc<~1 :#'\"-", max_size=5), inner),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_json_is_read_as_it_is_meant(value: object) -> None:
    text = yaml.safe_dump(value, default_style='"')
    assert values(text) == [value]


@pytest.mark.parametrize("part", ["[,", "a: ", '"', "&a ", "-\n", "? ", "- ", "{", "!a ", "%a\n"])
def test_a_mebibyte_of_one_thing_is_read_to_its_end(part: str) -> None:
    reading = read_file((part * (1 << 20))[: 1 << 20].encode())
    assert reading.usable == []
