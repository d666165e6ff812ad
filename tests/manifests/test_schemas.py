"""The schemas as files, and the two validators that must say the same."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.manifests import schemas
from reconciler.manifests.documents import read_file
from reconciler.manifests.schema import authority, fits, gate, schema_complaints
from reconciler.manifests.stream import documents
from reconciler.model.declarations import Kind, Origin
from reconciler.model.decode import declaration

HERE = Path(__file__).parent
NAMES = [*schemas.schema_names(), None]


def nodes(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with the path that leads to it."""
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            if key in ("properties", "$defs"):
                for name, below in value.items():
                    yield from nodes(below, f"{path}/{key}/{name}")
            elif key in ("items", "additionalProperties", "propertyNames", "if", "then"):
                yield from nodes(value, f"{path}/{key}")
            elif key in ("anyOf", "oneOf", "allOf"):
                for below in value:
                    yield from nodes(below, f"{path}/{key}")


@pytest.mark.parametrize("kind", NAMES)
def test_a_schema_is_valid_and_has_an_id_and_a_title(kind: str | None) -> None:
    schema = json.loads(schemas.schema_text(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(".schema.json")
    assert schema["title"] == (kind or "Manifest")
    assert schema["description"]


@pytest.mark.parametrize("kind", NAMES)
def test_every_property_has_a_description_in_a_sentence(kind: str | None) -> None:
    for path, schema in nodes(json.loads(schemas.schema_text(kind))):
        if "/if" in path:
            continue
        for name, field in schema.get("properties", {}).items():
            assert field.get("description", "").endswith("."), f"{path}: {name}"


@pytest.mark.parametrize("kind", schemas.schema_names())
def test_every_object_says_what_else_it_may_hold(kind: str) -> None:
    for path, schema in nodes(json.loads(schemas.schema_text(kind))):
        if schema.get("type") == "object" or "properties" in schema:
            assert "additionalProperties" in schema, path


@pytest.mark.parametrize("kind", schemas.schema_names())
def test_every_text_has_a_limit_and_every_pattern_is_whole_and_named(kind: str) -> None:
    for path, schema in nodes(json.loads(schemas.schema_text(kind))):
        if "pattern" in schema:
            assert schema["pattern"].startswith("^")
            assert schema["pattern"].endswith("$")
            assert schema["pattern"].count("$") == 1
            assert "\\d" not in schema["pattern"]
            assert schema["$comment"]
        if schema.get("type") == "string":
            assert "maxLength" in schema or "enum" in schema, path


def test_schemas_that_share_a_definition_have_the_same_one() -> None:
    seen: dict[str, object] = {}
    for kind in schemas.schema_names():
        for name, definition in json.loads(schemas.schema_text(kind)).get("$defs", {}).items():
            assert seen.setdefault(name, definition) == definition


def test_the_schema_for_editors_is_made_from_the_others() -> None:
    assert schemas.schema_text(None) == schemas.bundle_text()


REQUIRED = {
    "Publisher": {"timeZone"},
    "PackagedComponent": {"component", "type", "version"},
    "PublishedProcess": {"component", "type", "revision"},
    "IntegrationPack": {"attachment", "components"},
    "ManagedAccount": set(),
    "AccountGroup": set(),
    "ProcessTemplate": {"component", "version", "groups"},
    "Release": {"pack", "version", "components", "schedule"},
    "Attachment": {"account", "pack"},
}


@pytest.mark.parametrize("kind", schemas.schema_names())
def test_only_the_fields_of_the_specification_are_required(kind: str) -> None:
    spec = json.loads(schemas.schema_text(kind))["properties"]["spec"]
    assert set(spec.get("required", ())) == REQUIRED[kind]


def test_a_kind_may_be_asked_for_in_any_case_and_an_unknown_one_is_refused() -> None:
    assert schemas.schema_text("release") == schemas.schema_text("Release")
    with pytest.raises(UsageError) as caught:
        schemas.schema_text("relaese")
    assert caught.value.hint == "did you mean Release?"


def valid_documents() -> list[dict[str, Any]]:
    return [
        document.value
        for path in sorted((HERE / "valid").rglob("*.y*ml"))
        for document in documents(path.read_bytes())
        if document.value is not None and not document.value["kind"].endswith("List")
    ]


DOCUMENTS = valid_documents()
STRANGE = [
    *[
        None,
        True,
        False,
        0,
        1,
        -1,
        2**53 - 1,
        1.5,
        "",
        "a",
        "A",
        "a\n",
        "1.0.0",
        "1.10",
        "immediate",
    ],
    *["2026-12-01", "2026-12-01\n", "٢٠٢٦-١٢-٠١", "x" * 64, "x" * 65, "5%", "100%", "101%", "a b"],
    *[" a", "é", "\x85", "\u2028", "😀" * 63, "error", "off", "a@b", "https://x", [], {}, ["a"]],
    *[["a", "a"], [1, True], ["a", 1, "a"], {"a": "b"}, {"secretRef": "x"}, {"date": "2026-01-01"}],
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(below, (*path, key))


def mutated(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The document with one place replaced, removed or given something more."""
    result = copy.deepcopy(document)
    path = chance.choice([path for path in places(result) if path])
    around = result
    for step in path[:-1]:
        around = around[step]
    value = around[path[-1]]
    action = chance.choice(["replace", "remove", "add"])
    if action == "replace" or (action == "add" and not isinstance(value, dict | list)):
        around[path[-1]] = copy.deepcopy(chance.choice(STRANGE))
    elif action == "remove":
        del around[path[-1]]
    elif isinstance(value, dict):
        value[chance.choice(["a", "name", "A b", "a\n", "x" * 300])] = chance.choice(STRANGE)
    elif isinstance(value, list):
        value.append(copy.deepcopy(chance.choice([*STRANGE, *value])))
    return result


def agree(document: dict[str, Any], kind: Kind) -> bool:
    verdict = gate(kind).is_valid(document)
    assert authority(kind).is_valid(document) == verdict
    complaints = schema_complaints(kind, document, item=False, whole_decimals=False)
    assert bool(complaints) is not verdict
    return verdict


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(DOCUMENTS) - 1), st.integers(1, 3), st.randoms(use_true_random=False))
def test_both_validators_agree_on_documents_with_mistakes(
    index: int, mistakes: int, chance: random.Random
) -> None:
    document = DOCUMENTS[index]
    kind = Kind(document["kind"])
    for _ in range(mistakes):
        document = mutated(document, chance)
    if agree(document, kind) and not read_file(json.dumps(document).encode()).remarks:
        origin = Origin(path="a.yaml", document=0)
        declaration(kind, document.get("metadata", {}), document.get("spec", {}), origin)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**53 - 1) | st.sampled_from(STRANGE) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc. ", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(Kind)), st.data())
def test_both_validators_agree_on_generated_documents(kind: Kind, data: st.DataObject) -> None:
    fields = list(schemas.schema(kind)["properties"]["spec"]["properties"])
    spec = data.draw(st.dictionaries(st.sampled_from(fields), json_values))
    agree({"apiVersion": "reconciler/v1", "kind": str(kind), "spec": spec}, kind)


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_both_validators_accept_what_is_valid(document: dict[str, Any]) -> None:
    assert agree(document, Kind(document["kind"]))


def test_a_decimal_number_is_no_integer_although_json_schema_says_so() -> None:
    document = {
        "apiVersion": "reconciler/v1",
        "kind": "PublishedProcess",
        "spec": {"component": "a", "type": "process", "revision": 2.0},
    }
    assert gate(Kind.PUBLISHED_PROCESS).is_valid(document)
    assert not fits(Kind.PUBLISHED_PROCESS, document, item=False, whole_decimals=True)


def test_the_schema_for_editors_agrees_with_the_kinds() -> None:
    whole = jsonschema.Draft202012Validator(json.loads(schemas.schema_text()))
    for document in DOCUMENTS:
        assert whole.is_valid(document)
        item = {"metadata": document.get("metadata", {}), "spec": document.get("spec", {})}
        of_list = {"apiVersion": "reconciler/v1", "kind": document["kind"] + "List"}
        assert whole.is_valid({**of_list, "items": [item]})
        assert not whole.is_valid({**of_list, "items": [document]})
        assert not whole.is_valid({**document, "sepc": {}})
    assert not whole.is_valid({"apiVersion": "reconciler/v1", "kind": "Deployment"})


def test_a_document_with_very_many_mistakes_gives_twenty_complaints() -> None:
    spec = {"component": "a", "type": "process", "version": "1"}
    spec["contains"] = [{"name": 1, "typ": "x"}] * 10_000  # type: ignore[assignment]
    document = {"apiVersion": "reconciler/v1", "kind": "PackagedComponent", "spec": spec}
    complaints = schema_complaints(
        Kind.PACKAGED_COMPONENT, document, item=False, whole_decimals=False
    )
    assert len(complaints) == 20
    assert complaints[-1].message.startswith("there is more that does not fit")


def test_a_file_with_very_many_bad_items_gives_a_thousand_complaints_and_one() -> None:
    items = "".join(f"- {{metadata: {{name: A{n}}}}}\n" for n in range(1_500))
    text = "apiVersion: reconciler/v1\nkind: ManagedAccountList\nitems:\n" + items
    reading = read_file(text.encode())
    assert len(reading.remarks) == 1_001
    assert reading.remarks[-1].item == 1_000
    assert len(reading.broken) == 1_500


def test_messages_are_one_printable_line_however_long_the_value() -> None:
    for strange in ("\x1b[31m", "a\nb", "x" * 100_000, "\u202e", "::error::"):
        document = {"apiVersion": strange, "kind": "Release", strange: {}, "spec": {strange: 1}}
        for complaint in schema_complaints(
            Kind.RELEASE, document, item=False, whole_decimals=False
        ):
            for text in (complaint.message, complaint.hint or ""):
                assert text.isprintable()
                assert len(text) < 400
