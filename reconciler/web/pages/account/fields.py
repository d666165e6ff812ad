"""The settings of an attachment -> fields of a form, and what was filled in -> values to set."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import FormData

from reconciler.desired.eligibility import typed
from reconciler.desired.extensibility import fits
from reconciler.desired.values_in_force import ValueInForce, ValueSource, values_of_attachment
from reconciler.model.base import Attached, InstallBase, PackRecord
from reconciler.model.declarations import ExtensionSetting

Values = dict[str, dict[str, Any]]
_LONGEST = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting. `text` is what the field shows: of a secret never anything.

    `new_in` is the pending release where the release that runs has not got it. `wrong` says what is
    wrong with the text, "" for nothing.
    """

    value: ValueInForce
    text: str
    new_in: str | None = None
    wrong: str = ""

    @property
    def key(self) -> str:
        """The name of the form's field."""
        return f"set:{self.value.spoken}"

    @property
    def is_secret(self) -> bool:
        return self.value.type == "secret"

    @property
    def locked(self) -> bool:
        """The publisher's manifest sets it, and wins."""
        return self.value.source is ValueSource.MANIFEST

    @property
    def own_set(self) -> bool:
        """The account has set it, whether that counts or not."""
        return self.value.source is ValueSource.ACCOUNT or self.value.overruled


def fields_of(base: InstallBase, record: PackRecord, row: Attached) -> tuple[SettingField, ...]:
    """The settings of the release that the row runs and of the pending one.

    What is needed comes first, then by name.
    """
    by_release = values_of_attachment(base.tree, row, record)
    before, after = (
        {value.spoken: value for value in by_release.get(release or "", ())}
        for release in (row.release, record.pending)
    )
    found = [
        SettingField(
            value=value, text=_text(value), new_in=None if name in before else record.pending
        )
        for name, value in {**before, **after}.items()
    ]
    return tuple(sorted(found, key=lambda field: (not field.value.lacks, field.value.spoken)))


def missing(fields: Iterable[SettingField]) -> tuple[SettingField, ...]:
    """Those that need a value."""
    return tuple(field for field in fields if field.value.lacks)


def _text(value: ValueInForce) -> str:
    """Nothing for what is delivered: to leave it so is to set nothing."""
    if value.value is None or value.source is ValueSource.DEFAULT:
        return ""
    if isinstance(value.value, bool):
        return "true" if value.value else "false"
    return str(value.value)


def filled_in(form: FormData, fields: Iterable[SettingField]) -> tuple[SettingField, ...]:
    """The fields as they were sent, each with what is wrong with it."""
    return tuple(
        field if field.locked else replace(field, **_sent(form, field)) for field in fields
    )


def _sent(form: FormData, field: SettingField) -> Mapping[str, Any]:
    text = sent_text(form, field.key)
    if text is None:
        return {}
    wrong = ""
    if len(text) > _LONGEST:
        wrong = f"this is longer than {_LONGEST:,} characters"
    elif text and not field.is_secret and not fits(_value(field, text), _setting(field)):
        wrong = "this is no number" if field.value.type == "number" else "choose true or false"
    return {"text": text, "wrong": wrong}


def sent_text(form: FormData, key: str) -> str | None:
    """A field of the form without blanks around it; None: it was not sent."""
    found = form.get(key)
    return found.strip() if isinstance(found, str) else None


def values_of(form: FormData, sent: Iterable[SettingField]) -> Values:
    """What the account sets by them: a value, None for one that it takes back."""
    found: Values = {}
    for field in sent:
        for value in _wanted(form, field):
            found.setdefault(field.value.component, {})[field.value.name] = value
    return found


def _wanted(form: FormData, field: SettingField) -> Iterator[Any]:
    if field.locked or sent_text(form, field.key) is None:
        return
    if field.is_secret:
        if field.text:
            yield {"secretRef": field.text}
        elif field.own_set and form.get(f"clear:{field.value.spoken}") is not None:
            yield None
    elif field.text:
        yield _value(field, field.text)
    elif field.own_set:
        yield None


def _value(field: SettingField, text: str) -> Any:
    component, name = field.value.component, field.value.name
    given = {component: {name: text}}
    return typed(given, {(component, name): _setting(field)})[component][name]


def _setting(field: SettingField) -> ExtensionSetting:
    return ExtensionSetting(type=field.value.type)
