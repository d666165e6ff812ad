"""What each pack holds after a commit -> the manifests that differ, with accounts that run them.

Versions rise and are never used for other content. A release and a packaged version are kept until
later releases are there, so that nothing is deleted that attachments still run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from replay.naming import Names, bucket
from replay.plumbing import Writer

ACCOUNTS = tuple(f"account-{number:02}" for number in range(1, 9))
CHOSEN = ACCOUNTS[::2]
_KEPT_RELEASES = 3
_GUIDES = {"installation": "https://example.com/install", "user": "https://example.com/use"}
_CONTACT = {"email": "help@example.com"}
# How a pack gets to accounts, drawn by its name: mode, group, instances of each manifest.
_WAYS: tuple[tuple[str, str, tuple[str | None, ...]], ...] = (
    ("single", "everyone", ()),
    ("single", "everyone", ()),
    ("single", "chosen", (None,)),
    ("multiple", "chosen", ("east", "west")),
    ("multiple", "everyone", ()),
    ("single", "chosen", ()),
)
_Written = dict[str, str | None]
"""Path -> mark of its blob, None for a file that goes."""


@dataclass
class Pack:
    """One pack through its history; `versions` are those of its components that are in force."""

    name: str
    way: tuple[str, str, tuple[str | None, ...]]
    version: tuple[int, int, int] | None = None
    files: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    releases: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    releases_made: int = 0

    @property
    def declared(self) -> bool:
        return bool(self.releases)

    def next_version(self, files: Mapping[str, str]) -> str:
        """Major when a component goes, minor when one comes, else patch; higher than ever."""
        if self.version is None:
            self.version = (1, 0, 0)
        else:
            major, minor, patch = self.version
            if self.files.keys() - files.keys():
                self.version = (major + 1, 0, 0)
            elif files.keys() - self.files.keys():
                self.version = (major, minor + 1, 0)
            else:
                self.version = (major, minor, patch + 1)
        return ".".join(map(str, self.version))


@dataclass
class Estate:
    """The publisher's repository while it is written; `content` reads a blob of the source."""

    writer: Writer
    content: Callable[[str], bytes]
    packs: dict[str, Pack] = field(default_factory=dict)
    packaged: int = 0
    _pack_names: Names = field(default_factory=Names)
    _component_names: Names = field(default_factory=Names)
    _last: dict[str, int] = field(default_factory=dict)
    _named: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def founded(self) -> _Written:
        """The publisher, who lets everything pass, and the accounts."""
        spec = {"timeZone": "Europe/Berlin", "contact": _CONTACT}
        limits = {"maxUninstalls": "100%", "maxRollbacks": "100%"}
        written = self._put(
            "publisher.yaml",
            _named("Publisher", "publisher", {**spec, "limits": limits}),
        )
        for account in ACCOUNTS:
            body = _named("ManagedAccount", account, {"displayName": account})
            written.update(self._put(f"accounts/{account}.yaml", body))
        return written

    def released(self, path: str, files: Mapping[str, str]) -> _Written:
        """The next release of the pack at `path`, which holds these files: path -> blob id.

        Without files the pack goes, with all its releases; its packaged versions stay.
        """
        pack = self.packs.get(path)
        if pack is None:
            name = self._pack_names.of(path)
            pack = self.packs[path] = Pack(name=name, way=_WAYS[bucket(name, len(_WAYS))])
        if not files:
            return self._gone(pack)
        if files == pack.files:
            return {}
        is_new = not pack.declared
        version = pack.next_version(files)
        written: _Written = {}
        versions: dict[str, str] = {}
        for file, blob in files.items():
            component = self._component_names.of(file)
            versions[component] = pack.versions.get(component, "")
            if pack.files.get(file) != blob:
                versions[component] = self._package(component, blob, written)
        removed = sorted(pack.versions.keys() - versions.keys())
        if is_new or pack.versions.keys() != versions.keys():
            written.update(self._put(f"packs/{pack.name}/pack.yaml", _pack(pack, versions)))
        written.update(
            self._put(
                f"packs/{pack.name}/{version}.yaml", _release(pack, version, versions, removed)
            )
        )
        if is_new:
            written.update(self._attachments(pack))
        pack.files, pack.versions = dict(files), versions
        pack.releases.append((version, versions))
        pack.releases_made += 1
        self._tidy(pack, written)
        return written

    def groups(self) -> _Written:
        """The groups, where the packs that there are differ from what was written last."""
        written: _Written = {}
        members: dict[str, dict[str, Any]] = {
            "everyone": {"all": True},
            "chosen": {"accounts": list(CHOSEN)},
        }
        for group, install in (("everyone", "automatic"), ("chosen", "manual")):
            names = tuple(
                sorted(p.name for p in self.packs.values() if p.declared and p.way[1] == group)
            )
            if names != self._named.get(group):
                self._named[group] = names
                resources = [{"pack": name, "install": install} for name in names]
                spec = {**members[group], "packs": resources}
                written.update(
                    self._put(f"groups/{group}.yaml", _named("AccountGroup", group, spec))
                )
        return written

    def _gone(self, pack: Pack) -> _Written:
        written: _Written = {}
        if pack.declared:
            written = {f"packs/{pack.name}/{version}.yaml": None for version, _ in pack.releases}
            written[f"packs/{pack.name}/pack.yaml"] = None
            if pack.way[2]:
                written[f"attachments/{pack.name}.yaml"] = None
        pack.files, pack.versions, pack.releases = {}, {}, []
        return written

    def _package(self, component: str, blob: str, written: _Written) -> str:
        """The next version of a component; its content lies where manifests are not looked for."""
        number = self._last.get(component, -1) + 1
        self._last[component] = number
        self.packaged += 1
        version = f"1.0.{number}"
        place = f".content/{component}/{version}"
        written[place] = self.writer.blob(self.content(blob))
        spec = {
            "component": component,
            "type": "process",
            "version": version,
            "shareable": True,
            "content": place,
        }
        body = [_document("PackagedComponent", None, spec)]
        written.update(self._put(f"components/{component}/{version}.yaml", body))
        return version

    def _attachments(self, pack: Pack) -> _Written:
        documents = [
            _document(
                "Attachment",
                None,
                {"account": account, "pack": pack.name, **({"instance": one} if one else {})},
            )
            for one in pack.way[2]
            for account in CHOSEN
        ]
        return self._put(f"attachments/{pack.name}.yaml", documents) if documents else {}

    def _tidy(self, pack: Pack, written: _Written) -> None:
        """Deletes what is further below current than anybody may still run."""
        kept = pack.releases[-_KEPT_RELEASES:]
        needed = {pair for _, versions in kept for pair in versions.items()}
        for version, versions in pack.releases[:-_KEPT_RELEASES]:
            written[f"packs/{pack.name}/{version}.yaml"] = None
            for component, packaged in versions.items():
                if (component, packaged) not in needed:
                    written[f"components/{component}/{packaged}.yaml"] = None
                    written[f".content/{component}/{packaged}"] = None
        pack.releases = kept

    def _put(self, path: str, documents: Iterable[Mapping[str, Any]]) -> _Written:
        text = "---\n".join(
            yaml.dump(one, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000)
            for one in documents
        )
        return {path: self.writer.blob(text.encode())}


def _document(kind: str, name: str | None, spec: Mapping[str, Any]) -> dict[str, Any]:
    header = {} if name is None else {"metadata": {"name": name}}
    return {"apiVersion": "reconciler/v1", "kind": kind, **header, "spec": dict(spec)}


def _named(kind: str, name: str, spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_document(kind, name, spec)]


def _pack(pack: Pack, components: Iterable[str]) -> list[dict[str, Any]]:
    spec = {"attachment": pack.way[0], "components": sorted(components), "documentation": _GUIDES}
    return _named("IntegrationPack", pack.name, spec)


def _release(
    pack: Pack, version: str, components: Mapping[str, str], removed: list[str]
) -> list[dict[str, Any]]:
    spec: dict[str, Any] = {
        "pack": pack.name,
        "version": version,
        "components": dict(sorted(components.items())),
        **({"removes": removed} if removed else {}),
        "schedule": "immediate",
    }
    return [_document("Release", None, spec)]
