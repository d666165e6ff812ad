"""What a regression report must be to count as passed; a hostile one counts as failed."""

import pytest

from reconciler.desired.regression import MOST_BYTES, verdict

CLEAN = '<testsuite><testcase name="ships"/></testsuite>'


def test_a_run_in_which_something_passed_and_nothing_failed_is_fine() -> None:
    assert verdict(CLEAN.encode()) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_any_encoding(encoding: str) -> None:
    entities = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    found = verdict((entities + CLEAN.replace("ships", "&b;")).encode(encoding))
    assert found is not None
    assert "document type" in found


def test_another_encoding_is_read() -> None:
    text = '<?xml version="1.0" encoding="iso-8859-1"?>' + CLEAN.replace("ships", "prüft")
    assert verdict(text.encode("iso-8859-1")) is None


def test_cases_outside_any_suite_count() -> None:
    passed, failed = '<testcase name="a"/>', '<testcase name="b"><failure/></testcase>'
    assert verdict(f"<testsuites>{passed}</testsuites>".encode()) is None
    found = verdict(f"<testsuites>{failed}{CLEAN}</testsuites>".encode())
    assert found == "has 1 failure in 2 tests: b"


def test_deep_nesting_is_refused() -> None:
    found = verdict(("<testsuite>" * 5000 + "</testsuite>" * 5000).encode())
    assert found is not None
    assert "nested deeper" in found


def test_a_report_of_more_than_16_mib_is_refused() -> None:
    found = verdict(CLEAN.encode() + b" " * MOST_BYTES)
    assert found is not None
    assert "16,777,216" in found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"<testsuite>",
        b'<testsuite failures="many"><testcase/></testsuite>',
        b'<?xml version="1.0" encoding="klingon"?><testsuite/>',
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
    ],
)
def test_what_can_not_be_read_has_failed(content: bytes) -> None:
    assert "can't be read" in (verdict(content) or "")


def test_names_of_failed_tests_are_three_at_most_and_on_one_line() -> None:
    cases = "".join(f'<testcase name="t{n}&#10;::error"><failure/></testcase>' for n in range(9))
    found = verdict(f"<testsuite>{cases}</testsuite>".encode())
    assert found == "has 9 failures in 9 tests: t0 ::error, t1 ::error, t2 ::error and 6 more"
