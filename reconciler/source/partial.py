"""Blobs that a partial clone lacks, fetched at once: git itself would fetch them one by one."""

from collections.abc import Sequence

from reconciler.errors import SourceError
from reconciler.source.access import with_access
from reconciler.source.location import RemoteLocation, parse_location
from reconciler.source.process import FETCH_SECONDS, Git, GitFailed
from reconciler.source.wording import hint_for, reason


def fetch_missing(git: Git, blob_ids: Sequence[str]) -> None:
    """Fetches those of `blob_ids` that a partial clone lacks; does nothing in a full clone.

    Raises SourceError when the remote can't be read.
    """
    if len(blob_ids) < 2 or (remote := _promisor(git)) is None:
        return
    present = git.output(
        "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)"
    )
    missing = sorted(set(blob_ids).difference(present.decode("ascii").split()))
    if not missing:
        return
    try:
        git_for(git, remote).output(
            *("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags"),
            *("--no-write-fetch-head", "--filter=blob:none", "--stdin", "--", remote),
            stdin="".join(f"{blob_id}\n" for blob_id in missing).encode("ascii"),
            seconds=FETCH_SECONDS,
        )
    except GitFailed as failure:
        raise SourceError(
            f"cannot fetch {len(missing)} files that this partial clone lacks: "
            f"{reason(failure.stderr)}",
            hint_for(failure.stderr) or "clone without --filter",
        ) from None


def git_for(git: Git, remote: str) -> Git:
    """`git` with the credentials for a remote of a clone, by its name."""
    result = git.run("remote", "get-url", "--", remote)
    if result.code != 0:
        return git
    try:
        location = parse_location(result.output.decode("utf-8", "replace").strip())
    except SourceError:
        return git
    return with_access(git, location) if isinstance(location, RemoteLocation) else git


def _promisor(git: Git) -> str | None:
    """The remote that promised the blobs of a partial clone; None for a full one."""
    result = git.run("config", "--name-only", "--get-regexp", r"^remote\..*\.promisor$", "true")
    names = result.output.decode("utf-8", "replace").splitlines()
    return names[0].removeprefix("remote.").removesuffix(".promisor") if names else None
