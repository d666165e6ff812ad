"""Passes of an operator who demands signatures: which revisions come into force."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import UnsignedRevision
from reconciler.model.events import EventKind
from reconciler.reconcile import preview, reconcile, validate
from reconciler.wiring import open_world

NOV20, DEC1 = "2026-11-20T12:00", "2026-12-01T05:00"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(command, check=True)
    return file


@pytest.fixture
def signers(tmp_path: Path, key: Path) -> Path:
    file = tmp_path / "allowed-signers"
    file.write_text(f"ann@example.com {key.with_suffix('.pub').read_text()}")
    return file


def sign(office: Any, key: Path) -> str:
    """Signs the newest commit; the full id of what it has become."""
    git = ["git", "-C", str(office.folder), "-c", "gpg.format=ssh", "-c", f"user.signingKey={key}"]
    git += ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    amend = ["commit", "-q", "--amend", "--allow-empty", "--no-edit", "-S"]
    subprocess.run([*git, *amend], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


def told(office: Any, kind: EventKind) -> list[str]:
    with open_world(office.settings(NOV20), store="existing") as world:
        assert world.store is not None
        return [e.draft.message for e in world.store.events() if e.draft.kind is kind]


def test_an_unsigned_revision_is_refused_once_and_what_is_due_goes_on(
    office: Any, key: Path, signers: Path
) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    signed = sign(office, key)
    assert office.apply(NOV20, allowed_signers=signers).error is None
    office.release("stock", "2.0.0")
    unsigned = office.commit()
    for instant in (NOV20, DEC1, DEC1):
        outcome = office.apply(instant, allowed_signers=signers)
        assert isinstance(outcome.error, UnsignedRevision)
        assert (outcome.exit_code, outcome.in_force) == (1, signed)
    refused = told(office, EventKind.REFUSED)
    assert len(refused) == 1
    assert f"revision {unsigned[:12]} of" in refused[0]
    assert refused[0].endswith("is not signed")
    with open_world(office.settings(DEC1), store="existing") as world:
        assert world.store is not None
        last = world.store.last_refusal()
    assert last is not None
    assert (last.revision, last.reason) == (unsigned, "unsigned")
    runs = office.runs()
    assert "1.1.0" in runs.values()
    assert "2.0.0" not in runs.values()


def test_the_same_change_is_accepted_as_soon_as_it_is_signed(
    office: Any, key: Path, signers: Path
) -> None:
    office.commit()
    sign(office, key)
    office.apply(NOV20, allowed_signers=signers)
    office.release("stock", "2.0.0")
    office.commit()
    assert office.apply(NOV20, allowed_signers=signers).error is not None
    signed = sign(office, key)
    outcome = office.apply(NOV20, allowed_signers=signers)
    assert (outcome.error, outcome.in_force) == (None, signed)
    assert "2.0.0" in office.runs().values()


def test_a_revision_that_is_applied_is_not_asked_for_its_signature_again(
    office: Any, key: Path, signers: Path
) -> None:
    office.release("orders", "1.1.0", on="2026-12-01")
    office.commit()
    sign(office, key)
    office.apply(NOV20, allowed_signers=signers)
    signers.write_text("")
    for instant in (NOV20, DEC1):
        assert office.apply(instant, allowed_signers=signers).error is None
    with open_world(office.settings(DEC1, allowed_signers=signers), store="existing") as world:
        assert preview(world).error is None
        assert reconcile(world, complete=True).error is None
        assert validate(world).valid


def test_a_cold_store_is_not_begun_with_an_unsigned_revision(office: Any, signers: Path) -> None:
    office.commit()
    outcome = office.apply(NOV20, allowed_signers=signers)
    assert isinstance(outcome.error, UnsignedRevision)
    assert outcome.in_force is None
    assert office.base().applied is None
    settings = office.settings(NOV20, allowed_signers=signers)
    with open_world(settings, store="none") as world:
        assert isinstance(preview(world).error, UnsignedRevision)
        with pytest.raises(UnsignedRevision):
            validate(world)


def test_going_back_to_an_unsigned_revision_is_refused_even_where_rewinds_are_allowed(
    office: Any, key: Path, signers: Path
) -> None:
    unsigned = office.commit()
    office.release("stock", "2.0.0")
    office.commit()
    sign(office, key)
    office.apply(NOV20, allowed_signers=signers)
    outcome = office.apply(NOV20, allowed_signers=signers, revision=unsigned, allow_rewind=True)
    assert isinstance(outcome.error, UnsignedRevision)
    assert "2.0.0" in office.runs().values()
