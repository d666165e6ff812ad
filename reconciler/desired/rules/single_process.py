"""Rule single-process: one process alone is better shared through the process library."""

from collections.abc import Iterator

from reconciler.desired.rules.contents import held, packs
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import ComponentType, Deployment
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """A state rule on packaged packs: the library takes no legacy process.

    Of several versions that count the newest release's decides, so that time makes no problem.
    """
    for declaration, pack in packs(context):
        if len(pack.components) != 1 or pack.deployment is Deployment.LEGACY:
            continue
        types = [content.type for _, _, content in held(context, pack)]
        if types[-1:] == [ComponentType.PROCESS]:
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "components"),
                message=f"{pack.name} holds just one process, {pack.components[0]}.",
                hint="share one process through the process library: kind: ProcessTemplate.",
            )


RULE = Rule(
    id="single-process",
    severity=Severity.WARNING,
    policy=True,
    summary="A pack holds more than one process; the process library shares a single one.",
    check=check,
)
