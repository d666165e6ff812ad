"""Declarations -> the paths below the publisher root that they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.desired.rules.context import Context
from reconciler.model.declarations import (
    Declaration,
    IntegrationPack,
    Kind,
    Origin,
    PackagedComponent,
    Release,
)

_URL = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPath:
    """A path as a document writes it, and where it does."""

    origin: Origin | None
    pointer: tuple[str | int, ...]
    path: str


def paths(context: Context) -> Iterator[NamedPath]:
    """Every path that still has to be looked up: content that has its object id was found."""
    for kind in (Kind.PACKAGED_COMPONENT, Kind.INTEGRATION_PACK, Kind.RELEASE):
        for declaration in context.tree.by_kind[kind].values():
            yield from named_paths(declaration)


def named_paths(declaration: Declaration) -> Iterator[NamedPath]:
    """Those of one declaration; addresses of web pages are none."""
    for field, path in _fields(declaration):
        if path is not None and not _URL.match(path):
            yield NamedPath(origin=declaration.origin, pointer=("spec", *field), path=path)


def _fields(declaration: Declaration) -> tuple[tuple[tuple[str, ...], str | None], ...]:
    match declaration.spec:
        case PackagedComponent(content=content, content_id=None):
            return ((("content",), content),)
        case IntegrationPack(installation_guide=installation, user_guide=user):
            return (
                (("documentation", "installation"), installation),
                (("documentation", "user"), user),
            )
        case Release(impact=impact, regression=regression):
            return (
                (("assessment", "impact"), impact),
                (("assessment", "regression"), regression),
            )
        case _:
            return ()
