"""What the core asks of the outside: a source of revisions, a store, a clock."""

from reconciler.ports.install_base import (
    Acceptance,
    Moved,
    Part,
    Refusal,
    Session,
    Store,
)
from reconciler.ports.outside import (
    Bar,
    Clock,
    Progress,
    WorkLog,
)
from reconciler.ports.revisions import (
    FileChange,
    ManifestFile,
    PathLookup,
    PathState,
    PathTrouble,
    Snapshot,
    Source,
)

__all__ = [
    "Acceptance",
    "Bar",
    "Clock",
    "FileChange",
    "ManifestFile",
    "Moved",
    "Part",
    "PathLookup",
    "PathState",
    "PathTrouble",
    "Progress",
    "Refusal",
    "Session",
    "Snapshot",
    "Source",
    "Store",
    "WorkLog",
]
