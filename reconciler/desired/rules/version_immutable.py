"""Rule version-immutable: a packaged version stays what it was when it was recorded."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.fingerprint import contents, fingerprint
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Kind, PackagedComponent
from reconciler.model.findings import Problem

_SPOKEN = {"shareable": "shareable flag", "contains": "contains list"}


def check(context: Context) -> Iterator[Problem]:
    """A change rule: judges what is new or different, against the store's records or the base."""
    if context.base is None:
        return
    for declaration in context.tree.by_kind[Kind.PACKAGED_COMPONENT].values():
        base = context.base.get(declaration.kind, declaration.name)
        if base is not None and base.body == declaration.body:
            continue
        spec = cast(PackagedComponent, declaration.spec)
        if spec.content is not None and spec.content_id is None:
            continue  # path-missing or path-escape tells it
        before = None if base is None else cast(PackagedComponent, base.spec)
        recorded = _recorded(context, spec, before)
        if recorded is not None and recorded != fingerprint(spec):
            yield _problem(declaration, spec, before)


def _recorded(
    context: Context, spec: PackagedComponent, before: PackagedComponent | None
) -> str | None:
    if context.store is not None:
        record = context.store.components.get((spec.component, spec.version))
        if record is not None:
            return record.fingerprint
    return None if before is None else fingerprint(before)


def _problem(
    declaration: Declaration, spec: PackagedComponent, before: PackagedComponent | None
) -> Problem:
    fields = [] if before is None else _differing(spec, before)
    if before is None:
        what = "was recorded with another content before it was deleted; it can only come back so."
    elif fields:
        others = " and ".join(_SPOKEN.get(field, field) for field in fields)
        what = f"is recorded with another {others}; a version never changes."
    else:
        what = "is not what was recorded; a version never changes."
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", fields[0]) if fields else ("spec", "version"),
        message=f"{spec.component} {spec.version} {what}",
        hint="package it as a new version and leave this one as it was.",
    )


def _differing(spec: PackagedComponent, before: PackagedComponent) -> list[str]:
    pairs = {
        "type": (spec.type, before.type),
        "shareable": (spec.shareable, before.shareable),
        "content": (spec.content_id, before.content_id),
        "contains": (contents(spec.contains), contents(before.contains)),
    }
    return [field for field, (now, then) in pairs.items() if now != then]


RULE = Rule(
    id="version-immutable",
    summary="A recorded version of a component never changes its content, type, contains or "
    "shareable flag, nor comes back with others.",
    check=check,
)
