"""A git tree turned into the files below the publisher root."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from reconciler.errors import NothingYet, SourceError
from reconciler.ports import ManifestFile, PathLookup, PathState, PathTrouble
from reconciler.source.blobs import read_blobs
from reconciler.source.listing import Listing, entries_of, link_ids, sort_manifests
from reconciler.source.partial import fetch_missing
from reconciler.source.process import Git
from reconciler.source.wording import one_line

PUBLISHER = "publisher.yaml"
LARGEST_FILE = 256 * 1024 * 1024
_LONGEST_LINK = 4096


class GitSnapshot:
    """The tree `root_id`, read from objects; satisfies ports.Snapshot.

    `revision` is None for the working tree, whose tree was written to a temporary folder. `git`
    reads its objects; `shown` names the place in messages.
    """

    def __init__(self, git: Git, *, root_id: str, revision: str | None, shown: str) -> None:
        """Raises SourceError when the tree can't be read or has no publisher.yaml at its top."""
        self.git = git
        self.root_id = root_id
        self.shown = shown
        self._revision = revision
        top = entries_of(git.output("ls-tree", "-z", "--full-tree", root_id, PUBLISHER))
        mode, _, found = top.get(PUBLISHER, "").partition(" ")
        self._publisher_id = found.rpartition(" ")[2]
        if not mode.startswith("100"):
            raise _without_publisher(self._listing.entries, shown)

    @cached_property
    def _listing(self) -> Listing:
        """Everything below the root: a pass that looks at a few changed files has no need of it."""
        git = self.git
        entries = entries_of(git.output("ls-tree", "-rtz", "--full-tree", self.root_id))
        link_id_by_path = link_ids(entries)
        targets = read_blobs(git, tuple(link_id_by_path.values()), largest=_LONGEST_LINK)
        return Listing(
            root_id=self.root_id,
            entries=entries,
            links={
                path: None if target is None else target.decode("utf-8", "surrogateescape")
                for path, target in zip(link_id_by_path, targets, strict=True)
            },
        )

    @property
    def revision(self) -> str | None:
        """The full commit id; None for the working tree."""
        return self._revision

    def manifests(self) -> tuple[ManifestFile, ...]:
        """All .yaml and .yml files outside dot-folders, in path order (SPEC section 3)."""
        return self._sorted[0]

    def troubles(self) -> tuple[PathTrouble, ...]:
        """What has a manifest's name but is no manifest, in path order."""
        return self._sorted[1]

    def read(self, files: Iterable[ManifestFile]) -> Iterator[tuple[ManifestFile, bytes]]:
        """Each file's content, in the order given.

        Raises SourceError when a blob is missing or larger than 256 MiB.
        """
        wanted = tuple(files)
        blob_ids = tuple(file.blob_id for file in wanted)
        fetch_missing(self.git, blob_ids)
        contents = read_blobs(self.git, blob_ids, largest=LARGEST_FILE)
        for file, content in zip(wanted, contents, strict=True):
            yield file, _in_bounds(file.path, content)

    def lookup(self, path: str) -> PathLookup:
        """What `path`, relative to the publisher root, leads to."""
        if path == PUBLISHER:
            return PathLookup(state=PathState.FOUND, object_id=self._publisher_id)
        return self._listing.lookup(path)

    def content(self, path: str) -> bytes:
        """The content of a file that lookup() found, links followed.

        Raises SourceError when it is no file, or larger than 256 MiB.
        """
        place = self._listing.follow(path)
        if isinstance(place, PathState) or not self._listing.is_file(place):
            raise SourceError(f"{one_line(path)} is no file in {self.shown}", "check the path")
        blob_id = self._listing.lookup(place).object_id or ""
        (content,) = read_blobs(self.git, (blob_id,), largest=LARGEST_FILE)
        return _in_bounds(path, content)

    @cached_property
    def _sorted(self) -> tuple[tuple[ManifestFile, ...], tuple[PathTrouble, ...]]:
        return sort_manifests(self._listing.entries)


def _without_publisher(entries: Mapping[str, str], shown: str) -> SourceError:
    """The root is never searched for, but a near miss makes a good hint (SPEC section 7.1)."""
    if entries.get(PUBLISHER, "").startswith("120"):
        return SourceError(
            f"{PUBLISHER} in {shown} is a symbolic link", "put the file itself in its place"
        )
    elsewhere = sorted(path for path in entries if path.endswith(f"/{PUBLISHER}"))
    if "publisher.yml" in entries:
        hint = f"rename publisher.yml to {PUBLISHER}"
    elif elsewhere:
        folder = one_line(elsewhere[0].removesuffix(f"/{PUBLISHER}"))
        hint = f"there is one in {folder}: give that folder as REPO, or #{folder} behind a URL"
    else:
        hint = "give the folder that holds it as REPO, or start with: reconciler init DIR"
    return NothingYet(f"there is no {PUBLISHER} at the top of {shown}", hint)


def _in_bounds(path: str, content: bytes | None) -> bytes:
    if content is None:
        raise SourceError(
            f"{one_line(path)} is larger than {LARGEST_FILE >> 20} MiB",
            "split it into smaller files",
        )
    return content
