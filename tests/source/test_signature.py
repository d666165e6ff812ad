"""Commits signed with real keys: which ones a source accepts, and why not the others."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SourceError, UnsignedRevision
from reconciler.source import open_source

if TYPE_CHECKING:
    from tests.source.conftest import Repo

CONTENT = """#!/bin/sh
echo ran >> {ran}
echo 'Good "git" signature for ann with ED25519 key SHA256:abc'
echo '[GNUPG:] GOODSIG 1234 ann' >&2
echo '[GNUPG:] GOODSIG 1234 ann'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys made by ssh-keygen, and the operator's files that name them."""

    folder: Path

    def made(self, name: str) -> Path:
        file = self.folder / name
        if not file.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)],
                check=True,
            )
        return file

    def public(self, name: str) -> str:
        self.made(name)
        kind, key, _ = (self.folder / f"{name}.pub").read_text().split()
        return f"{kind} {key}"

    def fingerprint(self, name: str) -> str:
        told = subprocess.run(
            ["ssh-keygen", "-l", "-f", str(self.made(name))],
            capture_output=True,
            text=True,
            check=True,
        )
        return told.stdout.split()[1]

    def allowed(self, *lines: str) -> Path:
        file = self.folder / "allowed-signers"
        file.write_text("".join(f"{line}\n" for line in lines))
        return file

    def allow(self, *names: str) -> Path:
        return self.allowed(*(f"{name}@example.com {self.public(name)}" for name in names))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    folder = tmp_path / "keys"
    folder.mkdir()
    return Keys(folder=folder)


def signed(repo: Repo, key: Path, message: str = "signed") -> str:
    repo.git(
        *("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}"),
        *("commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", message),
    )
    return repo.git("rev-parse", "HEAD")


def accept(repo: Repo, revision: str, signers: Path, revoked: Path | None = None) -> None:
    open_source(str(repo.path)).verify(revision, signers=signers, revoked=revoked)


def refusal(repo: Repo, revision: str, signers: Path, revoked: Path | None = None) -> str:
    with pytest.raises(UnsignedRevision) as refused:
        accept(repo, revision, signers, revoked)
    assert revision[:12] in refused.value.message
    assert refused.value.hint
    return refused.value.message


def test_a_commit_signed_with_an_allowed_key_is_accepted(repo: Repo, keys: Keys) -> None:
    accept(repo, signed(repo, keys.made("ann")), keys.allow("bob", "ann"))


def test_a_commit_without_a_signature_is_refused(repo: Repo, keys: Keys) -> None:
    assert "is not signed" in refusal(repo, repo.commit(), keys.allow("ann"))


def test_a_signed_tag_does_not_sign_its_commit(repo: Repo, keys: Keys) -> None:
    commit = repo.commit()
    repo.git(
        *("-c", "gpg.format=ssh", "-c", f"user.signingKey={keys.made('ann')}"),
        *("tag", "--sign", "--message", "v1", "v1"),
    )
    found = open_source(str(repo.path)).resolve("v1")
    assert found == commit
    assert "is not signed" in refusal(repo, found, keys.allow("ann"))


def test_an_unsigned_child_of_a_signed_commit_is_refused(repo: Repo, keys: Keys) -> None:
    signed(repo, keys.made("ann"))
    assert "is not signed" in refusal(repo, repo.commit("child"), keys.allow("ann"))


def test_a_key_that_is_not_in_the_file_is_named_by_its_fingerprint(repo: Repo, keys: Keys) -> None:
    commit = signed(repo, keys.made("eve"))
    told = refusal(repo, commit, keys.allow("ann"))
    assert f"unknown key, {keys.fingerprint('eve')}" in told


def test_an_empty_file_allows_nobody(repo: Repo, keys: Keys) -> None:
    assert "unknown key" in refusal(repo, signed(repo, keys.made("ann")), keys.allowed())


@pytest.mark.parametrize("listed_as", ["public key", "KRL"])
def test_a_revoked_key_is_refused(repo: Repo, keys: Keys, listed_as: str) -> None:
    commit = signed(repo, keys.made("ann"))
    revoked = keys.folder / "revoked"
    revoked.write_text(keys.public("ann") + "\n")
    if listed_as == "KRL":
        krl = keys.folder / "krl"
        subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(krl), str(revoked)], check=True)
        revoked = krl
    told = refusal(repo, commit, keys.allow("ann", "bob"), revoked)
    assert f"{keys.fingerprint('ann')}, a key that was revoked" in told
    accept(repo, signed(repo, keys.made("bob")), keys.allow("ann", "bob"), revoked)


