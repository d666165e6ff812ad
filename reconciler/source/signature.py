"""A commit and the operator's keys turned into a verdict: signed by one of them, or why not.

git asks ssh-keygen, in a process whose settings are all given here: nothing that the repository or
its configuration says can choose another program or another list of keys. Only git's exit status
together with its one-letter verdict accepts; all else is for the message.
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import SourceError, UnsignedRevision
from reconciler.source.process import Git
from reconciler.source.wording import one_line

_GOOD = "G"
_NO_PROGRAM = os.devnull  # can't be executed: signatures of other kinds are never accepted
_VALIDITY = re.compile(rb'(?i),valid-(?:after|before)="[^"\n]*"|valid-(?:after|before)="[^"\n]*",?')
_WAY_OUT = "sign it (git commit -S, git merge -S) with a key in the allowed-signers file"
_KEY_WAY_OUT = "sign with an allowed key, or let the operator add this one to the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """git's letter for a signature, the fingerprint of its key, and whether git accepts it."""

    letter: str
    key: str
    accepted: bool


def verify(git: Git, commit: str, shown: str, *, signers: Path, revoked: Path | None) -> None:
    """Returns when `commit` (a full id) is signed by a key of `signers` that is not `revoked`.

    `signers` is an allowed-signers file, `revoked` a list of public keys or a KRL, both as
    ssh-keygen reads them. Raises UnsignedRevision for any other commit, and SourceError where that
    can't be told.
    """
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SourceError(
            "signatures can't be checked: ssh-keygen is not on the PATH",
            "install OpenSSH 8.2 or newer, or correct the PATH",
        )
    keys, gone = _content(signers), None if revoked is None else _content(revoked)
    with tempfile.TemporaryDirectory(prefix="reconciler-signers-") as folder:
        # Copies: git passes over a list of revoked keys that is not there when it looks for it.
        check = _Check(git=git, commit=commit, program=program, folder=Path(folder))
        found = check.verdict(keys, gone)
        if found.accepted:
            return
        words, hint = _why(check, found, keys, gone)
    raise UnsignedRevision(f"revision {commit[:12]} of {shown} {words}", hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    git: Git
    commit: str
    program: str
    folder: Path

    def verdict(self, keys: bytes, revoked: bytes | None) -> _Verdict:
        """What git makes of the commit's signature with these keys."""
        git = self._pinned(keys, revoked)
        status = git.run("verify-commit", self.commit).code
        told = git.output(
            *("log", "--no-walk", "--no-patch", "--no-show-signature", "--no-color"),
            *("--encoding=UTF-8", "--format=%G? %GF", self.commit),
        )
        letter, _, key = told.decode("utf-8", "replace").strip().partition(" ")
        return _Verdict(letter=letter, key=one_line(key), accepted=status == 0 and letter == _GOOD)

    def kind(self) -> bytes | None:
        """The first line of the commit's signature, None when it has none."""
        header, _, _ = self.git.output("cat-file", "commit", self.commit).partition(b"\n\n")
        found = re.search(rb"^gpgsig(?:-sha256)? (.*)$", header, re.MULTILINE)
        return found[1] if found else None

    def _pinned(self, keys: bytes, revoked: bytes | None) -> Git:
        signers, gone = self.folder / "signers", self.folder / "revoked"
        signers.write_bytes(keys)
        gone.write_bytes(revoked or b"")
        return self.git.using(
            "gpg.format=ssh",
            "gpg.minTrustLevel=fully",
            f"gpg.program={_NO_PROGRAM}",
            f"gpg.openpgp.program={_NO_PROGRAM}",
            f"gpg.x509.program={_NO_PROGRAM}",
            f"gpg.ssh.program={Path(self.program).absolute()}",
            f"gpg.ssh.allowedSignersFile={signers}",
            f"gpg.ssh.revocationFile={gone}",
        )


def _why(check: _Check, found: _Verdict, keys: bytes, revoked: bytes | None) -> tuple[str, str]:
    """Why a commit is not accepted, and the way out; git is asked again with fewer demands."""
    kind = check.kind()
    if kind is None:
        return "is not signed", _WAY_OUT
    if b"SSH SIGNATURE" not in kind:
        return "is signed, but not with an SSH key", _WAY_OUT
    if found.letter == "U":
        ever = _VALIDITY.sub(b"", keys)
        if ever != keys and check.verdict(ever, revoked).accepted:
            return f"is signed by {found.key}, a key that was not valid at its date", _KEY_WAY_OUT
        return f"is signed by an unknown key, {found.key}", _KEY_WAY_OUT
    if revoked is not None and (once := check.verdict(keys, None)).accepted:
        return f"is signed by {once.key}, a key that was revoked", _WAY_OUT
    return (
        "has a bad signature: it does not fit the commit, or its key is not meant for git",
        _WAY_OUT,
    )


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{one_line(str(file))} can't be read: {error.strerror or 'unknown'}",
            "signatures are checked with it: correct its path or permissions",
        ) from None
