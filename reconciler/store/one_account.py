"""Tables of the install base -> the part of it that decides what one account asks for."""

from collections.abc import Iterator

from reconciler.model.base import Attached, AttachmentKey, InstallBase, RowsInMemory
from reconciler.model.declarations import Declaration, ManagedAccount
from reconciler.model.tree import Tree
from reconciler.store import reading
from reconciler.store.connection import Connection
from reconciler.store.membership_index import Memberships

_OF_ACCOUNT = """
SELECT kind, body FROM declaration
WHERE kind IN ('Publisher', 'ProcessTemplate')
    OR (kind = 'ManagedAccount' AND name = :account)
    OR (kind = 'IntegrationPack' AND name = :pack)
    OR (kind = 'Release' AND name >= :pack || '@' AND name < :pack || 'A')
    OR (kind = 'Attachment' AND name = :account || '/' || :pack)
    OR (kind = 'Attachment'
        AND name >= :account || '/' || :pack || '/' AND name < :account || '/' || :pack || '0')
ORDER BY kind, name
"""
_GROUPS = "SELECT kind, body FROM declaration WHERE kind = 'AccountGroup' ORDER BY name"
_COMPONENT = """
SELECT kind, body FROM declaration
WHERE kind IN ('PackagedComponent', 'PublishedProcess') AND name = :name ORDER BY kind
"""


def base_of_account(
    connection: Connection, memberships: Memberships, account: str, pack: str | None
) -> InstallBase:
    """See Store.request.

    Beside what the protocol promises it holds the components of the pack's current and pending
    release, and the manifests of the account's attachments of it.
    """
    known = {} if pack is None else reading.packs(connection, pack)
    rows = connection.execute(_OF_ACCOUNT, {"account": account, "pack": pack}).fetchall()
    for name in reading.components_served(known):
        rows += connection.execute(_COMPONENT, {"name": name}).fetchall()
    found = list(reading.in_kind_order(rows))
    spec = next((one.spec for one in found if isinstance(one.spec, ManagedAccount)), None)
    own: dict[AttachmentKey, Attached] = {}
    if pack is not None:
        own = {row.key: row for row in reading.attached(connection, account, pack)}
    tree = Tree((*found, *_groups(connection, memberships, account, spec, pack)))
    return InstallBase(
        store_id=reading.identity(connection)[0],
        applied=reading.applied(connection),
        tree=tree,
        packs=known,
        attachments=RowsInMemory(own, tree.suspended),
        copies=tuple(reading.copies(connection, account)),
    )


def _groups(
    connection: Connection,
    memberships: Memberships,
    account: str,
    spec: ManagedAccount | None,
    pack: str | None,
) -> Iterator[Declaration]:
    """Those that have the account, from the index where somebody has made it.

    To make it takes longer than to look through the texts once, as one command does.
    """
    index = memberships.made(connection)
    if index is not None and spec is not None:
        packs = () if pack is None else (pack,)
        yield from index.groups_alone(spec, packs)
        return
    rows = connection.execute(_GROUPS)
    yield from reading.in_kind_order([row for row in rows if _may_concern(account, row[1])])


def _may_concern(account: str, body: str) -> bool:
    """False for a group that can't have the account: to read long lists of others takes long."""
    words = (f'"{account}"', '"all":true', '"selector":{')
    return any(found in body for found in words)
