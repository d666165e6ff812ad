"""What an attachment runs, and whose values count in it -> sections of text, or JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from reconciler.report import why
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style, aligned
from reconciler.report.objects import Fields
from reconciler.report.times import iso_or_none

_NONE = "–"


class Value(Protocol):
    """One setting, its value, and who says so."""

    @property
    def spoken(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def secret_reference(self) -> str | None: ...
    @property
    def overruled(self) -> bool: ...
    @property
    def lacks(self) -> bool: ...


class Shown(Protocol):
    """One attachment; `values` by the releases that matter, what it runs first."""

    @property
    def explained(self) -> why.Explained: ...
    @property
    def slot(self) -> datetime | None: ...
    @property
    def environments(self) -> tuple[tuple[str, ...], str]: ...
    @property
    def values(self) -> Mapping[str, Sequence[Value]]: ...


def text(shown: Shown, now: datetime, style: Style = PLAIN) -> str:
    """What `why` says, then where it runs, then the settings of each release; gaps stand out."""
    names, source = shown.environments
    where = f"Environments: {', '.join(names)} ({source})." if names else "In no environment."
    lines = [why.text(shown.explained, now, style).rstrip("\n"), terminal(where)]
    for version, values in shown.values.items():
        if values:
            lines.append(style.bold(f"Settings of {terminal(version)}"))
            rows = zip(values, aligned(_cells(value) for value in values), strict=True)
            lines += [f"  {style.bad(row) if value.lacks else row}" for value, row in rows]
    return "\n".join(lines) + "\n"


def _cells(value: Value) -> list[str]:
    source = str(value.source)
    if value.overruled:
        source += ", over the account's own"
    if value.lacks:
        source = "missing, required"
    said = (value.spoken, value.type, _spoken(value), source)
    return [terminal(cell) for cell in said]


def _spoken(value: Value) -> str:
    """The value; of a secret only that it is set."""
    if value.secret_reference is not None:
        return "(is set)"
    if isinstance(value.value, bool):
        return str(value.value).lower()
    return _NONE if value.value is None else str(value.value)


def fields(shown: Shown, now: datetime) -> Fields:
    """One line of `account show`: never what a secret is, nor where it is kept."""
    names, source = shown.environments
    return {
        **why.fields(shown.explained, now),
        "slot": iso_or_none(shown.slot),
        "environments": {"names": list(names), "source": str(source)},
        "settings": [
            {
                "release": version,
                "component": value.component,
                "name": value.name,
                "type": value.type,
                "required": value.required,
                "source": str(value.source),
                "value": value.value,
                "is_secret": value.secret_reference is not None,
                "overruled": value.overruled,
            }
            for version, values in shown.values.items()
            for value in values
        ],
    }
