"""JSON of a server -> what is to be laid out, with nothing in it that could leave its folder."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reconciler.errors import ReconcilerError

MOST_FILES = 1_000_000
_LONGEST_PATH = 1_024
_LONGEST_PART = 255
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RELEASE = re.compile(r"[0-9A-Za-z.-]{1,256}")
# What one system or another takes for another folder, a drive or a stream.
_UNFIT = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedContent:
    """A content by its git object id, and the folder or file below the bundle that it becomes."""

    content: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAttachment:
    """One attachment; `digest` is what is reported when its contents are verified."""

    pack: str
    instance: str | None
    release: str
    digest: str
    contents: tuple[WantedContent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A bundle; `fields` as the server gave them."""

    digest: str
    attachments: tuple[WantedAttachment, ...]
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFile:
    """One file of a content; `path` "" where the content is this file."""

    path: str
    mode: str
    size: int
    sha256: str


def wanted(data: Any) -> Wanted:
    """The bundle that JSON tells of. Raises ReconcilerError for one that is not well-formed."""
    with _understood("bundle"):
        attachments = tuple(_attachment(one) for one in data["attachments"])
        _distinct(content.place for one in attachments for content in one.contents)
        return Wanted(
            digest=_fitting(_SHA256, data["digest"]), attachments=attachments, fields=dict(data)
        )


def files(data: Any, content: str) -> tuple[WantedFile, ...]:
    """The files of a content. Raises ReconcilerError."""
    with _understood("list of files"):
        found = tuple(_file(one) for one in data["files"])
        if data["content"] != content or not 0 < len(found) <= MOST_FILES:
            raise ValueError("other content")
        if len(found) > 1 and any(not file.path for file in found):
            raise ValueError("a file without a path")
        _distinct(file.path for file in found)
        return found


def _attachment(data: Any) -> WantedAttachment:
    pack, instance = _fitting(_NAME, data["pack"]), data["instance"]
    name = pack if instance is None else f"{pack}@{_fitting(_NAME, instance)}"
    return WantedAttachment(
        pack=pack,
        instance=instance,
        release=_fitting(_RELEASE, data["release"]),
        digest=_fitting(_SHA256, data["digest"]),
        contents=tuple(
            WantedContent(
                content=_fitting(_OBJECT_ID, one["content"]),
                place=f"{name}/{_part(one['component'])}/{_part(one['file'])}",
            )
            for one in data["components"]
            if one["content"] is not None
        ),
    )


def _file(data: Any) -> WantedFile:
    path, mode, size = data["path"], data["mode"], data["size"]
    if path:
        if len(path) > _LONGEST_PATH:
            raise ValueError(path)
        for part in path.split("/"):
            _part(part)
    if mode not in ("100644", "100664", "100755") or type(size) is not int or size < 0:
        raise ValueError(mode)
    return WantedFile(path=path, mode=mode, size=size, sha256=_fitting(_SHA256, data["sha256"]))


def _part(text: Any) -> str:
    """The name of one file or folder, on any system."""
    fits = (
        isinstance(text, str)
        and text not in ("", ".", "..")
        and len(text.encode("utf-8")) <= _LONGEST_PART
        and text.isprintable()
        and not _UNFIT.intersection(text)
    )
    if not fits:
        raise ValueError(text)
    return str(text)


def _fitting(pattern: re.Pattern[str], text: Any) -> str:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise ValueError(text)
    return text


def _distinct(paths: Iterator[str]) -> None:
    """No two in one place, and none inside of another, also where case does not count."""
    every = sorted(path.casefold().split("/") for path in paths)
    for before, after in pairwise(every):
        if after[: len(before)] == before:
            raise ValueError("/".join(after))


@contextmanager
def _understood(what: str) -> Iterator[None]:
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        said = "".join(c if c.isprintable() else " " for c in str(error))[:100]
        raise ReconcilerError(
            f"the server answers with a {what} that can't be laid out: {said}",
            "is it a reconciler, of a version that this one knows?",
        ) from error
