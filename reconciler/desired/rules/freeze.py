"""Rule freeze: every freeze can hold at some time, and ends."""

from collections.abc import Iterator

from reconciler.desired.freezes import cron_fault, duration_fault
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Freeze, Kind, Publisher
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Looks at dates, cron expressions and durations; zones are the business of time-zone."""
    for declaration in context.tree.by_kind[Kind.PUBLISHER].values():
        publisher = declaration.spec
        assert isinstance(publisher, Publisher)
        for index, freeze in enumerate(publisher.freezes):
            for field, fault, hint in _faults(freeze):
                yield Problem(
                    rule=RULE.id,
                    origin=declaration.origin,
                    pointer=("spec", "freezes", index, field),
                    message=f'Freeze "{freeze.name}": {fault}.',
                    hint=hint,
                )


def _faults(freeze: Freeze) -> Iterator[tuple[str, str, str]]:
    """The field, what is wrong with it, and what to write."""
    if (
        freeze.from_on is not None
        and freeze.until_on is not None
        and freeze.until_on <= freeze.from_on
    ):
        yield (
            "until",
            f"it never holds, for it ends on {freeze.until_on} and starts on {freeze.from_on}",
            "until is exclusive: write the first day that is free again.",
        )
    if freeze.cron is not None and (fault := cron_fault(freeze.cron)):
        yield (
            "cron",
            f'"{freeze.cron}" is no usable cron expression: {fault}',
            'write minute, hour, day, month and weekday, such as "0 18 * * fri".',
        )
    if freeze.duration is not None and (fault := duration_fault(freeze.duration)):
        yield "duration", fault, "36h are elapsed hours, 2d are local days."


RULE = Rule(
    id="freeze",
    summary="A freeze has a cron expression of five fields that fires, and a duration.",
    check=check,
)
