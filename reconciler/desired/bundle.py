"""The rows of an account, their releases and components -> what its runtime should run."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from reconciler.model.base import Attached
from reconciler.model.declarations import (
    NOTHING,
    Kind,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.decode import canonical
from reconciler.model.delivery import Bundle, BundledComponent, Served, Target

Component = PackagedComponent | PublishedProcess
Components = Callable[[str], Component | None]
Fields = dict[str, Any]


def bundle(served: Served) -> Bundle:
    """What the account should run by the store's word, in order of pack and instance.

    Rows that run nothing yet are not in it: gates, windows and adoption are all decided before.
    """
    targets = tuple(
        target(row, release, partial(_spec, served, row.key.pack))
        for row in served.rows
        if row.release is not None
        and (release := served.releases.get((row.key.pack, row.release))) is not None
    )
    fields = {"account": served.account, "attachments": [target_fields(one) for one in targets]}
    return Bundle(account=served.account, targets=targets, digest=_digest(fields))


def _spec(served: Served, pack: str, name: str) -> Component | None:
    kind = Kind.PUBLISHED_PROCESS if pack in served.legacy else Kind.PACKAGED_COMPONENT
    return served.specs.get((kind, name))


def target(row: Attached, release: Release, components: Components) -> Target:
    """What a row that has a release should run. `components` knows them by "component@version"."""
    assert row.updated_at is not None, "a row that is stored has a time"
    bundled = tuple(
        _bundled(name, version, components(f"{name}@{version}"))
        for name, version in sorted(release.components.items())
    )
    found = [components(f"{one.component}@{one.version}") for one in bundled]
    content: Fields = {
        "environments": row.settings.environments or (),
        "extensions": dict(_in_force(row.settings.extensions or NOTHING, found)),
        "components": bundled,
    }
    said = {"release": release.version, **_key_fields(row.key), **content}
    said["components"] = [_component_fields(one) for one in bundled]
    return Target(
        key=row.key,
        release=release.version,
        digest=_digest(said),
        since=row.updated_at,
        **content,
    )


def bundle_fields(found: Bundle) -> Fields:
    """A bundle as an agent gets it."""
    return {
        "account": found.account,
        "attachments": [target_fields(one) for one in found.targets],
        "digest": found.digest,
    }


def target_fields(found: Target) -> Fields:
    """One attachment of a bundle."""
    return {
        **_key_fields(found.key),
        "release": found.release,
        "environments": list(found.environments),
        "extensions": {name: dict(values) for name, values in found.extensions.items()},
        "components": [_component_fields(one) for one in found.components],
        "digest": found.digest,
    }


def _key_fields(key: Any) -> Fields:
    return {"pack": key.pack, "instance": key.instance or None}


def _component_fields(found: BundledComponent) -> Fields:
    return {
        "component": found.component,
        "version": found.version,
        "type": found.type,
        "content": found.content,
        "file": found.file,
    }


def _bundled(name: str, version: str, spec: Component | None) -> BundledComponent:
    packaged = spec if isinstance(spec, PackagedComponent) and spec.content_id else None
    return BundledComponent(
        component=name,
        version=version,
        type=None if spec is None else spec.type.value,
        content=None if packaged is None else packaged.content_id,
        file=None if packaged is None else PurePosixPath(packaged.content or "").name or None,
    )


def _in_force(
    given: Mapping[str, Mapping[str, Any]],
    components: list[Component | None],
) -> Iterator[tuple[str, Fields]]:
    """contained component -> setting -> value or default; values that wait for another release are
    left out, and so are settings without a value.
    """
    settings = {
        (contained.name, name): setting
        for spec in components
        if spec is not None
        for contained in spec.contains
        for name, setting in contained.extensions.items()
    }
    values: dict[str, Fields] = {}
    for (contained, name), setting in sorted(settings.items(), key=lambda item: item[0]):
        own = given.get(contained, NOTHING)
        value = own.get(name, setting.default)
        if value is not None:
            values.setdefault(contained, {})[name] = value
    yield from values.items()


def _digest(fields: Fields) -> str:
    return hashlib.sha256(canonical(fields).encode()).hexdigest()
