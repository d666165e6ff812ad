"""A git revision turned into a snapshot of files: everything that knows git is in this package."""

from pathlib import Path

from reconciler.errors import SourceError
from reconciler.source.contents import GitContents
from reconciler.source.local import LocalSource, open_local
from reconciler.source.location import LocalLocation, parse_location
from reconciler.source.mirror import MirrorSource, open_mirror
from reconciler.source.wording import one_line

__all__ = ["GitContents", "LocalSource", "MirrorSource", "open_contents", "open_source"]


def open_source(
    location: str, *, ref: str | None = None, mirror_root: Path | None = None
) -> LocalSource | MirrorSource:
    """The source that REPO names (SPEC section 9); both kinds satisfy ports.Source.

    `ref` is the branch that resolve(None) takes, None for HEAD. `mirror_root` holds the mirrors
    of URLs, None for the user's cache folder. Nothing is fetched: call refresh(). Raises
    SourceError for a location that is refused, or a folder that is not in a repository.
    """
    if ref is not None and (not ref or ref.startswith("-") or not ref.isprintable()):
        raise SourceError(f"{one_line(ref)} can't be a branch", "give the name of a branch")
    place = parse_location(location)
    if isinstance(place, LocalLocation):
        return open_local(place.path, ref=ref)
    return open_mirror(place, ref=ref, mirror_root=mirror_root)


def open_contents(location: str, *, folder: Path, most_bytes: int) -> GitContents:
    """What the packaged components of a repository hold; a ports.Contents.

    Files are kept in `folder`, of up to `most_bytes` in all, which may be deleted at any time.
    Raises SourceError.
    """
    source = open_source(location)
    return GitContents(source.reader, source.refresh, folder=folder, most_bytes=most_bytes)
