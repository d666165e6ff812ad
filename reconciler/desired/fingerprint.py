"""A packaged component -> the digest that tells whether a version is still what was recorded."""

import hashlib

from reconciler.model.declarations import ContainedComponent, PackagedComponent
from reconciler.model.decode import canonical


def fingerprint(component: PackagedComponent) -> str:
    """SHA-256, hex, over type, shareable flag, contains and content id (rule version-immutable).

    Where the content lies and in which order the contained components are written don't count.
    """
    parts = {
        "type": component.type,
        "shareable": component.shareable,
        "contains": contents(component.contains),
        "content": component.content_id,
    }
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def contents(contains: tuple[ContainedComponent, ...]) -> list[dict[str, object]]:
    """What a component contains as plain data, in an order that does not depend on the writing."""
    plain: list[dict[str, object]] = [
        {
            "name": item.name,
            "type": item.type,
            "version": item.version,
            "extensions": {
                name: {
                    "type": setting.type,
                    "required": setting.required,
                    "default": setting.default,
                }
                for name, setting in item.extensions.items()
            },
        }
        for item in contains
    ]
    return sorted(plain, key=canonical)
