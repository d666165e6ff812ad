"""Two trees -> what was created, updated, shared and deleted."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.changes import Action, Change
from reconciler.model.declarations import Declaration, Kind, ProcessTemplate
from reconciler.model.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeDifference:
    """What differs: `put` new or changed declarations, `dropped` those that are gone."""

    put: tuple[Declaration, ...]
    dropped: tuple[Declaration, ...]


def difference(before: Tree, after: Tree) -> TreeDifference:
    """Compares canonical bodies by identity; places do not count."""
    put = tuple(
        found
        for found in after
        if (old := before.get(found.kind, found.name)) is None or old.body != found.body
    )
    dropped = tuple(found for found in before if after.get(found.kind, found.name) is None)
    return TreeDifference(put=put, dropped=dropped)


def declaration_changes(
    before: Tree, changed: TreeDifference, told: frozenset[tuple[Kind, str]]
) -> Iterator[Change]:
    """One change a declaration, except for those that another change has told of."""
    for found in changed.put:
        if (found.kind, found.name) not in told:
            yield _written(before.get(found.kind, found.name), found)
    for found in changed.dropped:
        if (found.kind, found.name) not in told:
            yield Change(
                action=Action.DELETE, kind=found.kind, name=found.name, before=fingerprint(found)
            )


def fingerprint(found: Declaration) -> str:
    """Twelve hexadecimal digits that differ when the declaration does."""
    return hashlib.sha256(found.body.encode()).hexdigest()[:12]


def _written(old: Declaration | None, new: Declaration) -> Change:
    before, after = fingerprint(old) if old else None, fingerprint(new)
    reason = None
    action = Action.CREATE if old is None else Action.UPDATE
    if isinstance(new.spec, ProcessTemplate):
        action = Action.SHARE
        reason = "with " + ", ".join(new.spec.groups)
    elif old is not None and set(new.renamed_from) - set(old.renamed_from):
        former = sorted(set(new.renamed_from) - set(old.renamed_from))
        reason = "renamed from " + ", ".join(former)
    return Change(
        action=action, kind=new.kind, name=new.name, before=before, after=after, reason=reason
    )


def paths(declarations: Iterable[Declaration]) -> dict[tuple[Kind, str], str]:
    """(kind, name) -> the path of the manifest, for declarations that come from one."""
    return {(d.kind, d.name): d.origin.path for d in declarations if d.origin is not None}
