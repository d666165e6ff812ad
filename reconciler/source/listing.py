"""The output of `git ls-tree -rtz` turned into entries by path, and paths into what they lead to.

Nothing here reads: symbolic links are followed with the targets that were read beforehand.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.ports import ManifestFile, PathLookup, PathState, PathTrouble

_LINK = "120000"
_SUBMODULE = "160000"
_MOST_LINKS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Everything below the publisher root.

    `entries` maps a path to git's "mode type id"; `links` maps the path of each symbolic link to
    its target, None where that is too long to be one; `root_id` is the root's own tree.
    """

    root_id: str
    entries: Mapping[str, str]
    links: Mapping[str, str | None]

    def lookup(self, path: str) -> PathLookup:
        """What a POSIX path relative to the root leads to; rules path-escape and path-missing.

        A submodule counts as outside: what it holds is not in this repository.
        """
        place = self.follow(path)
        match place:
            case PathState():
                return PathLookup(state=place)
            case "":
                return PathLookup(state=PathState.FOUND, object_id=self.root_id)
        object_id = self.entries[place].rpartition(" ")[2]
        return PathLookup(state=PathState.FOUND, object_id=object_id)

    def follow(self, path: str) -> str | PathState:
        """The path that `path` leads to in the end, "" for the root; or why there is none."""
        if "\\" in path or "\0" in path or path.startswith("/") or _climbs_out(path):
            return PathState.ESCAPES
        place: list[str] = []
        pending = deque(path.split("/"))
        links_left = _MOST_LINKS
        while pending:
            part = pending.popleft()
            if part in ("", "."):
                continue
            if part == "..":
                if not place:
                    return PathState.ESCAPES
                place.pop()
                continue
            here = "/".join((*place, part))
            entry = self.entries.get(here)
            if entry is None:
                return PathState.MISSING
            if entry.startswith(_SUBMODULE):
                return PathState.ESCAPES
            if not entry.startswith(_LINK):
                place.append(part)
                continue
            target = self.links[here]
            links_left -= 1
            if links_left < 0:
                return PathState.MISSING
            if not target or target.startswith("/"):
                return PathState.ESCAPES
            pending.extendleft(reversed(target.split("/")))
        return "/".join(place)

    def is_file(self, path: str) -> bool:
        """Whether exactly this path is a file: no folder, link or submodule."""
        return self.entries.get(path, "").startswith("100")


def entries_of(output: bytes) -> dict[str, str]:
    """Entries by path from the output of `ls-tree -z`; bytes that are no UTF-8 as surrogates."""
    records = output.decode("utf-8", "surrogateescape").split("\0")
    split = (record.partition("\t") for record in records if record)
    return {path: entry for entry, _, path in split}


def link_ids(entries: Mapping[str, str]) -> dict[str, str]:
    """The blob id of each symbolic link, by path."""
    return {
        path: entry.rpartition(" ")[2] for path, entry in entries.items() if entry.startswith(_LINK)
    }


def sort_manifests(
    entries: Mapping[str, str],
) -> tuple[tuple[ManifestFile, ...], tuple[PathTrouble, ...]]:
    """The manifests in path order, and what has a manifest's name but can't be taken for one."""
    manifests: list[ManifestFile] = []
    troubles: list[PathTrouble] = []
    path_by_folded: dict[str, str] = {}
    for path in sorted(filter(is_manifest_path, entries)):
        mode, kind, object_id = entries[path].split(" ")
        if kind == "tree":
            continue
        trouble = _trouble(path, mode, path_by_folded.setdefault(path.casefold(), path))
        if trouble is None:
            manifests.append(ManifestFile(path=path, blob_id=object_id))
        else:
            troubles.append(trouble)
    return tuple(manifests), tuple(troubles)


def is_manifest_path(path: str) -> bool:
    """Whether a path below the root is read: .yaml or .yml, no part of it starting with a dot."""
    return path.endswith((".yaml", ".yml")) and not path.startswith(".") and "/." not in path


def _trouble(path: str, mode: str, first: str) -> PathTrouble | None:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if shown != path:
        return PathTrouble(
            path=shown,
            rule="encoding",
            message=f"the name of {shown} is not UTF-8.",
            hint="rename the file.",
        )
    if mode == _LINK:
        return PathTrouble(
            path=path,
            rule="path-escape",
            message=f"{path} is a symbolic link; a manifest is a file of its own.",
            hint="put the file itself there, or take the link out.",
        )
    if mode == _SUBMODULE:
        return PathTrouble(
            path=path,
            rule="path-escape",
            message=f"{path} is a submodule; its content is not in this repository.",
            hint="copy its manifests into this repository, or rename it.",
        )
    if first != path:
        return PathTrouble(
            path=path,
            rule="duplicate-name",
            message=f"{path} and {first} differ by case alone; some disks hold only one of them.",
            hint="rename one of the two.",
        )
    return None


def _climbs_out(path: str) -> bool:
    depth = 0
    for part in path.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0:
            return True
    return False
