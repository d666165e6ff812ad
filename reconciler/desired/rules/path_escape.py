"""Rule path-escape: a path stays below the publisher root."""

from collections.abc import Iterator

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.paths import paths
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem
from reconciler.ports import PathState


def check(context: Context) -> Iterator[Problem]:
    """Looks at content, guides and assessment reports."""
    for named in paths(context):
        if context.files.lookup(named.path).state is PathState.ESCAPES:
            yield Problem(
                rule=RULE.id,
                origin=named.origin,
                pointer=named.pointer,
                message=f'"{named.path}" leaves the publisher root, '
                'by ".." or through a symbolic link.',
                hint="copy it below the folder of publisher.yaml and name it from there.",
            )


RULE = Rule(
    id="path-escape",
    summary="A path stays below the publisher root, also where it follows symbolic links.",
    check=check,
)