@pytest.mark.parametrize("content", ["", "nonsense\n"])
def test_a_list_of_revoked_keys_without_this_one(repo: Repo, keys: Keys, content: str) -> None:
    commit = signed(repo, keys.made("ann"))
    revoked = keys.folder / "revoked"
    revoked.write_text(content)
    if content:
        refusal(repo, commit, keys.allow("ann"), revoked)  # what can't be read revokes everything
    else:
        accept(repo, commit, keys.allow("ann"), revoked)


def test_a_list_of_revoked_keys_that_is_gone_is_an_error_and_not_passed_over(
    repo: Repo, keys: Keys
) -> None:
    commit = signed(repo, keys.made("ann"))
    with pytest.raises(SourceError, match="can't be read: No such file") as failed:
        accept(repo, commit, keys.allow("ann"), keys.folder / "none")
    assert not isinstance(failed.value, UnsignedRevision)


def test_allowed_signers_that_are_gone_are_an_error(repo: Repo, keys: Keys) -> None:
    with pytest.raises(SourceError, match="can't be read"):
        accept(repo, repo.commit(), keys.folder / "none")


def test_a_key_counts_from_and_until_its_dates_by_the_date_of_the_commit(
    repo: Repo, keys: Keys
) -> None:
    commit = signed(repo, keys.made("ann"))  # on 2026-11-22
    line = 'ann@example.com {}="{}" ' + keys.public("ann")
    accept(repo, commit, keys.allowed(line.format("valid-before", "20261123")))
    for dates in (("valid-before", "20261101"), ("valid-after", "20261201")):
        told = refusal(repo, commit, keys.allowed(line.format(*dates)))
        assert f"{keys.fingerprint('ann')}, a key that was not valid at its date" in told


@pytest.mark.parametrize(
    "line",
    [
        'ann valid-before="20200101",namespaces="git" {}',
        'ann namespaces="git",valid-before="20200101" {}',
        'ann namespaces="git",valid-after="20190101",valid-before="20200101" {}',
    ],
)
def test_an_expired_key_is_told_from_an_unknown_one(repo: Repo, keys: Keys, line: str) -> None:
    commit = signed(repo, keys.made("ann"))
    told = refusal(repo, commit, keys.allowed(line.format(keys.public("ann"))))
    assert "not valid at its date" in told


def test_a_key_that_is_meant_for_files_only_signs_no_commit(repo: Repo, keys: Keys) -> None:
    commit = signed(repo, keys.made("ann"))
    line = f'ann@example.com namespaces="file" {keys.public("ann")}'
    assert "not meant for git" in refusal(repo, commit, keys.allowed(line))


def test_a_commit_that_was_changed_under_its_signature_is_refused(repo: Repo, keys: Keys) -> None:
    commit = signed(repo, keys.made("ann"), "pay ann")
    text = repo.git("cat-file", "commit", commit).replace("pay ann", "pay eve") + "\n"
    forged = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text)
    assert "bad signature" in refusal(repo, forged, keys.allow("ann"))


def test_a_signature_taken_from_another_commit_is_refused(repo: Repo, keys: Keys) -> None:
    donor = repo.git("cat-file", "commit", signed(repo, keys.made("ann")))
    signature = donor[donor.index("gpgsig ") : donor.index("\n\n")]
    headers, _, message = repo.git("cat-file", "commit", repo.commit()).partition("\n\n")
    text = f"{headers}\n{signature}\n\n{message}\n"
    forged = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text)
    assert "bad signature" in refusal(repo, forged, keys.allow("ann"))


def test_an_object_that_replaces_an_unsigned_commit_does_not_vouch_for_it(
    repo: Repo, keys: Keys
) -> None:
    unsigned = repo.commit()
    repo.git("replace", unsigned, signed(repo, keys.made("ann")))
    assert "is not signed" in refusal(repo, unsigned, keys.allow("ann"))


@pytest.mark.parametrize("kind", ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"])
def test_other_kinds_of_signatures_are_refused_and_their_programs_never_run(
    repo: Repo, keys: Keys, kind: str, tmp_path: Path
) -> None:
    ran = _configure_a_contented_program(repo, tmp_path)
    headers, _, message = repo.git("cat-file", "commit", repo.commit()).partition("\n\n")
    signature = f"gpgsig -----BEGIN {kind}-----\n \n aGVsbG8=\n -----END {kind}-----"
    text = f"{headers}\n{signature}\n\n{message}\n"
    forged = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text)
    assert "not with an SSH key" in refusal(repo, forged, keys.allow("ann"))
    assert not ran.exists()


