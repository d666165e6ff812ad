"""Rule time-zone: a time zone is an IANA name, no abbreviation and no fixed offset."""

import re
from collections.abc import Iterator
from functools import cache

from reconciler.desired.nearest import Nearest
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Kind, ManagedAccount, Origin, Publisher
from reconciler.model.findings import Problem
from reconciler.model.zones import zone_names

_OFFSET = re.compile(r"(?:Etc/)?(?:UTC|GMT)?[+-]?[0-9][0-9:]*|Etc/GMT[+-][0-9]+", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[A-Z]{1,5}|[A-Z]{3}[0-9][A-Z]{3}")
_PLACE = "write the zone of a place, such as America/New_York or Europe/Berlin, or UTC."


def check(context: Context) -> Iterator[Problem]:
    """Looks at the zones of the publisher, of its freezes and of the accounts."""
    known = zone_names()
    for origin, pointer, name in _zones(context):
        if name not in known:
            message, hint = _fault(name)
            yield Problem(rule=RULE.id, origin=origin, pointer=pointer, message=message, hint=hint)


def _zones(context: Context) -> Iterator[tuple[Origin | None, tuple[str | int, ...], str]]:
    for declaration in context.tree.by_kind[Kind.PUBLISHER].values():
        publisher = declaration.spec
        assert isinstance(publisher, Publisher)
        yield declaration.origin, ("spec", "timeZone"), publisher.time_zone
        for index, freeze in enumerate(publisher.freezes):
            if freeze.time_zone is not None:
                pointer = ("spec", "freezes", index, "timeZone")
                yield declaration.origin, pointer, freeze.time_zone
    for declaration in context.tree.by_kind[Kind.MANAGED_ACCOUNT].values():
        account = declaration.spec
        assert isinstance(account, ManagedAccount)
        if account.time_zone is not None:
            yield declaration.origin, ("spec", "timeZone"), account.time_zone


@cache
def _fault(name: str) -> tuple[str, str]:
    if _OFFSET.fullmatch(name):
        return f'"{name}" is a fixed offset; it knows no daylight saving time.', _PLACE
    if _ABBREVIATION.fullmatch(name):
        return f'"{name}" is an abbreviation; it does not say where.', _PLACE
    return f'"{name}" is not an IANA time zone.', Nearest(zone_names()).hint(name) or _PLACE


RULE = Rule(
    id="time-zone",
    summary="A time zone is an IANA name such as Europe/Berlin: no abbreviation, no fixed offset.",
    check=check,
)
