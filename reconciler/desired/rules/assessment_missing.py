"""Rule assessment-missing: a new release has a report of its regression tests."""

from collections.abc import Iterator

from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """Off unless the publisher's policies say otherwise."""
    recorded = Recorded(context.store, context.base)
    for declaration, release in recorded.new_releases(context.tree):
        if release.regression is None:
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "assessment") if release.impact else ("spec",),
                message=f"{release.pack} {release.version} has no regression report.",
                hint="commit the JUnit XML of the test run and name its path in "
                "assessment.regression.",
            )


RULE = Rule(
    id="assessment-missing",
    severity=Severity.OFF,
    policy=True,
    summary="A new release names the report of its regression tests.",
    check=check,
)
