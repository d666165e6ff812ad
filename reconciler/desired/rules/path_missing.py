"""Rule path-missing: a path leads to a file or a folder of the revision."""

from collections.abc import Iterator

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.paths import paths
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem
from reconciler.ports import PathState


def check(context: Context) -> Iterator[Problem]:
    """Looks at content, guides and assessment reports."""
    for named in paths(context):
        if context.files.lookup(named.path).state is PathState.MISSING:
            yield Problem(
                rule=RULE.id,
                origin=named.origin,
                pointer=named.pointer,
                message=f'"{named.path}" is not in this revision.',
                hint="paths start at the folder of publisher.yaml; is the file committed?",
            )


RULE = Rule(
    id="path-missing",
    summary="A path leads to a file or a folder of the revision.",
    check=check,
)
