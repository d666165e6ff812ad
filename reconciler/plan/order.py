"""Changes in the order in which one may refer to another; deletes the other way round, last."""

from collections.abc import Iterable

from reconciler.model.changes import Action, Change
from reconciler.model.declarations import Kind

_KINDS = {kind: place for place, kind in enumerate(Kind)}
# Of one pack's releases, what becomes current comes before what becomes of the pending one.
_ACTIONS = {
    action: place
    for place, action in enumerate(sorted(Action, key=lambda action: action is Action.SCHEDULE))
}
_LAST = frozenset({Action.DELETE, Action.UNINSTALL})


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Components, packs, accounts, groups, releases, attachments; then uninstalls and deletes."""
    return tuple(sorted(changes, key=_place))


def _place(change: Change) -> tuple[object, ...]:
    last = change.action in _LAST
    kind = _KINDS[change.kind]
    return (
        last,
        -kind if last else kind,
        change.name,
        _ACTIONS[change.action],
        change.before or "",
        change.after or "",
        change.reason or "",
    )
