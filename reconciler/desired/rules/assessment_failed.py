"""Rule assessment-failed: the regression tests of a new release passed."""

from collections.abc import Iterator

from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.errors import SourceError
from reconciler.model.findings import Problem
from reconciler.ports import PathState


def check(context: Context) -> Iterator[Problem]:
    """A report that can't be read has failed; one that is not there is path-missing."""
    recorded = Recorded(context.store, context.base)
    verdicts: dict[str, str | None] = {}
    for declaration, release in recorded.new_releases(context.tree):
        path = release.regression
        if path is None or context.files.lookup(path).state is not PathState.FOUND:
            continue
        if path not in verdicts:
            verdicts[path] = _verdict(context, path)
        if verdicts[path] is not None:
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "assessment", "regression"),
                message=f"{release.pack} {release.version}: {path} {verdicts[path]}.",
                hint="release when the tests pass, and commit their new report.",
            )


def _verdict(context: Context, path: str) -> str | None:
    from reconciler.desired.regression import verdict  # most passes read no report

    try:
        content = context.files.content(path)
    except SourceError as error:
        return f"can't be read ({error})"
    return verdict(content)


RULE = Rule(
    id="assessment-failed",
    policy=True,
    summary="The regression report of a new release has tests, and none failed.",
    check=check,
)
