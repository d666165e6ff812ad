"""Two revisions' documents and who runs what -> the changes that a plan must have, and no others.

A model of its own, which shares nothing with the planner. It knows immediate releases, groups and
declared attachments. What depends on time, on gates or on what accounts wish is beyond it: of such
packs declarations alone are compared.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from semver import Version

from replay.documents import Document, Documents, Identity, same

Told = tuple[str, str, str, str | None, str | None]
"""What a plan says: kind, action, name, and for releases and attachments before and after."""
Key = tuple[str, str]
"""Account and instance of an attachment, "" for none."""
_ROWS = ("Release", "Attachment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One attachment: what it runs, who declares it, whether it is entitled, how it is set."""

    release: str | None
    origin: str
    entitled: bool = True
    settings: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The install base after a revision, as the model sees it.

    `beyond` are packs that the model can't foretell, `blind` says that it can't foretell any.
    """

    documents: Documents = field(default_factory=Documents)
    current: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[Key, Row]] = field(default_factory=dict)
    beyond: frozenset[str] = frozenset()
    blind: bool = False

    def knows(self, pack: str) -> bool:
        return not self.blind and pack not in self.beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a plan must say, each with the attachments it counts, and the base that follows."""

    changes: Mapping[Told, int]
    base: Base


def expected(before: Base, after: Documents, touched: Iterable[Identity]) -> Expectation:
    """What the step from one revision to the next amounts to; only `touched` may differ."""
    old, new = before.documents, after
    differing = {
        one: _verb(old.get(one), new.get(one))
        for one in touched
        if not same(old.get(one), new.get(one))
    }
    base = replace(
        before,
        documents=new,
        beyond=before.beyond | _beyond(new, differing),
        blind=before.blind or _blinding(new, differing),
    )
    packs = _packs(old, new, differing)
    changes: Counter[Told] = Counter()
    told: set[Identity] = set()
    current, rows = dict(before.current), dict(before.rows)
    groups = _Groups(new)
    for pack in sorted(packs):
        step = _PackStep(pack, before, new, groups)
        if base.knows(pack):
            changes.update(step.changes)
            told.update(step.told)
        current.pop(pack, None)
        if step.current is not None:
            current[pack] = step.current
        rows[pack] = step.rows
    for (kind, name), verb in differing.items():
        foreseen = base.knows(pack_of(kind, name)) or kind not in _ROWS
        if (kind, name) not in told and foreseen:
            changes[kind, verb, name, None, None] = 0
    return Expectation(changes=changes, base=replace(base, current=current, rows=rows))


def pack_of(kind: str, name: str) -> str:
    """The pack that a Release or an Attachment named so is of."""
    return name.rpartition("@")[0] if kind == "Release" else (*name.split("/"), "", "")[1]


def _verb(before: Document | None, after: Document | None) -> str:
    return "create" if before is None else "delete" if after is None else "update"


def _beyond(new: Documents, differing: Mapping[Identity, str]) -> frozenset[str]:
    """Packs with a date, a hold, an adoption or an end among what differs."""
    found = set()
    for kind, name in differing:
        spec = (new.get((kind, name)) or {}).get("spec", {})
        if (kind == "Release" and spec.get("schedule") != "immediate" and spec) or (
            kind == "Attachment" and spec.keys() & {"adopt", "hold"}
        ):
            found.add(pack_of(kind, name))
        elif kind == "IntegrationPack" and spec.keys() & {"suspended", "retired"}:
            found.add(name)
    return frozenset(found)


def _blinding(new: Documents, differing: Mapping[Identity, str]) -> bool:
    """A freeze, a suspended account or a rename: whatever follows may wait, or bear other names."""
    for one in differing:
        document = new.get(one) or {}
        spec = document.get("spec", {})
        suspended = one[0] == "ManagedAccount" and spec.get("status") == "suspended"
        if spec.get("freezes") or suspended or document.get("metadata", {}).get("renamedFrom"):
            return True
    return False


def _packs(old: Documents, new: Documents, differing: Iterable[Identity]) -> set[str]:
    """The packs of which anything may move."""
    found: set[str] = set()
    for kind, name in differing:
        if kind == "IntegrationPack":
            found.add(name)
        elif kind in _ROWS:
            found.add(pack_of(kind, name))
        elif kind == "ManagedAccount":
            return {pack for side in (old, new) for pack in side.of_kind("IntegrationPack")}
        elif kind == "AccountGroup":
            found |= _resources_that_differ(old.get((kind, name)), new.get((kind, name)))
    return found


def _resources_that_differ(before: Document | None, after: Document | None) -> set[str]:
    one, other = _resources(before), _resources(after)
    members = [
        {key: v for key, v in (side or {}).get("spec", {}).items() if key != "packs"}
        for side in (before, after)
    ]
    if members[0] != members[1]:
        return one.keys() | other.keys()
    return {pack for pack, _ in one.items() ^ other.items()}


def _resources(group: Document | None) -> dict[str, str]:
    resources = (group or {}).get("spec", {}).get("packs") or ()
    found: dict[str, str] = {}
    for one in resources:
        install = one.get("install", "manual")
        found[one["pack"]] = "automatic" if found.get(one["pack"]) == "automatic" else install
    return found


