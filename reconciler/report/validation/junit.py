"""A judgement -> JUnit XML: a test case for each finding, one that passes where there is none."""

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report.escape import terminal, xml


def render(judgement: Judgement) -> str:
    """Errors are failures; warnings and infos pass, with their text as output."""
    suite = TestSuite("reconciler validate")
    for found in judgement.findings:
        suite.add_testcase(_case(found))
    if not judgement.findings:
        suite.add_testcase(TestCase("all manifests", "validate"))
    report = JUnitXml("reconciler")
    report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    written = report.tostring()  # type: ignore[no-untyped-call]
    return (written.decode("utf-8") if isinstance(written, bytes) else written) + "\n"


def _case(found: Finding) -> TestCase:
    place = xml(terminal(f"{found.path}:{found.line}:{found.column}"))
    case = TestCase(place, found.rule)
    text = xml(found.message if found.hint is None else f"{found.message}\nhint: {found.hint}")
    if found.new is not None:
        text += "\nnew with this change" if found.new else "\nin the base already"
    if found.severity is Severity.ERROR:
        failure = Failure(xml(found.message), found.rule)
        failure.text = f"{place}\n{text}"
        case.result = [failure]
    else:
        case.system_out = f"{found.severity.value}: {text}"
    return case
