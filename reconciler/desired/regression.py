"""A JUnit XML report -> what is wrong with the test run, or nothing (rule assessment-failed)."""

from dataclasses import dataclass, field
from itertools import chain
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError, ParserCreate

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase

from reconciler.desired.phrases import counted, listed

MOST_BYTES = 16 * 1024 * 1024
_DEEPEST = 64


class _Refused(Exception):
    """The report is not one that may be parsed."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a report counts; `names` are those of the tests that did not pass."""

    tests: int = 0
    skipped: int = 0
    failures: int = 0
    errors: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, case: TestCase) -> None:
        results = case.result
        self.tests += 1
        self.errors += any(isinstance(result, Error) for result in results)
        failed = any(isinstance(result, Failure) for result in results)
        self.failures += failed
        self.skipped += any(isinstance(result, Skipped) for result in results)
        if failed or any(isinstance(result, Error) for result in results):
            self.names.append(_name(case))


def verdict(content: bytes) -> str | None:
    """Why the report is no proof of tests that passed, or None.

    The text continues a sentence that starts with the report's path. What a suite's attributes
    count weighs as much as the cases in it. A run of which every test was skipped proves nothing.
    """
    return outcome(content)[1]


def outcome(content: bytes) -> tuple[Outcome, str | None]:
    """What the report counts, and the same verdict; nothing is counted of what can't be read."""
    try:
        _check(content)
        found = _read(JUnitXml.fromstring(content))
    except JUnitXmlError:
        return Outcome(), "is no JUnit XML report: its root is neither testsuites nor testsuite"
    except (_Refused, ParseError, ValueError, LookupError) as error:
        return Outcome(), f"can't be read as a JUnit XML report ({error})"
    return found, _verdict(found)


def _verdict(found: Outcome) -> str | None:
    if found.failures or found.errors:
        counts = ((found.failures, "failure"), (found.errors, "error"))
        said = listed(counted(count, noun) for count, noun in counts if count)
        which = f": {listed(found.names)}" if found.names else ""
        return f"has {said} in {counted(found.tests, 'test')}{which}"
    if not found.tests:
        return "has no test"
    return "has only tests that were skipped" if found.skipped == found.tests else None


def _check(content: bytes) -> None:
    """Refuses what could make a parser open files, or use memory without end."""
    if len(content) > MOST_BYTES:
        raise _Refused(f"it has {len(content):,} bytes, more than {MOST_BYTES:,}")
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _Refused(f"it is nested deeper than {_DEEPEST} elements")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise _Refused("it has a document type, which a report does not need")

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except ExpatError as error:
        raise _Refused(f"{error}") from error


def _read(report: JUnitXml) -> Outcome:
    suites = list(report)
    # Attributes first: where one is missing, the library computes and writes it into the tree.
    said_failures = sum(suite.failures or 0 for suite in suites)
    said_errors = sum(suite.errors or 0 for suite in suites)
    outcome = Outcome()
    # Some runners, Node's among them, write test cases outside any suite.
    alone = report.iterchildren(TestCase)  # type: ignore[no-untyped-call]
    for case in chain(alone, chain.from_iterable(suites)):
        outcome.add(case)
    outcome.failures = max(outcome.failures, said_failures, report.failures or 0)
    outcome.errors = max(outcome.errors, said_errors, report.errors or 0)
    return outcome


def _name(case: TestCase) -> str:
    text = ".".join(part for part in (case.classname, case.name) if part)
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[:200]).split())
    return plain or "a test without a name"
