"""What a command would write -> files of the working copy, or a commit on a branch: all or nothing.

Nothing is written that is not valid; nothing is ever pushed.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.desired.phrases import path_part as path_part
from reconciler.errors import InvalidRevision, ReconcilerError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from reconciler.cli.options import Command
    from reconciler.model.base import InstallBase
    from reconciler.model.branches import Edits, PreparedBranch
    from reconciler.model.declarations import Kind
    from reconciler.model.findings import Finding
    from reconciler.model.tree import Tree
    from reconciler.ports import Snapshot
    from reconciler.wiring import OpenedWorld

BY_DEFAULT = "\0"
"""--branch without a name: the command chooses one."""

SCHEMA_FOLDER = ".schemas"
_MOST_TOLD = 5


def branch_option(command: "Command") -> "Command":
    """--branch [NAME]: None without it, BY_DEFAULT without a name."""
    return click.option(
        "--branch",
        is_flag=False,
        flag_value=BY_DEFAULT,
        metavar="[NAME]",
        callback=_named,
        help="Commit on a new branch made from HEAD instead, and leave the files alone.",
    )(command)


def _named(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name == "":  # of a variable that is not set: the files must not be written instead
        raise click.UsageError("--branch has an empty NAME; leave NAME out, or give one")
    return name


def _schema_of(kind: "Kind") -> str:
    from reconciler.manifests.schemas import schema_file

    return f"{SCHEMA_FOLDER}/{schema_file(kind)}"


def _rendered(path: str, kind: "Kind", spec: Mapping[str, Any], schema: str | None) -> str:
    from reconciler.manifests.edit import render

    folder = posixpath.dirname(path) or "."
    url = None if schema is None else posixpath.relpath(schema, folder)
    return render(str(kind), None, spec, schema_url=url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The paths that were written or deleted, and the branch that they are on; None: on disk."""

    files: tuple[str, ...]
    branch: "PreparedBranch | None" = None


