"""A pack, one of its releases and the rows -> the required values that accounts have not given."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.desired.extensibility import Extensibility, SettingName, unfilled
from reconciler.desired.lifecycle import Lifecycle
from reconciler.model.base import Siblings
from reconciler.model.tree import Tree

_MOST_ACCOUNTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """`accounts` are the first that lack a value, in the order of the rows; all are counted."""

    by_setting: tuple[tuple[SettingName, int], ...]
    accounts: tuple[tuple[str, tuple[SettingName, ...]], ...]
    attachments: int


def required_by(
    tree: Tree, pack: str, version: str, life: Lifecycle | None
) -> tuple[SettingName, ...]:
    """The settings of a declared release that need a value and have no default."""
    if version not in tree.releases.get(pack, {}):
        return ()
    settings = Extensibility(tree, {pack: life} if life is not None else {}).pack(pack)
    return settings.required(version) if settings is not None else ()


def missing(required: tuple[SettingName, ...], rows: Iterable[Siblings]) -> Missing:
    """Looks at every row: only for packs that are not large."""
    counted: Counter[SettingName] = Counter()
    by_account: dict[str, tuple[SettingName, ...]] = {}
    attachments = 0
    for row in rows if required else ():
        names = tuple(unfilled(required, row.declared.extensions, row.requested.extensions))
        if not names:
            continue
        attachments += row.rows
        for name in names:
            counted[name] += row.rows
        if row.account in by_account or len(by_account) < _MOST_ACCOUNTS:
            by_account[row.account] = tuple(sorted({*by_account.get(row.account, ()), *names}))
    return Missing(
        by_setting=tuple(sorted(counted.items())),
        accounts=tuple(by_account.items()),
        attachments=attachments,
    )
