"""Rule extension-secret: a secret never stands in a manifest."""

from collections.abc import Iterator

from reconciler.desired.extensibility import (
    DeclaredValue,
    PackSettings,
    declared_defaults,
    declared_values,
    is_secret_reference,
)
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem

SECRET = "secret"  # noqa: S105 - the name of a type


def check(context: Context) -> Iterator[Problem]:
    """Where the setting is a secret from the current release on; the value is never printed.

    A secret has no default either.
    """
    extensibility = context.extensibility
    for value in declared_values(context.tree):
        pack = extensibility.pack(value.pack)
        if pack is None or not is_exposed(value, pack):
            continue
        yield Problem(
            rule=RULE.id,
            origin=value.declaration.origin,
            pointer=value.pointer,
            message=f"{value.spoken} is a secret, and {value.declaration.name} writes its value "
            "in the open.",
            hint="write {secretRef: where the platform finds it}, and change the secret: the "
            "repository's history keeps this one.",
        )
    for default in declared_defaults(context.tree):
        if default.setting.type == SECRET:
            yield Problem(
                rule=RULE.id,
                origin=default.declaration.origin,
                pointer=default.pointer,
                message=f"{default.spoken} is a secret, and its default stands in the open.",
                hint="take the default out, and change the secret: the repository's history "
                "keeps this one.",
            )


def is_exposed(value: DeclaredValue, pack: PackSettings) -> bool:
    """Whether an inline value is for a setting that is a secret from the current release on.

    Where only older releases have the setting, it is a secret if it was one in all of them: so
    nothing becomes an error because time passes.
    """
    if is_secret_reference(value.value):
        return False
    live = pack.live_settings(value.name)
    if live:
        return any(setting.type == SECRET for _, setting in live)
    older = pack.older.get(value.name, ())
    return bool(older) and all(setting.type == SECRET for setting in older)


RULE = Rule(
    id="extension-secret",
    summary="The value of a secret extension is a reference, never the secret itself.",
    check=check,
)