class _Groups:
    """Who is entitled to what, and who gets it automatically, in one revision."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.accounts = {
            name: one["metadata"] for name, one in documents.of_kind("ManagedAccount").items()
        }
        self.entitled: dict[str, set[str]] = {}
        self.automatic: dict[str, set[str]] = {}
        self.releases: dict[str, list[str]] = {}
        self.attachments: dict[str, list[Document]] = {}
        for one in documents.of_kind("Release").values():
            self.releases.setdefault(one["spec"]["pack"], []).append(one["spec"]["version"])
        for one in documents.of_kind("Attachment").values():
            self.attachments.setdefault(one["spec"]["pack"], []).append(one["spec"])
        for group in documents.of_kind("AccountGroup").values():
            members = self._members(group["spec"])
            for pack, install in _resources(group).items():
                self.entitled.setdefault(pack, set()).update(members)
                if install == "automatic":
                    self.automatic.setdefault(pack, set()).update(members)

    def _members(self, spec: Document) -> set[str]:
        if spec.get("all") == "true":
            return set(self.accounts)
        found = self.accounts.keys() & set(spec.get("accounts") or ())
        labels = (spec.get("selector") or {}).get("matchLabels")
        if labels:
            found |= {
                name
                for name, metadata in self.accounts.items()
                if labels.items() <= (metadata.get("labels") or {}).items()
            }
        return found


class _PackStep:
    """One pack from one revision to the next: what it serves, who has it, what is told of that."""

    def __init__(self, pack: str, before: Base, new: Documents, groups: _Groups) -> None:
        self.pack = pack
        self.changes: Counter[Told] = Counter()
        self.told: set[Identity] = set()
        declared = new.get(("IntegrationPack", pack))
        versions = groups.releases.get(pack, []) if declared else []
        was = before.current.get(pack)
        self.current = max(versions, key=Version.parse, default=None)
        rows = before.rows.get(pack, {})
        wanted = dict(self._wanted(declared, rows, groups))
        mover = self._move(was, declared is not None)
        for key in rows.keys() - wanted.keys():
            self._say("Attachment", "uninstall", rows[key].release, None, key)
        self.rows = {key: self._row(rows.get(key), row, mover, key) for key, row in wanted.items()}

    def _move(self, was: str | None, declared: bool) -> Told | None:
        """The release change, if there is one; rows are counted in it."""
        if self.current == was or not declared:
            return None
        down = self.current is None or (was is not None and _higher(was, self.current))
        action = "rollback" if down else "release"
        told = ("Release", action, self.pack, was, self.current)
        self.changes[told] = 0
        self.told.update(
            ("Release", f"{self.pack}@{version}")
            for version in ((was, self.current) if down else (self.current,))
            if version is not None
        )
        return told

    def _wanted(
        self, declared: Document | None, rows: Mapping[Key, Row], groups: _Groups
    ) -> Iterator[tuple[Key, Row]]:
        """Every attachment that should be there, running what it ran."""
        if declared is None:
            return
        entitled = groups.entitled.get(self.pack, set())
        done: set[Key] = set()
        for spec in groups.attachments.get(self.pack, ()):
            key = (spec["account"], spec.get("instance") or "")
            settings = {name: spec.get(name) for name in ("environments", "extensions")}
            done.add(key)
            yield key, self._kept(rows.get(key), "manifest", spec["account"] in entitled, settings)
        instance = self.pack if declared["spec"]["attachment"] == "multiple" else ""
        for account in groups.automatic.get(self.pack, ()):
            key = (account, instance)
            if key not in done:
                done.add(key)
                yield key, self._kept(rows.get(key), "automatic", True, None)
        for key, row in rows.items():
            stays = row.origin == "account" or (row.origin == "automatic" and key[0] in entitled)
            if key not in done and stays and key[0] in groups.accounts:
                yield key, self._kept(row, "account", key[0] in entitled, None)

    @staticmethod
    def _kept(row: Row | None, origin: str, entitled: bool, settings: Document | None) -> Row:
        release = None if row is None else row.release
        return Row(release=release, origin=origin, entitled=entitled, settings=settings)

    def _row(self, before: Row | None, row: Row, mover: Told | None, key: Key) -> Row:
        """Where the row goes, and the words about it."""
        if before is not None and before != row:
            self._say("Attachment", "configure", row.release, row.release, key)
        if self.current is None or self.current == row.release:
            return row
        if row.release is None:
            self._say("Attachment", "install", None, self.current, key)
        elif mover is not None:
            self.changes[mover] += 1
        else:
            down = _higher(row.release, self.current)
            action = "rollback" if down else "upgrade"
            self._say("Attachment", action, row.release, self.current, None)
        return replace(row, release=self.current)

    def _say(
        self, kind: str, action: str, before: str | None, after: str | None, key: Key | None
    ) -> None:
        self.changes[kind, action, self.pack, before, after] += 1
        if key is not None:
            name = "/".join(part for part in (key[0], self.pack, key[1]) if part)
            self.told.add(("Attachment", name))


def _higher(one: str, other: str) -> bool:
    return Version.parse(one) > Version.parse(other)
