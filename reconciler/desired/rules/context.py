"""What a rule may look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from reconciler.desired.extensibility import Extensibility
from reconciler.desired.lifecycle import Lifecycle, lifecycle
from reconciler.desired.recorded import declares
from reconciler.model.base import InstallBase
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.tree import Tree
from reconciler.model.zones import zone
from reconciler.ports import Snapshot


@dataclass(frozen=True, kw_only=True)
class Context:
    """One revision under judgement.

    `base` is what change rules compare with, None when there is nothing to compare with: then no
    change rule is judged. `store` is the install base, None without a store; its names are already
    carried through this revision's renames, and so are the base's.
    """

    tree: Tree
    files: Snapshot
    now: datetime
    base: Tree | None = None
    store: InstallBase | None = None

    @cached_property
    def zone(self) -> ZoneInfo | None:
        """The publisher's zone; None when there is no publisher or its zone is not one."""
        try:
            return zone(self.tree.publisher.time_zone)
        except LookupError:
            return None

    @cached_property
    def lifecycles(self) -> Mapping[str, Lifecycle]:
        """pack -> current and pending at `now`, as this revision would make them, gates aside."""
        if self.zone is None:
            return {}
        return {
            pack: lifecycle(releases, self.promoted(pack), self.now, self.zone)
            for pack, releases in self.tree.releases.items()
        }

    @cached_property
    def extensibility(self) -> Extensibility:
        """What the packs' releases have for accounts to fill in."""
        return Extensibility(self.tree, self.lifecycles)

    @cached_property
    def base_lifecycles(self) -> Mapping[str, Lifecycle]:
        """pack -> current and pending at `now` in the base; empty without one."""
        if self.base is None or self.zone is None:
            return {}
        return {
            pack: lifecycle(releases, self._promoted_in_store(pack), self.now, self.zone)
            for pack, releases in self.base.releases.items()
        }

    def promoted(self, pack: str) -> frozenset[str]:
        """The versions recorded as effective; without a store, those effective in the base."""
        if self.store is not None:
            return self._promoted_in_store(pack)
        found = self.base_lifecycles.get(pack)
        return frozenset(found.effective) if found else frozenset()

    def _promoted_in_store(self, pack: str) -> frozenset[str]:
        record = self.store.packs.get(pack) if self.store is not None else None
        return record.promoted if record is not None else frozenset()

    def is_new(self, declaration: Declaration) -> bool:
        """Whether the base lacks this identity; False without a base."""
        return self.base is not None and not declares(self.base, declaration.kind, declaration.name)

    def before(self, declaration: Declaration) -> Declaration | None:
        """The same identity in the base, if there is one and it differs."""
        if self.base is None:
            return None
        found = self.base.get(declaration.kind, declaration.name)
        return None if found is None or found.body == declaration.body else found

    def is_broken(self, kind: Kind, name: str) -> bool:
        """Whether a document that could not be read may declare this: then it isn't missing."""
        return (kind, name) in self.tree.broken or (kind, None) in self.tree.broken
