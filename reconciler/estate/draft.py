"""Tables -> the documents that declare what they tell, each with the row that it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.estate.cells import Cells
from reconciler.estate.running import Running, running_of
from reconciler.estate.tables import Row, Tables
from reconciler.model.declarations import Kind
from reconciler.model.tree import Tree
from reconciler.model.versions import semver_key

Data = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A document to be; `row` tells it, or is the first that needs it. None: a store told it."""

    kind: Kind
    metadata: Data
    spec: Data
    row: Row | None


@dataclass(slots=True, kw_only=True)
class Draft:
    """All that tables declare; `notes` say what was made up where they are silent."""

    documents: list[Drafted] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draft(tables: Tables, tree: Tree | None) -> Draft:
    """The documents that are missing in `tree`, which is what the repository declares already."""
    return _Drawing(tables, tree).drawn()


class _Drawing:
    def __init__(self, tables: Tables, tree: Tree | None) -> None:
        self._tables, self._tree = tables, tree or Tree(())
        self._cells = Cells(tables)
        self._draft = Draft()
        self._packs: dict[str, Row] = {}
        self._releases: dict[tuple[str, str], Row] = {}

    def drawn(self) -> Draft:
        """Everything, in the order of reference."""
        draft = self._draft
        draft.running = running_of(self._tables, self._cells)
        self._draw_releases()
        self._draw_packs()
        self._draw_components()
        self._draw_accounts()
        self._draw_groups()
        for one in draft.running:
            self._draw_attachment(one)
        return draft

    def _add(
        self, kind: Kind, row: Row | None, spec: Data, name: str | None = None, **more: Any
    ) -> None:
        metadata = {"name": name, **more} if name is not None else more
        kept = {key: value for key, value in spec.items() if value not in (None, [], {})}
        document = Drafted(kind=kind, metadata=metadata, spec=kept, row=row)
        self._draft.documents.append(document)

    def _unknown(self, row: Row, column: str, what: str, table: str) -> None:
        hint = f"add it to the table {table}, or leave that table out."
        self._tables.complain(row, column, f"{what} is in no row of {table}.", hint)

    def _draw_releases(self) -> None:
        cells, told = self._cells, self._tables.rows["releases"]
        for row in told:
            pack = cells.name(row, "pack")
            version = None if pack is None else cells.version(row, "version", pack)
            if pack is None or version is None:
                continue
            date = cells.text(row, "date")
            components = {
                name: text
                for key, text in cells.pairs(row, "components").items()
                if (name := cells.named(row, "components", "component", key)) is not None
            }
            spec = {
                "pack": pack,
                "version": version,
                "components": components,
                "schedule": {"date": date} if date else "immediate",
                "notes": cells.text(row, "notes"),
            }
            self._releases[pack, version] = row
            self._add(Kind.RELEASE, row, spec)
        for one in self._draft.running:
            known = one.release in self._tree.releases.get(one.pack, {})
            if known or (one.pack, one.release) in self._releases:
                continue
            if told:
                self._unknown(one.row, "release", f"{one.pack} {one.release}", "releases")
            self._releases[one.pack, one.release] = one.row
            if not told:
                self._stand_in(one)

    def _stand_in(self, one: Running) -> None:
        """Nobody says what the pack holds: a process of its name stands for it."""
        spec = {
            "pack": one.pack,
            "version": one.release,
            "components": {one.pack: one.release},
            "schedule": "immediate",
        }
        self._add(Kind.RELEASE, one.row, spec)

    def _draw_packs(self) -> None:
        cells, told = self._cells, self._tables.rows["packs"]
        instances = {one.pack for one in self._draft.running if one.instance}
        held = self._held()
        for row in told:
            name = cells.name(row, "pack")
            if name is None:
                continue
            self._packs[name] = row
            title = cells.text(row, "name") or cells.text(row, "pack")
            listed = cells.items(row, "components")
            components = [cells.named(row, "components", "component", text) for text in listed]
            mode = cells.text(row, "attachment")
            guides = {key: cells.text(row, key) for key in ("installation", "user")}
            email = cells.text(row, "email")
            spec = {
                "displayName": title,
                "description": cells.text(row, "description"),
                "attachment": mode or ("multiple" if name in instances else "single"),
                "components": components or held.get(name),
                "documentation": {key: text for key, text in guides.items() if text},
                "contact": {"email": email} if email else None,
            }
            self._add(Kind.INTEGRATION_PACK, row, spec, name)
        for (name, _), row in self._releases.items():
            if name in self._packs or name in self._tree.packs:
                continue
            self._packs[name] = row
            if told:
                self._unknown(row, "pack", name, "packs")
                continue
            spec = {
                "displayName": cells.text(row, "pack_name") or cells.text(row, "pack"),
                "attachment": "multiple" if name in instances else "single",
                "components": held.get(name),
            }
            self._add(Kind.INTEGRATION_PACK, row, spec, name)

    def _held(self) -> dict[str, list[str]]:
        """The components of each pack's highest release."""
        highest: dict[str, tuple[str, list[str]]] = {}
        for found in self._draft.documents:
            if found.kind is Kind.RELEASE:
                pack, key = found.spec["pack"], semver_key(found.spec["version"])
                if pack not in highest or highest[pack][0] < key:
                    highest[pack] = (key, list(found.spec.get("components", ())))
        return {pack: components for pack, (_, components) in highest.items()}

    def _draw_components(self) -> None:
        cells, told = self._cells, self._tables.rows["components"]
        for row in told:
            component, version = cells.name(row, "component"), cells.needed(row, "version")
            if component is None or version is None:
                continue
            spec = {
                "component": component,
                "type": cells.text(row, "type") or "process",
                "version": version,
                "shareable": cells.flag(row, "shareable", True),
                "notes": cells.text(row, "notes"),
                "content": cells.text(row, "content"),
                "contains": cells.data(row, "contains"),
            }
            self._add(Kind.PACKAGED_COMPONENT, row, spec)
        if told:
            return
        made: set[tuple[str, str]] = set()
        for found in list(self._draft.documents):
            if found.kind is not Kind.RELEASE:
                continue
            for component, version in found.spec.get("components", {}).items():
                there = version in self._tree.components.get(component, {})
                if there or (component, version) in made:
                    continue
                made.add((component, version))
                spec = {"component": component, "type": "process", "version": version}
                self._add(Kind.PACKAGED_COMPONENT, found.row, {**spec, "shareable": True})
        if made:
            names = len({component for component, _ in made})
            stand = "1 process stands" if names == 1 else f"{names:,} processes stand"
            self._draft.notes.append(
                f"no table tells of components: {stand} for what packs hold; correct"
                f" {'its' if names == 1 else 'their'} type before the next release"
            )

    def _draw_accounts(self) -> None:
        cells, told = self._cells, self._tables.rows["accounts"]
        known: set[str] = set(self._tree.accounts)
        for row in told:
            name = cells.name(row, "account")
            if name is None:
                continue
            known.add(name)
            spec = {
                "displayName": cells.text(row, "name") or cells.text(row, "account"),
                "timeZone": cells.text(row, "time_zone"),
                "status": cells.text(row, "status"),
                "environments": _environments(cells.environments(row)),
            }
            labels = cells.pairs(row, "labels")
            more = {"labels": labels} if labels else {}
            self._add(Kind.MANAGED_ACCOUNT, row, spec, name, **more)
        rows: dict[str, list[Running]] = {}
        for one in self._draft.running:
            if one.account not in known:
                rows.setdefault(one.account, []).append(one)
        for name, own in rows.items():
            row = own[0].row
            if told:
                self._unknown(row, "account", name, "accounts")
                continue
            used: dict[str, str] = {}
            for one in own:
                used |= cells.environments(one.row)
            spec = {
                "displayName": cells.text(row, "account_name") or cells.text(row, "account"),
                "timeZone": cells.text(row, "account_time_zone"),
                "environments": _environments(used),
            }
            self._add(Kind.MANAGED_ACCOUNT, row, spec, name)

    def _draw_groups(self) -> None:
        cells, told = self._cells, self._tables.rows["groups"]
        for row in told:
            name = cells.name(row, "group")
            if name is None:
                continue
            accounts = [
                cells.named(row, "accounts", "account", text)
                for text in cells.items(row, "accounts")
            ]
            packs = [cells.named(row, "packs", "pack", text) for text in cells.items(row, "packs")]
            install = cells.text(row, "install") or "manual"
            spec: Data = {
                "accounts": accounts,
                "all": True if not accounts else None,
                "packs": [{"pack": pack, "install": install} for pack in packs],
            }
            self._add(Kind.ACCOUNT_GROUP, row, spec, name)
        if told:
            return
        groups = self._tree.groups.values()
        for_all = {each.pack for group in groups if group.all for each in group.packs}
        accounts_by_pack: dict[str, dict[str, Row]] = {}
        for one in self._draft.running:
            if one.pack not in for_all and one.account not in self._tree.entitled.get(one.pack, ()):
                accounts_by_pack.setdefault(one.pack, {}).setdefault(one.account, one.row)
        for pack, members in accounts_by_pack.items():
            if pack in self._tree.groups:
                row = next(iter(members.values()))
                message = f"the group {pack} is there already, and lacks accounts that have {pack}."
                self._tables.complain(row, "account", message, "add them to the group first.")
                continue
            spec = {"accounts": sorted(members), "packs": [{"pack": pack}]}
            self._add(Kind.ACCOUNT_GROUP, next(iter(members.values())), spec, pack)

    def _draw_attachment(self, one: Running) -> None:
        origin = self._cells.text(one.row, "origin")
        if origin not in (None, "manifest", "account"):
            hint = "manifest, or account for what accounts installed themselves."
            self._tables.complain(one.row, "origin", f'there is no origin "{origin}".', hint)
        name = (one.account, one.pack, one.instance or None)
        if origin == "account" or name in self._tree.attachments:
            return
        spec = {
            "account": one.account,
            "pack": one.pack,
            "instance": one.instance or None,
            "environments": one.environments,
            "extensions": one.extensions,
        }
        self._add(Kind.ATTACHMENT, one.row, spec)


def _environments(classified: Mapping[str, str]) -> list[Data]:
    return [{"name": name, "classification": what} for name, what in sorted(classified.items())]
