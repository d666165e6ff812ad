"""What a user typed as REPO turned into a local path or a remote URL that is safe to hand to git.

Nothing that is not in the allow-list of transports gets past this module.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from reconciler.errors import SourceError
from reconciler.source.wording import one_line

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_TRANSPORT_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")
_SSH_SHORT = re.compile(r"(?:[A-Za-z0-9_][\w.+-]*@)?([A-Za-z0-9][\w.-]*):(?!-)[^\\]+")
_HOST = re.compile(r"[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+\]")
_ENCODED_CONTROL = re.compile(r"%(?:0[0-9a-f]|1[0-9a-f]|7f)", re.IGNORECASE)
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_ALLOWED = "use a folder, https://, ssh://, user@host:path or file://"
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLocation:
    """A folder: a working copy, a bare repository, or (it need not exist) a folder inside one."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLocation:
    """A repository to mirror, with a folder in it ("" is its top).

    `url` holds no credentials; `user` and `password` were taken out of it (None: not given).
    """

    url: str
    folder: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The address for messages, without credentials."""
        return one_line(f"{self.url}#{self.folder}" if self.folder else self.url)

    @property
    def plain_http(self) -> bool:
        """Whether it is read over unencrypted http, which only this machine may offer."""
        return self.url.startswith("http://")


def parse_location(text: str) -> LocalLocation | RemoteLocation:
    """REPO as a value. Raises SourceError for what is neither a path nor an allowed URL.

    A URL may end in `#folder`, the publisher root in the repository. No I/O, but for a look
    whether `a:b` is a folder here before it is taken for an SSH address.
    """
    _check_characters(text)
    if scheme := _SCHEME.match(text):
        return _url(text, scheme[1].lower())
    if _TRANSPORT_HELPER.match(text):
        raise SourceError(f"{one_line(text)}: transport helpers are not run", _ALLOWED)
    if ":" in text.partition("/")[0] and not Path(text).exists():
        return _ssh_short(text)
    return LocalLocation(path=Path(text))


def folder_of(text: str) -> str:
    """A folder in a repository in its shortest form, "" for the top. Raises SourceError."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts or "\\" in text:
        raise SourceError(
            f"{one_line(text)} is no folder in the repository",
            'write it with "/" and without ".."',
        )
    return "/".join(parts)


def _check_characters(text: str) -> None:
    if not text:
        raise SourceError("REPO is empty", _ALLOWED)
    if len(text) > _LONGEST:
        raise SourceError(f"REPO is longer than {_LONGEST} characters", _ALLOWED)
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise SourceError(f"{one_line(text)}: REPO holds control characters", _ALLOWED)
    if text.startswith("-"):
        raise SourceError(
            f"{one_line(text)}: REPO can't start with a dash", f"a folder of that name is ./{text}"
        )


def _url(text: str, scheme: str) -> RemoteLocation:
    shown = one_line(text)
    if scheme not in {"https", "http", "ssh", "file"}:
        raise SourceError(f"{shown}: the transport {scheme}:// is not used", _ALLOWED)
    if " " in text or "\\" in text or _ENCODED_CONTROL.search(text):
        raise SourceError(f"{shown}: the URL holds characters that it can't hold", _ALLOWED)
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise SourceError(f"{shown} is not a URL", _ALLOWED) from None
    folder = folder_of(unquote(parts.fragment))
    if scheme == "file":
        return _file(parts, shown, folder)
    address = parts.netloc.rpartition("@")[2]
    if not host or not _HOST.match(address) or host.startswith("-"):
        raise SourceError(f"{shown} names no host", _ALLOWED)
    if not parts.path.strip("/"):
        raise SourceError(f"{shown} names no repository on {host}", _ALLOWED)
    if scheme == "http" and host not in _LOCAL_HOSTS:
        raise SourceError(f"{shown}: plain http is not encrypted", "use https:// or ssh://")
    if scheme == "ssh":
        return _ssh(parts, shown, folder)
    return RemoteLocation(
        url=parts._replace(scheme=scheme, netloc=address, fragment="").geturl(),
        folder=folder,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _file(parts: SplitResult, shown: str, folder: str) -> RemoteLocation:
    if parts.netloc or not parts.path.startswith("/"):
        raise SourceError(f"{shown}: a file URL has three slashes", "write file:///path/to/repo")
    return RemoteLocation(url=parts._replace(scheme="file", fragment="").geturl(), folder=folder)


def _ssh(parts: SplitResult, shown: str, folder: str) -> RemoteLocation:
    if parts.password is not None:
        raise SourceError(f"{shown}: SSH takes no password from a URL", "use an SSH key")
    if (parts.username or "").startswith("-") or parts.path.startswith("/-"):
        raise SourceError(f"{shown}: no part of an SSH URL can start with a dash", _ALLOWED)
    return RemoteLocation(
        url=parts._replace(scheme="ssh", fragment="", query="").geturl(), folder=folder
    )


def _ssh_short(text: str) -> RemoteLocation:
    url, _, fragment = text.partition("#")
    if not _SSH_SHORT.fullmatch(url) or " " in url:
        raise SourceError(f"{one_line(text)} is neither a folder nor an address", _ALLOWED)
    return RemoteLocation(url=url, folder=folder_of(fragment))