class Desk:
    """Where a command reads manifests and puts what it makes of them.

    With a branch everything is read from HEAD; without, the working copy is read and written.
    """

    def __init__(self, world: "OpenedWorld", branch: str | None) -> None:
        self.world = world
        self.branch = branch
        self.root = Path(world.settings.repository)
        self.at = world.clock.now()
        self._new: set[str] = set()

    @cached_property
    def revision(self) -> str | None:
        """HEAD's full commit id; None for the working copy."""
        if self.branch is None:
            return None
        from reconciler.cli import output

        self.world.source.refresh()
        output.note_uncommitted(self.world.source, "on the branch")
        return self.world.source.resolve(None)

    @cached_property
    def snapshot(self) -> "Snapshot":
        """The files that are read. Raises SourceError where there are none."""
        source = self.world.source
        return source.worktree() if self.revision is None else source.snapshot(self.revision)

    @cached_property
    def tree(self) -> "Tree":
        """What these files declare."""
        from reconciler.steps.judge import tree_of

        return tree_of(self.snapshot, self.world.cache_folder)

    @cached_property
    def base(self) -> "InstallBase | None":
        """The install base; None where there is none."""
        return self.world.store.base() if self.world.store is not None else None

    @property
    def zone(self) -> "ZoneInfo":
        """The publisher's. Raises AuthoringRefused when there is no publisher."""
        from reconciler.desired.schedule import publisher_zone

        return publisher_zone(self.tree)

    def reached(self, pack: str) -> str:
        """Whom a release of the pack reaches, in a sentence."""
        from reconciler.report.commit import whom

        attachments = None
        if self.base is not None:
            attachments = sum(cohort.rows for cohort in self.base.attachments.cohorts([pack]))
        return whom(pack, attachments, len(self.tree.entitled.get(pack, ())))

    def text(self, path: str) -> str:
        """A manifest as it is, byte for byte. Raises ReconcilerError when that is no text."""
        try:
            if self.revision is None:
                return (self.root / path).read_bytes().decode("utf-8")
            return self.snapshot.content(path).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ReconcilerError(f"cannot read {path}: {error}") from error

    def set_fields(self, kind: "Kind", name: str, fields: dict[tuple[str, ...], object]) -> "Edits":
        """The edit that sets fields of a declared document, everything else as it was."""
        from reconciler.manifests.edit import set_in

        declared = self.tree.get(kind, name)
        origin = declared.origin if declared is not None else None
        if origin is None:
            raise ReconcilerError(f"the manifest of {kind} {name} was not found")
        text = self.text(origin.path)
        for path, value in fields.items():
            text = set_in(text, origin.document, origin.item, path, value)
        return {origin.path: text.encode("utf-8")}

    def new_manifest(self, path: str, kind: "Kind", spec: Mapping[str, Any]) -> "Edits":
        """The edit that adds a manifest. Raises ReconcilerError when there is such a file."""
        from reconciler.ports import PathState

        on_disk = self.revision is None and (self.root / path).exists()
        if on_disk or self.snapshot.lookup(path).state is not PathState.MISSING:
            raise ReconcilerError(f"{self.root / path} exists already", "move it away first")
        self._new.add(path)
        schema = _schema_of(kind)
        there = self.snapshot.lookup(schema).state is PathState.FOUND
        return {path: _rendered(path, kind, spec, schema if there else None).encode("utf-8")}

    def errors(self, edits: "Edits") -> tuple["Finding", ...]:
        """What would be wrong with the revision if it had the edits."""
        from reconciler.model.findings import Severity
        from reconciler.reconcile import rehearse

        judgement = rehearse(self.world, edits, self.revision, self.base)
        return tuple(found for found in judgement.findings if found.severity is Severity.ERROR)

    def deliver(self, edits: "Edits", message: str, default_branch: str) -> Delivered:
        """Writes the edits, all or none. Raises InvalidRevision when they would not be valid."""
        errors = self.errors(edits)
        own = [found for found in errors if found.path in edits]
        if own:
            tell_findings(own[1:])
            first = own[0]
            raise InvalidRevision(
                f"nothing was written: {first.path}:{first.line}: {first.rule}: {first.message}",
                first.hint,
            )
        found = self.commit(edits, message, default_branch) if self.branch else self._write(edits)
        tell_elsewhere(errors, found.branch)
        return found

    def commit(
        self, edits: "Edits", message: str, default_branch: str, renewable: str | None = None
    ) -> Delivered:
        """A commit on the branch; see BranchDraft for `renewable`."""
        from reconciler.model.branches import BranchDraft

        assert self.revision is not None
        draft = BranchDraft(
            name=default_branch if self.branch in (None, BY_DEFAULT) else str(self.branch),
            base=self.revision,
            edits=edits,
            message=message,
            renewable=renewable,
        )
        return Delivered(files=tuple(edits), branch=self.world.source.prepare(draft))

    def _write(self, edits: "Edits") -> Delivered:
        from reconciler.cli.files import write_all

        write_all(self.root, edits, self._new)
        return Delivered(files=tuple(edits))


def preview(edits: "Edits") -> str:
    """The first file as it will be."""
    return (next(iter(edits.values())) or b"").decode("utf-8")


def tell_findings(found: Sequence["Finding"]) -> None:
    """What is wrong, on stderr."""
    from reconciler.cli import output

    for finding in found:
        output.note(f"{finding.path}:{finding.line}: {finding.rule}: {finding.message}")


def tell_elsewhere(found: Sequence["Finding"], branch: "PreparedBranch | None") -> None:
    """What keeps a revision with what was written from being valid, on stderr."""
    from reconciler.cli import output

    if not found:
        return
    tell_findings(found[:_MOST_TOLD])
    more = "" if len(found) <= _MOST_TOLD else f", {len(found) - _MOST_TOLD:,} more"
    where = "--worktree" if branch is None else f"--revision {branch.name}"
    output.note(
        f"these errors{more} are in other files than the written ones: reconciler validate {where}"
    )
