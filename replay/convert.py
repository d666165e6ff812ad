"""Any git history -> the history of a publisher's repository, commit for commit.

A folder becomes a pack, or a file where files lie flat; a file becomes a packaged component; a
commit that touches a pack's files makes one immediate release of it. Commits that touch nothing
stay, empty.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from replay.estate import Estate
from replay.naming import bucket
from replay.plumbing import Blobs, Commit, Entry, Writer, commits, differences

MOST_IN_A_PACK = 100  # SPEC section 3
_USUAL_IN_A_PACK = 60
_LARGEST = 1024 * 1024
_FILES = {"100644", "100755", "100664"}
_KINDS = {"120000": "symbolic link", "160000": "submodule"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was made of a history; `skipped` counts files by what they are, once for each change."""

    commits: int
    packs: int
    releases: int
    components: int
    skipped: Counter[str]

    def __str__(self) -> str:
        words = (
            f"{self.commits:,} commits: {self.packs:,} packs, {self.releases:,} releases,"
            f" {self.components:,} packaged versions"
        )
        left = ", ".join(f"{number:,} {kind}" for kind, number in sorted(self.skipped.items()))
        return f"{words}; skipped: {left}" if left else words


@dataclass
class _Files:
    """The files of the source that count, by pack, as of one commit."""

    depth: int
    path: str
    parts: dict[str, int] = field(default_factory=dict)
    packs: dict[str, dict[str, str]] = field(default_factory=dict)

    def pack_of(self, path: str) -> str:
        """The folder, or the part of a large one, that a file belongs to."""
        folder = self.folder_of(path)
        parts = self.parts.get(folder, 1)
        return folder if parts == 1 else f"{folder}/part {bucket(path, parts) + 1}"

    def folder_of(self, path: str) -> str:
        below = path.removeprefix(f"{self.path}/") if self.path else path
        names = below.split("/")
        return "/".join(names[: self.depth]) if len(names) > self.depth else below

    def divide(self, history: Iterable[tuple[Commit, list[Entry]]]) -> None:
        """Folders that ever hold more than a pack may are divided, for the whole of history."""
        there: dict[str, set[str]] = {}
        most: Counter[str] = Counter()
        for _, entries in history:
            for entry in entries:
                folder = self.folder_of(entry.path)
                files = there.setdefault(folder, set())
                if entry.mode in _FILES:
                    files.add(entry.path)
                else:
                    files.discard(entry.path)
                most[folder] = max(most[folder], len(files))
        for folder, number in most.items():
            if number > MOST_IN_A_PACK:
                self.parts[folder] = number // _USUAL_IN_A_PACK + 1

    def put(self, path: str, blob: str | None) -> str | None:
        """The pack that a file belongs to, if that changed what it holds."""
        name = self.pack_of(path)
        files = self.packs.setdefault(name, {})
        if blob is None:
            return None if files.pop(path, None) is None else name
        if files.get(path) == blob:
            return None
        files[path] = blob
        return name


def convert(
    source: Path,
    target: Path,
    *,
    ref: str = "HEAD",
    path: str = "",
    first_parent: bool = True,
    most: int | None = None,
    depth: int = 1,
) -> Converted:
    """Writes the publisher's repository to `target`, a folder that is not there yet, or empty.

    Raises GitTrouble.
    """
    path = path.strip("/")
    history = list(
        differences(source, commits(source, ref, first_parent=first_parent, most=most), path)
    )
    files = _Files(depth=depth, path=path)
    files.divide(history)
    skipped: Counter[str] = Counter()
    with Blobs(source) as blobs:
        writer = Writer(target)
        estate = Estate(writer=writer, content=blobs.read)
        odd: dict[str, str | None] = {}
        for number, (commit, entries) in enumerate(history):
            touched: set[str | None] = set()
            for entry in entries:
                why = _odd(entry, blobs, odd)
                if why is not None:
                    skipped[why] += 1
                touched.add(files.put(entry.path, None if why else entry.blob))
            written = estate.founded() if number == 0 else {}
            for pack in sorted(filter(None, touched)):
                held = dict(sorted(files.packs[pack].items())[:MOST_IN_A_PACK])
                skipped["file too many in a folder"] += len(files.packs[pack]) - len(held)
                written.update(estate.released(pack, held))
            written.update(estate.groups())
            message = f"{commit.subject}\n\nfrom {commit.id}\n"
            writer.commit(commit.at, message, sorted(written.items()))
        writer.finish()
    return Converted(
        commits=len(history),
        packs=len(estate.packs),
        releases=sum(pack.releases_made for pack in estate.packs.values()),
        components=estate.packaged,
        skipped=+skipped,
    )


def _odd(entry: Entry, blobs: Blobs, known: dict[str, str | None]) -> str | None:
    """Why a file can't be a component; None for one that can, or is gone."""
    if entry.blob is None:
        return None
    if entry.mode not in _FILES:
        return _KINDS.get(entry.mode, "odd mode")
    if entry.blob not in known:
        content = blobs.read_some(entry.blob, _LARGEST)
        if content is None:
            known[entry.blob] = "huge file"
        else:
            known[entry.blob] = "binary file" if b"\0" in content[:8000] else None
    return known[entry.blob]
