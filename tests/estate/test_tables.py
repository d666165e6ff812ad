"""Tables as consoles and spreadsheets write them: read the same, and trouble told in its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.estate.cells import name_of, version_of
from reconciler.estate.tables import read_tables

ROWS = [
    {"account": "acme", "pack": "orders", "release": "1.0.0"},
    {"account": "globex", "pack": "orders", "release": "1.1.0", "instance": "eu"},
]
FORMS = {
    "commas.csv": "account,pack,release,instance\nacme,orders,1.0.0,\nglobex,orders,1.1.0,eu\n",
    "excel.csv": "\ufeffAccount;Pack;Release;Instance\r\nacme;orders;1.0.0\r\n\r\n"
    '"globex";orders;1.1.0; eu \r\n',
    "tabs.tsv": "account\tpack\t#id\trelease\tinstance\nacme\torders\t7\t1.0.0\t\n"
    "globex\torders\t8\t1.1.0\teu",
    "spreadsheet.csv": "\n;;;;;\naccount;pack;release;instance;;\nacme;orders;1.0.0;;;\n"
    "globex;orders;1.1.0;eu;;;;\n;;;;;;;\n",
    "document.json": json.dumps({"attachments": ROWS}, indent=1),
    "list.json": json.dumps(ROWS),
    "lines.jsonl": "\n".join(map(json.dumps, ROWS)) + "\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_tells_the_same_rows(name: str) -> None:
    tables = read_tables([(name, FORMS[name].encode())])
    assert tables.findings == []
    assert [dict(row.values) for row in tables.rows["attachments"]] == ROWS


def test_the_name_of_a_file_says_which_table_it_holds() -> None:
    tables = read_tables([("estate/Accounts.csv", b"account,time zone\nacme,Europe/Paris\n")])
    assert [row.values["time_zone"] for row in tables.rows["accounts"]] == ["Europe/Paris"]


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("a.csv", b"account,pack\n", (1, 1), 'the column "release" is missing.'),
        ("a.csv", b"account,pack,relase\n", (1, 14), 'attachments has no column "relase".'),
        ("a.csv", b"account,pack,pack,release\n", (1, 9), 'the column "pack" stands there twice.'),
        (
            "a.csv",
            b"account,pack,release\na,b,c,d\n",
            (2, 1),
            "the row has 4 fields, the header 3.",
        ),
        ("a.csv", b'account,pack,release\na,"b"c,d\n', (2, 1), "the file is no CSV: "),
        ("a.csv", b"\xff\xfea\x00", (1, 1), "the file is not UTF-8."),
        ("a.json", b'{"attachments": [\n {"account": 1},\n x]}', (3, 2), "the file is no JSON."),
        ("a.json", b'[{"account": "a"},\n  7]', (2, 3), "a row is an object."),
        ("a.json", b'{"accounts": [],\n "acounts": []}', (1, 1), 'there is no table "acounts".'),
        ("a.json", b'{"accounts": {}}', (1, 1), 'there is no table "accounts, which is no list".'),
        ("a.json", b'[{"account": "a", "zone": "b"}]', (1, 2), 'attachments has no field "zone".'),
        ("a.json", b'[{"account": NaN}]', (1, 2), "the file is no JSON."),
        ("a.json", b"[" * 100_000, (1, 1), "the file is nested too deeply."),
        ("a.jsonl", b'{"account": "a"}\n{"acc\n', (2, 1), "the line is no JSON object."),
        ("a.json", b'[\n {"account": "a", "account": "b"}]', (2, 2), "the file is no JSON."),
        ("a.json", b'[{"release": ' + b"9" * 5000 + b"}]", (1, 2), "the file is no JSON."),
        ("a.json", b'[{"release": 1e999}]', (1, 2), "the file is no JSON."),
        ("a.csv", b" \n", (1, 1), "the file is empty."),
        ("a.csv", b"account,pack,release,\na,b,c,\na,b,c,d\n", (3, 7), "the field stands in"),
    ],
)
def test_what_can_not_be_read_is_told_in_its_place(
    name: str, content: bytes, place: tuple[int, int], message: str
) -> None:
    found = read_tables([(name, content)]).findings
    assert [(each.path, each.line, each.column) for each in found] == [(name, *place)]
    assert found[0].message.startswith(message)


def test_a_field_of_json_that_stands_there_twice_is_told_by_name() -> None:
    [found] = read_tables([("a.jsonl", b'{"account": "a"}\n{"pack": 1, "pack": 2}\n')]).findings
    assert (found.line, found.hint) == (2, '"pack" stands there twice.')


def test_the_column_of_a_field_is_found_behind_quoted_delimiters() -> None:
    tables = read_tables([("a.csv", b'account,pack,release\n"a, ""b""",c,d\n')])
    assert tables.place(tables.rows["attachments"][0], "release").column == 14


@given(st.binary(max_size=60), st.sampled_from(["a.csv", "a.json", "a.jsonl"]))
def test_any_bytes_are_read_or_told(content: bytes, name: str) -> None:
    assert read_tables([(name, content)]) is not None


@given(st.text(max_size=80))
def test_a_name_is_a_name_or_nothing(text: str) -> None:
    name = name_of(text)
    assert name == name_of(name)
    assert len(name) <= 63
    assert all(char.isascii() and (char.isalnum() or char == "-") for char in name)
    assert not name.startswith("-")
    assert not name.endswith("-")


def test_versions_that_lack_only_zeros_are_completed() -> None:
    texts = ["12", "v1.4", "1.4.0-rc.1", "1.4.2", "latest", "1.02", "1.2.3.4", "1.0.0+build", ""]
    found = [version_of(text) for text in texts]
    assert found == ["12.0.0", "1.4.0", "1.4.0-rc.1", "1.4.2", None, None, None, None, None]
