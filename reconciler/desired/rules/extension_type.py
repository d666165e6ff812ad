"""Rule extension-type: a value is of its setting's type."""

from collections.abc import Iterator

from reconciler.desired.extensibility import (
    DeclaredDefault,
    DeclaredValue,
    PackSettings,
    declared_defaults,
    declared_values,
    fits,
)
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.extension_secret import SECRET, is_exposed
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """An error if no release that has the setting takes the value, a warning if current or pending
    does not and another does; a default has to fit as well. A secret written inline is
    extension-secret.
    """
    extensibility = context.extensibility
    for value in declared_values(context.tree):
        pack = extensibility.pack(value.pack)
        if pack is None or is_exposed(value, pack):
            continue
        problem = _judged(value, pack)
        if problem is not None:
            yield problem
    for default in declared_defaults(context.tree):
        if default.setting.type != SECRET and not fits(default.setting.default, default.setting):
            yield _misfit(default)


def _misfit(default: DeclaredDefault) -> Problem:
    wanted, given = default.setting.type, _kind(default.setting.default)
    return Problem(
        rule=RULE.id,
        origin=default.declaration.origin,
        pointer=default.pointer,
        message=f"{default.spoken} is a {wanted}, and its default is a {given}.",
        hint=_hint(wanted, given),
    )


def _judged(value: DeclaredValue, pack: PackSettings) -> Problem | None:
    live = pack.live_settings(value.name)
    unfit = [(version, setting) for version, setting in live if not fits(value.value, setting)]
    if live and not unfit:
        return None
    older = pack.older.get(value.name, ())
    fits_some = len(unfit) < len(live) or any(fits(value.value, setting) for setting in older)
    if not live and (fits_some or not older):
        return None
    where, wanted = (
        (pack.spoken(unfit[0][0]), unfit[0][1].type)
        if unfit
        else ("older releases", " or ".join(sorted({setting.type for setting in older})))
    )
    return _problem(value, where, wanted, Severity.WARNING if fits_some else None)


def _problem(value: DeclaredValue, where: str, wanted: str, severity: Severity | None) -> Problem:
    given = _kind(value.value)
    return Problem(
        rule=RULE.id,
        origin=value.declaration.origin,
        pointer=value.pointer,
        message=f"{value.spoken} is a {wanted} in {where} of {value.pack}, "
        f"and this value is a {given}.",
        hint=_hint(wanted, given),
        severity=severity,
    )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "mapping"


def _hint(wanted: str, given: str) -> str:
    if wanted == "string" and given in ("number", "boolean"):
        return "put the value in quotes."
    if wanted in ("number", "boolean") and given == "string":
        return f"write a {wanted}, without quotes."
    return f"write a {wanted}."


RULE = Rule(
    id="extension-type",
    summary="A value of an attachment is of the type that its extension has.",
    check=check,
)
