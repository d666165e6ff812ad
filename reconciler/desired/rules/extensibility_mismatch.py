"""Rule extensibility-mismatch: what several components contain has one set of extensions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.desired.rules.contents import Content, is_live, releases, versions_for
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import (
    ContainedComponent,
    Declaration,
    ExtensionSetting,
    Release,
)
from reconciler.model.decode import canonical
from reconciler.model.findings import Problem

_FIELDS = ("type", "required", "default")
_Settings = Mapping[str, ExtensionSetting]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A contained component inside a packaged one of the release."""

    component: str
    version: str
    item: ContainedComponent

    def __str__(self) -> str:
        return f"{self.component} {self.version}"


def check(context: Context) -> Iterator[Problem]:
    """A state rule on releases from current on, found at the release.

    Values are entered by the name of the contained component, so the name alone tells it.
    """
    for declaration, release in releases(context):
        pack = context.tree.packs.get(release.pack)
        if pack is not None and is_live(context, release):
            contents = versions_for(context, pack.deployment)
            named = {
                component: contents[component][version]
                for component, version in release.components.items()
                if version in contents.get(component, {})
            }
            yield from _mismatches(declaration, release, named)


def _mismatches(
    declaration: Declaration, release: Release, named: Mapping[str, Content]
) -> Iterator[Problem]:
    first_by_name: dict[str, _Place] = {}
    for component, content in named.items():
        for item in content.contains:
            place = _Place(component=component, version=release.components[component], item=item)
            first = first_by_name.setdefault(item.name, place)
            fields = _differing(first.item.extensions, item.extensions)
            if fields:
                yield _problem(declaration, first, place, fields)


def _problem(declaration: Declaration, first: _Place, place: _Place, fields: list[str]) -> Problem:
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", "components", place.component),
        message=f'{place.item.type} "{place.item.name}" has other extensibility settings in '
        f"{place} than in {first}: {', '.join(fields)}.",
        hint="package both with the same settings, or release versions that agree.",
    )


def _differing(first: _Settings, second: _Settings) -> list[str]:
    """Such as "region.required", or "region" for a setting that one of them lacks."""
    if first == second and canonical(_defaults(first)) == canonical(_defaults(second)):
        return []
    fields: list[str] = []
    for name in sorted({*first, *second}):
        if name not in first or name not in second:
            fields.append(name)
            continue
        fields += [
            f"{name}.{field}"
            for field in _FIELDS
            if canonical(getattr(first[name], field)) != canonical(getattr(second[name], field))
        ]
    return fields


def _defaults(settings: _Settings) -> dict[str, object]:
    """Compared as text because 1 and true are equal in Python."""
    return {name: setting.default for name, setting in settings.items()}


RULE = Rule(
    id="extensibility-mismatch",
    summary="A component that several packaged components of a release contain has the same "
    "extensibility settings in each of them.",
    check=check,
)
