"""A publisher who edits at random: every kind of manifest, in files and folders as they come."""

import json
import random
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

Documents = dict[tuple[str, str], tuple[str, dict[str, Any]]]
"""(kind, identity) -> the file that it lies in, and the document."""

ACCOUNTS = tuple(f"account-{letter}" for letter in "abcdef")
PACKS = {"alone": "single", "often": "multiple", "third": "single", "old": "single"}
COMPONENTS = ("sync", "match", "api", "spare")
PROCESSES = ("import", "export")
GROUPS = ("listed", "picked", "everyone", "more")
FOLDERS = ("", "base/", "packs/alone/", "packs/often/", "guides/", "content/match/")
VALUES: tuple[Any, ...] = ("text", "text", 5, {"secretRef": "vault/x"})


class Publisher:
    """The documents of a repository, and its other files.

    Most edits are right and some are wrong, and several of them may only be right together.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.today = date(2026, 11, 2)
        self.documents: Documents = {}
        self.files: dict[str, str] = {"guides/install.md": "how", "guides/use.md": "to", "R": "me"}
        self.past: list[tuple[tuple[str, str], tuple[str, dict[str, Any]]]] = []
        self.number = 0
        self._found()

    def keep(self) -> tuple[Documents, dict[str, str]]:
        return deepcopy(self.documents), dict(self.files)

    def go_back(self, kept: tuple[Documents, dict[str, str]]) -> None:
        self.documents, self.files = deepcopy(kept[0]), dict(kept[1])

    def edit(self) -> str:
        """The name of what was done."""
        often = [self.release_anew, self.attach, self.attach]
        some = [self.package, self.change_a_group, self.change_an_account, self.change_a_pack]
        some += [self.publish_a_process, self.move_a_document, self.touch_a_file, self.label]
        edits = [*often * 3, *some * 3, self.drop_one, self.drop_one, self.drop_something]
        edits += [self.date_anew, self.take_back, self.share_a_template, self.twice, self.rename]
        edits += [self.change_the_publisher, self.spoil_a_file]
        chosen = self.dice.choice(edits)
        chosen()
        return chosen.__name__

    def put(self, kind: str, identity: str, spec: dict[str, Any], **metadata: Any) -> None:
        key = (kind, identity)
        named = kind in ("Publisher", "IntegrationPack", "ManagedAccount", "AccountGroup")
        header = {"name": identity, **metadata} if named else metadata
        document = {"apiVersion": "reconciler/v1", "kind": kind, "spec": spec}
        if header:
            document["metadata"] = header
        path = self.documents[key][0] if key in self.documents else self._path(kind)
        self.documents[key] = (path, document)

    def _path(self, kind: str) -> str:
        if kind == "Publisher":
            return "publisher.yaml"
        self.number += 1
        name = self.dice.choice([f"{kind.lower()}", f"{kind.lower()}-list", f"f{self.number}"])
        return f"{self.dice.choice(FOLDERS)}{name}.yaml"

    def spec(self, kind: str, identity: str) -> dict[str, Any]:
        return deepcopy(self.documents[kind, identity][1]["spec"])

    def names(self, kind: str) -> list[str]:
        return sorted(identity for its, identity in self.documents if its == kind)

    def day(self, low: int = 0, high: int = 6) -> str:
        return (self.today + timedelta(days=self.dice.randint(low, high))).isoformat()

    def likely(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent

    def _found(self) -> None:
        limits = {"maxUninstalls": "100%", "maxRollbacks": "100%"}
        self.put("Publisher", "office", {"timeZone": "Europe/Berlin", "limits": limits})
        for component in COMPONENTS:
            self._package(component, "1.0.0")
        for process in PROCESSES:
            self._publish(process, 1)
        for name, mode in PACKS.items():
            listed = list(PROCESSES) if name == "old" else ["sync", "match"]
            more = {"deployment": "legacy"} if name == "old" else {}
            self.put("IntegrationPack", name, {"attachment": mode, "components": listed, **more})
            version: Any = 1 if name == "old" else "1.0.0"
            held = dict.fromkeys(listed, version)
            self._release(name, "1.0.0", held, "immediate")
        for account in ACCOUNTS[:4]:
            self._account(account)
        resources = [{"pack": name} for name in PACKS]
        self.put("AccountGroup", "listed", {"accounts": list(ACCOUNTS[:4]), "packs": resources})
        self.put("Attachment", "account-a/alone", {"account": "account-a", "pack": "alone"})

    def _package(self, component: str, version: str) -> None:
        kind = "api-service" if component == "api" else "process"
        spec: dict[str, Any] = {"component": component, "type": kind, "version": version}
        spec["shareable"] = version == "1.0.0" or self.likely(93)
        if self.likely(50):
            spec["contains"] = self._contains(component)
        if self.likely(40):
            folder = f"content/{component}"
            self.files.setdefault(f"{folder}/{version}/process.xml", version)
            spec["content"] = f"{folder}/{version}" if self.likely(85) else folder
        annotations = {"content": "any", "contentId": "0"} if self.likely(10) else {}
        more = {"annotations": annotations} if annotations else {}
        self.put("PackagedComponent", f"{component}@{version}", spec, **more)

    def _publish(self, process: str, revision: int) -> None:
        spec: dict[str, Any] = {"component": process, "type": "process", "revision": revision}
        if self.likely(70):
            spec["contains"] = self._contains(process)
        self.put("PublishedProcess", f"{process}@{revision}", spec)

    def _contains(self, component: str) -> list[dict[str, Any]]:
        founded = ("IntegrationPack", "old") in self.documents
        name = "shared" if founded and self.likely(10) else component
        settings = {}
        for field in ("url", "key")[: self.dice.randint(0, 2)]:
            kind = self.dice.choice(["string", "string", "string", "number", "secret"])
            settings[field] = {"type": kind, "required": self.likely(30)}
        return [{"name": name, "type": "connection", "extensions": settings}]

    def _release(self, pack: str, version: str, held: dict[str, Any], schedule: Any) -> None:
        spec = {"pack": pack, "version": version, "components": held, "schedule": schedule}
        self.put("Release", f"{pack}@{version}", spec)

    def _account(self, name: str) -> None:
        spec: dict[str, Any] = {}
        if self.likely(70):
            spec["environments"] = [{"name": "live", "classification": "production"}]
        if self.likely(15):
            spec["status"] = "suspended"
        labels = {"tier": self.dice.choice(["gold", "plain"])}
        self.put("ManagedAccount", name, spec, labels=labels)

    def _newest(self, kind: str, component: str) -> Any:
        versions = [n.split("@")[1] for n in self.names(kind) if n.startswith(f"{component}@")]
        found = max(versions, key=_rising, default="9.9.9")
        return int(_rising(found)[0]) if kind == "PublishedProcess" else found

    def release_anew(self) -> None:
        packs = self.names("IntegrationPack")
        if not packs:
            return
        pack = self.dice.choice(packs)
        body = self.spec("IntegrationPack", pack)
        kind = "PublishedProcess" if "deployment" in body else "PackagedComponent"
        held = {name: self._newest(kind, name) for name in body["components"]}
        name = self.dice.choice(sorted(held))
        if kind == "PublishedProcess":
            held[name] += 1
            self._publish(name, held[name])
        elif self.likely(70):
            held[name] = self._higher()
            self._package(name, held[name])
        before = [n.split("@")[1] for n in self.names("Release") if n.startswith(f"{pack}@")]
        last = max(before, key=_rising, default=None)
        schedule = {"date": self.day()} if self.likely(40) else "immediate"
        self._release(pack, version := self._higher(), held, schedule)
        if last is not None:
            had = self.documents["Release", f"{pack}@{last}"][1]["spec"]["components"]
            gone = sorted(had.keys() - held.keys())
            if gone:
                self.documents["Release", f"{pack}@{version}"][1]["spec"]["removes"] = gone

    def _higher(self) -> str:
        self.number += 1
        return f"1.{self.number}.0"

    def package(self) -> None:
        component = self.dice.choice(COMPONENTS)
        names = [n for n in self.names("PackagedComponent") if n.startswith(f"{component}@")]
        if names and self.likely(30):
            _, document = self.documents["PackagedComponent", self.dice.choice(names)]
            field = self.dice.choice(["notes", "notes", "shareable"])
            document["spec"][field] = "new" if field == "notes" else self.likely(50)
            return
        self._package(component, self._higher())

    def publish_a_process(self) -> None:
        names = self.names("PublishedProcess")
        if names and self.likely(60):
            spec = self.documents["PublishedProcess", self.dice.choice(names)][1]["spec"]
            spec["contains"] = self._contains(spec["component"]) if self.likely(60) else []
            return
        process = self.dice.choice(PROCESSES)
        self._publish(process, self._newest("PublishedProcess", process) + 1)

    def attach(self) -> None:
        accounts, packs = self.names("ManagedAccount"), self.names("IntegrationPack")
        if not accounts or not packs:
            return
        account, pack = self.dice.choice(accounts), self.dice.choice(packs)
        multiple = self.documents["IntegrationPack", pack][1]["spec"]["attachment"] == "multiple"
        spec: dict[str, Any] = {"account": account, "pack": pack}
        if multiple != self.likely(3):
            spec["instance"] = self.dice.choice(["east", "west"])
        if self.likely(20):
            spec["environments"] = ["live"]
        if self.likely(35):
            name = self.dice.choice(["url", "key"])
            component = "import" if pack == "old" else "sync"
            spec["extensions"] = {component: {name: self.dice.choice(VALUES)}}
        if self.likely(25):
            spec["hold"] = {"until": self.day(1), "reason": "stocktaking"}
        versions = [n.split("@")[1] for n in self.names("Release") if n.startswith(f"{pack}@")]
        if versions and self.likely(30):
            spec["adopt"] = max(versions, key=_rising)
        identity = "/".join(filter(None, (account, pack, spec.get("instance"))))
        self.put("Attachment", identity, spec)

    def change_a_group(self) -> None:
        name = self.dice.choice(GROUPS[:1] * 3 + GROUPS)
        packs = self.names("IntegrationPack")
        found = self.dice.sample(packs, self.dice.randint(0, len(packs)))
        modes = ["manual", "automatic"]
        spec: dict[str, Any] = {
            "packs": [{"pack": pack, "install": self.dice.choice(modes)} for pack in found]
        }
        if name == "listed" and ("AccountGroup", name) in self.documents and self.likely(70):
            spec["packs"] = self.spec("AccountGroup", name)["packs"]
            if spec["packs"] and self.likely(40):
                self.dice.choice(spec["packs"])["install"] = self.dice.choice(modes)
        if name == "picked":
            spec["selector"] = {"matchLabels": {"tier": "gold"}}
        elif name == "everyone":
            spec["all"] = True
        else:
            accounts = self.names("ManagedAccount")
            spec["accounts"] = self.dice.sample(accounts, self.dice.randint(0, len(accounts)))
            if name == "listed" and self.likely(80):
                spec["accounts"] = accounts
        self.put("AccountGroup", name, spec)

    def change_an_account(self) -> None:
        self._account(self.dice.choice(ACCOUNTS))

    def change_a_pack(self) -> None:
        name = self.dice.choice(sorted(PACKS))
        legacy, mode = name == "old", PACKS[name]
        if self.likely(4):
            mode = "single"
        pool = PROCESSES if legacy else COMPONENTS if self.likely(10) else COMPONENTS[:2]
        spec: dict[str, Any] = {"attachment": mode}
        spec["components"] = sorted(self.dice.sample(pool, self.dice.randint(1, len(pool))))
        if legacy:
            spec["deployment"] = "legacy"
        if self.likely(30):
            spec["suspended"] = {"reason": "bug", "until": self.day(1)}
        if self.likely(5):
            spec["retired"] = {"reason": "sold"}
        if self.likely(50):
            guide = self.dice.choice(sorted({*self.files, *self._paths()}))
            spec["documentation"] = {"installation": guide}
        self.put("IntegrationPack", name, spec)

    def _paths(self) -> set[str]:
        return {path for path, _ in self.documents.values()}

    def date_anew(self) -> None:
        name = self.dice.choice(self.names("Release") or [""])
        if name:
            schedule = "immediate" if self.likely(30) else {"date": self.day()}
            self.documents["Release", name][1]["spec"]["schedule"] = schedule

    def drop(self, kind: str, identity: str) -> None:
        self.past.append(((kind, identity), self.documents.pop((kind, identity))))

    def drop_one(self) -> None:
        kind = self.dice.choice(["Release", "Attachment", "Attachment"])
        names = self.names(kind)
        if names:
            self.drop(kind, self.dice.choice(names))

    def drop_something(self) -> None:
        kinds = ["PackagedComponent", "PublishedProcess", "AccountGroup", "ProcessTemplate"]
        kind = self.dice.choice([*kinds, "ManagedAccount", "IntegrationPack"])
        names = self.names(kind)
        if not names:
            return
        name = self.dice.choice(names)
        for of_kind, identity in list(self.documents):
            parts = identity.replace("@", "/").split("/")
            whole = kind in ("ManagedAccount", "IntegrationPack")
            if whole and of_kind in ("Release", "Attachment") and name in parts[:2]:
                self.drop(of_kind, identity)
        for _, document in self.documents.values():
            spec = document["spec"]
            if document["kind"] == "AccountGroup" and kind == "IntegrationPack":
                spec["packs"] = [r for r in spec["packs"] if r["pack"] != name]
            if "accounts" in spec and kind == "ManagedAccount":
                spec["accounts"] = [a for a in spec["accounts"] if a != name]
        self.drop(kind, name)

    def take_back(self) -> None:
        if self.past:
            key, found = self.dice.choice(self.past)
            self.documents.setdefault(key, deepcopy(found))

    def share_a_template(self) -> None:
        versions = [n for n in self.names("PackagedComponent") if not n.startswith("api")]
        groups = self.names("AccountGroup")
        if versions and groups:
            component, version = self.dice.choice(versions).split("@")
            spec = {"component": component, "version": version, "groups": groups[:1]}
            self.put("ProcessTemplate", component, spec)

    def change_the_publisher(self) -> None:
        spec = self.spec("Publisher", "office")
        spec.pop("freezes", None)
        if self.likely(40):
            span = {"from": self.day(), "until": self.day(7, 9)}
            spec["freezes"] = [{"name": "quiet", "reason": "sales", **span}]
        rules = ("single-process", "extension-missing", "support-documentation")
        levels = ["off", "warning", "error"]
        spec["policies"] = {rule: self.dice.choice(levels) for rule in rules[:2]}
        spec["policies"][rules[2]] = "off"
        spec["missedWindow"] = self.dice.choice(["asap", "next-window", "hold"])
        limit = self.dice.choice(["100%", "100%", "100%", 0])
        spec["limits"] = {"maxUninstalls": limit, "maxRollbacks": limit}
        self.put("Publisher", "office", spec)

    def move_a_document(self) -> None:
        key = self.dice.choice(sorted(key for key in self.documents if key[0] != "Publisher"))
        path = self._path(key[0])
        self.documents[key] = (path, self.documents[key][1])

    def touch_a_file(self) -> None:
        path = self.dice.choice(sorted(self.files))
        if self.likely(30):
            del self.files[path]
        elif self.likely(30):
            self.files[f"guides/{self._higher()}.md"] = self.files.pop(path)
        else:
            self.files[path] += "."
        self.files.setdefault("R", "me")

    def label(self) -> None:
        key = self.dice.choice(sorted(self.documents))
        document = self.documents[key][1]
        document.setdefault("metadata", {})["annotations"] = {"content": "x", "note": self.day()}

    def twice(self) -> None:
        key = self.dice.choice(sorted(self.documents))
        self.files[f"again-{self.number}.yaml"] = json.dumps(self.documents[key][1])

    def spoil_a_file(self) -> None:
        path = self.dice.choice(["Base/attachment.yaml", "bad.yaml", "empty.yaml"])
        self.files[path] = "{" if path.startswith("bad") else ""

    def rename(self) -> None:
        kind, fields = self.dice.choice(
            [("ManagedAccount", ("account", "accounts")), ("AccountGroup", ("groups",))]
        )
        names = self.names(kind)
        if not names:
            return
        old, self.number = self.dice.choice(names), self.number + 1
        new = f"{old.split('-x')[0]}-x{self.number}"
        path, document = self.documents.pop((kind, old))
        document["metadata"] = {**document["metadata"], "name": new, "renamedFrom": [old]}
        self.documents[kind, new] = (path, document)
        for key, (_, other) in list(self.documents.items()):
            for field in fields:
                found = other["spec"].get(field)
                if isinstance(found, list):
                    other["spec"][field] = [new if name == old else name for name in found]
                elif found == old:
                    other["spec"][field] = new
                    identity = key[1].replace(f"{old}/", f"{new}/", 1)
                    self.documents[key[0], identity] = self.documents.pop(key)


def _rising(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@pytest.fixture
def publisher_type() -> type[Publisher]:
    """Made with a seed."""
    return Publisher
