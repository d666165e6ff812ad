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
                message=f'"{named.path}" {_how(named.path)}.',
                hint="copy it below the folder of publisher.yaml and name it from there, with / "
                "between folders.",
            )


def _how(path: str) -> str:
    if path.startswith("/"):
        return "starts at the root of a disk, not at the publisher root"
    if "\\" in path:
        return "has a backslash, which leads elsewhere on some systems"
    return 'leaves the publisher root, by ".." or through a symbolic link'


RULE = Rule(
    id="path-escape",
    summary="A path stays below the publisher root, also where it follows symbolic links.",
    check=check,
)
