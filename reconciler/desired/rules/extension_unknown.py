"""Rule extension-unknown: a value is for a setting that some release of the pack has."""

from collections.abc import Iterator

from reconciler.desired.extensibility import PackSettings, declared_values
from reconciler.desired.nearest import Nearest
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Kind
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """Values may be there ahead of the pending release; those of older releases are a warning.

    A pack without a release is pack-unreleased. Where a release, or something that a release from
    current on names, can't be read, nobody knows what settings it has, and nothing is said.
    """
    if any(kind == Kind.RELEASE for kind, _ in context.tree.broken):
        return
    extensibility = context.extensibility
    nearest: dict[str, Nearest] = {}
    for value in declared_values(context.tree):
        pack = extensibility.pack(value.pack)
        if pack is None or pack.live_settings(value.name) or not pack.is_complete:
            continue
        if value.name in pack.older:
            message = f"Only older releases of {value.pack} have an extension {value.spoken}."
            hint: str | None = "take the value out when nobody runs them any more."
        else:
            message = f'No release of {value.pack} has an extension "{value.spoken}".'
            known = nearest.setdefault(value.pack, Nearest(_names(pack)))
            hint = known.hint(value.spoken) or "take it out, or release the pack with it first."
        yield Problem(
            rule=RULE.id,
            origin=value.declaration.origin,
            pointer=value.pointer,
            message=message,
            hint=hint,
            severity=Severity.WARNING if value.name in pack.older else None,
        )


def _names(pack: PackSettings) -> list[str]:
    """The settings that a value could be meant for, in a fixed order."""
    return sorted({".".join(name) for version in pack.live for name in pack.settings(version)})


RULE = Rule(
    id="extension-unknown",
    summary="A value of an attachment is for an extension that a release of the pack has.",
    check=check,
)
