"""A plan -> the digest by which apply knows that nothing has changed since (SPEC section 7.4)."""

import hashlib
from collections.abc import Iterable

from reconciler.model.changes import Change
from reconciler.model.decode import canonical

_FORMAT = 1


def digest(store_id: str | None, revision: str, changes: Iterable[Change]) -> str:
    """SHA-256 over store, revision and each change with its before; counts only where destructive.

    `store_id` None is a store that apply will create.
    """
    content = {
        "format": _FORMAT,
        "store": store_id or "none",
        "revision": revision,
        "changes": [
            [
                change.action,
                change.kind,
                change.name,
                change.before,
                change.after,
                change.attachments if change.destructive else None,
                list(change.members) if change.destructive else None,
            ]
            for change in changes
        ],
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()
