"""Rows and what a release does to them -> how many in how many accounts, where, and what they lack.

Rows come as the store groups them (model.base.Siblings), those of an account together, and are
looked at once: what is kept are counts, and the first of the accounts that lack a value.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from reconciler.desired.extensibility import SettingName, unfilled
from reconciler.model.base import Siblings
from reconciler.model.impact import AccountGap, Few, Hit
from reconciler.model.tree import Tree

MOST_GAPS = 1_000

Place = tuple[str, str | None] | None
"""An environment's name and classification; None: none."""
Key = TypeVar("Key", bound=Hashable)


class Fate(StrEnum):
    """What a release does to a row."""

    HIT = "hit"
    RUNNING = "running"
    INSTALLED = "installed"
    HELD = "held"
    SUSPENDED = "suspended"


class Sums(dict[Key, list[int]]):
    """Attachments and accounts by key; whoever adds, adds an account once for each key."""

    def add(self, key: Key, attachments: int) -> None:
        """One more account with so many attachments."""
        sums = self.get(key)
        if sums is None:
            self[key] = [attachments, 1]
        else:
            sums[0] += attachments
            sums[1] += 1

    def hit(self, key: Key) -> Hit:
        """None of a key that was never added."""
        attachments, accounts = self.get(key, (0, 0))
        return Hit(attachments=attachments, accounts=accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups that entitle accounts to one pack; `of_accounts` tells of others, too."""

    of_accounts: Mapping[str, tuple[str, ...]]
    entitling: frozenset[str]

    def of(self, account: str) -> list[str]:
        """Those of one account."""
        return [name for name in self.of_accounts.get(account, ()) if name in self.entitling]


class Tally:
    """Counts the rows of one pack; `required` are the settings that need a value.

    `fates` are all rows; `groups`, `places` and `zones` those that are hit; `missing` all that lack
    a value. After the last row end() is called.
    """

    def __init__(
        self,
        tree: Tree,
        groups: Groups,
        required: tuple[SettingName, ...],
    ) -> None:
        self._accounts, self._entitled_by, self._required = tree.accounts, groups, required
        self._zone = tree.publisher.time_zone
        self.fates: Sums[Fate] = Sums()
        self.leaving: Sums[str] = Sums()
        self.groups: Sums[str | None] = Sums()
        self.places: Sums[Place] = Sums()
        self.zones: Sums[str] = Sums()
        self.missing: Sums[SettingName] = Sums()
        self.gaps: list[AccountGap] = []
        self.accounts_lacking = 0
        self._start(None)

    def _start(self, account: str | None) -> None:
        self._account = account
        self._own_fates: Counter[Fate] = Counter()
        self._own_leaving: Counter[str] = Counter()
        self._own_places: Counter[Place] = Counter()
        self._own_missing: Counter[SettingName] = Counter()

    def add(self, found: Siblings, fate: Fate, leaving: str | None = None) -> None:
        """`leaving`: the pending release that the rows run and that ends."""
        if found.account != self._account:
            self.end()
            self._start(found.account)
        self._own_fates[fate] += found.rows
        if leaving is not None:
            self._own_leaving[leaving] += found.rows
        if self._required:
            given = (found.declared.extensions, found.requested.extensions)
            for name in unfilled(self._required, *given):
                self._own_missing[name] += found.rows
        if fate is Fate.HIT:
            for environment in found.environments:
                self._own_places[environment, self._classification(environment)] += found.rows
            if not found.environments:
                self._own_places[None] += found.rows

    def end(self) -> None:
        """The account's rows have all been added."""
        account = self._account
        if account is None:
            return
        for fate, rows in self._own_fates.items():
            self.fates.add(fate, rows)
        for release, rows in self._own_leaving.items():
            self.leaving.add(release, rows)
        if self._own_missing:
            self._end_missing(account)
        rows = self._own_fates[Fate.HIT]
        if not rows:
            return
        for place, number in self._own_places.items():
            self.places.add(place, number)
        for group in self._entitled_by.of(account) or (None,):
            self.groups.add(group, rows)
        spec = self._accounts.get(account)
        self.zones.add((spec and spec.time_zone) or self._zone, rows)

    def _end_missing(self, account: str) -> None:
        self.accounts_lacking += 1
        for name, rows in self._own_missing.items():
            self.missing.add(name, rows)
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(AccountGap(account=account, names=tuple(sorted(self._own_missing))))

    def few_gaps(self) -> Few[AccountGap]:
        """The accounts that lack a value, so many as were kept, in order of their names."""
        kept = sorted(self.gaps, key=lambda gap: gap.account)
        return Few(items=tuple(kept), more=self.accounts_lacking - len(kept))

    def _classification(self, environment: str) -> str | None:
        spec = self._accounts.get(self._account or "")
        for declared in spec.environments if spec is not None else ():
            if declared.name == environment:
                return declared.classification
        return None