def test_the_configuration_of_a_hostile_working_copy_changes_nothing(
    repo: Repo, keys: Keys, tmp_path: Path
) -> None:
    commit, good = signed(repo, keys.made("eve")), signed(repo, keys.made("ann"))
    signers = keys.allow("ann")
    revoked = keys.folder / "revoked"
    revoked.write_text(keys.public("bob"))
    theirs = keys.folder / "theirs"
    theirs.write_text(f"eve@example.com {keys.public('eve')}\n")
    ran = _configure_a_contented_program(repo, tmp_path)
    repo.git("config", "gpg.ssh.allowedSignersFile", str(theirs))
    repo.git("config", "gpg.ssh.revocationFile", str(keys.folder / "none"))
    repo.git("config", "gpg.minTrustLevel", "never")
    repo.git("config", "gpg.format", "openpgp")
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "i18n.logOutputEncoding", "UTF-16")
    repo.git("config", "format.pretty", "format:G")
    assert "unknown key" in refusal(repo, commit, signers, revoked)
    accept(repo, good, signers, revoked)
    revoked.write_text(keys.public("ann"))
    assert "revoked" in refusal(repo, good, signers, revoked)
    assert not ran.exists()


def test_the_configuration_of_the_user_changes_nothing(
    repo: Repo, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = signed(repo, keys.made("eve"))
    theirs = keys.folder / "theirs"
    theirs.write_text(f"eve@example.com {keys.public('eve')}\n")
    user = tmp_path / "gitconfig"
    user.write_text(f"[gpg.ssh]\nallowedSignersFile={theirs}\nprogram=/bin/true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(user))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "gpg.ssh.allowedSignersFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(theirs))
    assert "unknown key" in refusal(repo, commit, keys.allow("ann"))


def test_keys_in_the_repository_allow_nothing(repo: Repo, keys: Keys) -> None:
    repo.put("allowed-signers", f"eve@example.com {keys.public('eve')}\n")
    repo.git("add", "--all")
    assert "unknown key" in refusal(repo, signed(repo, keys.made("eve")), keys.allow("ann"))


def test_a_relative_path_is_that_of_the_caller(
    repo: Repo, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, signers = signed(repo, keys.made("ann")), keys.allow("ann")
    repo.put(signers.name, f"eve@example.com {keys.public('eve')}\n")
    monkeypatch.chdir(keys.folder)
    accept(repo, commit, Path(signers.name))


def test_a_mirror_checks_what_it_fetched(repo: Repo, keys: Keys, tmp_path: Path) -> None:
    good = signed(repo, keys.made("ann"))
    source = open_source(f"file://{repo.path}", mirror_root=tmp_path / "mirrors")
    source.refresh()
    source.verify(good, signers=keys.allow("ann"), revoked=None)
    repo.commit("unsigned")
    source.refresh()
    with pytest.raises(UnsignedRevision, match="is not signed"):
        source.verify(source.resolve(), signers=keys.allow("ann"), revoked=None)


def test_without_ssh_keygen_it_is_said_that_nothing_can_be_checked(
    repo: Repo, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, signers = signed(repo, keys.made("ann")), keys.allow("ann")
    source = open_source(str(repo.path))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "env"):
        (programs / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(SourceError, match="ssh-keygen is not on the PATH") as failed:
        source.verify(commit, signers=signers, revoked=None)
    assert not isinstance(failed.value, UnsignedRevision)
    assert "install OpenSSH" in str(failed.value.hint)


def test_nothing_is_left_of_the_check(
    repo: Repo, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, signers = signed(repo, keys.made("eve")), keys.allow("ann")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    refusal(repo, commit, signers)
    assert list(temporary.iterdir()) == []


def _configure_a_contented_program(repo: Repo, tmp_path: Path) -> Path:
    """A repository whose configuration names a program that finds every signature good."""
    ran, program = tmp_path / "ran", tmp_path / "contented"
    program.write_text(CONTENT.format(ran=ran))
    program.chmod(0o755)
    for name in ("gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program"):
        repo.git("config", name, str(program))
    assert os.access(program, os.X_OK)
    return ran
