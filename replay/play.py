"""A publisher's history, applied commit by commit -> whether its plans were what they had to be."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from reconciler.errors import ReconcilerError
from reconciler.model.base import AttachmentOrigin
from reconciler.model.changes import Action, Change, Plan
from reconciler.model.findings import Severity
from reconciler.model.outcome import PassOutcome
from reconciler.reconcile import preview, reconcile
from reconciler.store import check, open_store
from replay.documents import Documents, Identity, is_manifest
from replay.model import Base, Expectation, Told, expected, pack_of
from replay.plumbing import Blobs, Commit, changed, commits, differences
from replay.rehearsal import World, opened

PUBLISHER = "publisher.yaml"
_SHOWN = 20
Expect = Callable[[Base, Documents, frozenset[Identity]], Expectation]


class Deviation(Exception):
    """A plan, or the install base, is not what the commit amounts to."""


@dataclass
class Report:
    """What was done; `beyond` counts packs of which declarations alone were compared."""

    commits: int = 0
    changes: int = 0
    attachments: int = 0
    refused: int = 0
    beyond: int = 0
    blind: bool = False
    sparse: str = ""

    def told(self, seconds: float) -> str:
        """The summary, in one line."""
        words = (
            f"{self.commits:,} commits replayed in {seconds:.0f} s: {self.changes:,} changes,"
            f" {self.attachments:,} attachments moved,"
            f" every plan its commit's difference, every second plan empty{self.sparse}"
        )
        if self.refused:
            words += f"; {self.refused:,} revisions refused, after which the base stayed"
        if self.blind:
            return f"{words}; with freezes, renames or suspensions: declarations alone compared"
        if self.beyond:
            return f"{words}; of {self.beyond:,} packs declarations alone compared"
        return words


@dataclass
class Replay:
    """One history being replayed.

    `folder` is that of publisher.yaml, "" for the top. `every`: the complete look of `plan` at each
    so many commits; `refusals` False: there may be none. `expect` says what a commit amounts to.
    """

    repository: Path
    world: World
    blobs: Blobs
    folder: str = ""
    every: int = 1
    refusals: bool = True
    expect: Expect = expected
    base: Base = field(default_factory=Base)
    accepted: Commit | None = None
    report: Report = field(default_factory=Report)

    def step(self, commit: Commit) -> None:
        """Plans, applies, plans and applies again. Raises Deviation."""
        self.world.moving.move_to(commit.at)
        self.world.settings = replace(self.world.settings, revision=commit.id)
        complete = self.report.commits % self.every == 0
        self.report.commits += 1
        shown = preview(self.world) if complete else None
        done = reconcile(self.world)
        if shown is not None and type(shown.error) is not type(done.error):
            raise Deviation(f"plan says {shown.error}, apply says {done.error}")
        if done.error is not None:
            self._refused(done, done.error)
            return
        foreseen = self._foreseen(commit)
        for name, outcome in (("plan", shown), ("apply", done)):
            if outcome is not None:
                self._compare(name, outcome.plan, foreseen)
        self.accepted, self.base = commit, foreseen.base
        self._second(complete)
        assert done.plan is not None, "a revision that was not applied yet has a plan"
        self.report.changes += len(done.plan.changes)
        self.report.attachments += done.moved

    def _refused(self, done: PassOutcome, error: ReconcilerError) -> None:
        """The base stays; the next commit is compared with the last one that was accepted."""
        in_force = None if self.accepted is None else self.accepted.id
        if done.in_force != in_force:
            raise Deviation(f"{error}, but {done.in_force} is in force, not {in_force}")
        if not self.refusals:
            wrong = [one for one in done.findings if one.severity is Severity.ERROR]
            found = "".join(f"\n  {one.path}: {one.message}" for one in wrong[:_SHOWN])
            raise Deviation(f"refused: {error}{found}")
        self.report.refused += 1

    def _foreseen(self, commit: Commit) -> Expectation:
        before = None if self.accepted is None else self.accepted.id
        entries = changed(self.repository, before, commit.id, self.folder)
        contents = (
            (entry.path, None if entry.blob is None else self.blobs.read(entry.blob))
            for entry in entries
            if is_manifest(entry, self.folder)
        )
        try:
            documents, touched = self.base.documents.following(contents)
        except (yaml.YAMLError, TypeError, AttributeError, KeyError) as error:
            raise Deviation(f"accepted, but can't be read: {error!r}") from error
        return self.expect(self.base, documents, touched)

    def _compare(self, name: str, plan: Plan | None, foreseen: Expectation) -> None:
        told = said(plan, foreseen.base)
        differing = list(_differing(told, foreseen.changes))
        if differing:
            more = f"\n  … and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
            raise Deviation(f"the changes of {name}:\n" + "\n".join(differing[:_SHOWN]) + more)

    def _second(self, complete: bool) -> None:
        if complete:
            again = preview(self.world)
            if again.error is not None or self._left(again.plan):
                raise Deviation(f"the second plan is not empty:{self._words(again)}")
        applied = reconcile(self.world)
        if applied.run is not None or applied.error is not None:
            raise Deviation(f"the second pass did something:{self._words(applied)}")

    def _left(self, plan: Plan | None) -> tuple[Change, ...]:
        """What is still to do; what waits, too, unless the model knows nothing of gates here."""
        if plan is None:
            return ()
        return plan.changes + (plan.waiting if self._foretells_all() else ())

    def _words(self, outcome: PassOutcome) -> str:
        told = [f"{one.action} {one.kind} {one.name}" for one in self._left(outcome.plan)]
        return "".join(f"\n  {one}" for one in [*filter(None, [str(outcome.error or "")]), *told])

    def _foretells_all(self) -> bool:
        return not (self.base.blind or self.base.beyond)

    def finish(self, cold_url: str) -> Report:
        """The install base as the last commit says, and as a cold store says. Raises Deviation."""
        if self.every > 1:
            self.report.sparse = f" (of each {self.every} commits one looked at as a whole)"
        self.report.beyond, self.report.blind = len(self.base.beyond), self.base.blind
        if wrong := check(self.world.settings.store_url):
            raise Deviation("store check: " + "; ".join(wrong[:_SHOWN]))
        if self.accepted is None:
            raise Deviation("no revision was accepted")
        self._standing()
        if self._foretells_all():
            self._beside_a_cold_store(cold_url)
        return self.report

    def _standing(self) -> None:
        store = self.world.store
        assert store is not None, "replays have one"
        applied = store.applied()
        if applied is None or (applied.revision, applied.settled) != (self.accepted_id, True):
            raise Deviation(f"{applied} is applied, not {self.accepted_id}")
        records = {name: one for name, one in store.base().packs.items() if one.declared}
        counts = store.counts()
        for pack in sorted(records.keys() | set(self.base.current)):
            if not self.base.knows(pack):
                continue
            rows = Counter(row.release for row in self.base.rows.get(pack, {}).values())
            wanted = (self.base.current.get(pack), dict(rows))
            record = records.get(pack)
            found = (record.current if record else None, dict(counts.get(pack, {})))
            if found != wanted:
                raise Deviation(f"pack {pack} stands at {found}, not at {wanted}")

    @property
    def accepted_id(self) -> str | None:
        return None if self.accepted is None else self.accepted.id

    def _beside_a_cold_store(self, url: str) -> None:
        assert self.world.store is not None, "replays have one"
        cold = open_store(url, mode="create", clock=self.world.clock, rehearsal=True)
        settings = replace(self.world.settings, revision=self.accepted_id, store_url=url)
        reconcile(replace(self.world, store=cold, settings=settings))
        found, wanted = (
            {
                str(row.key): (row.release, row.origin, row.entitled, row.declared)
                for row in store.attached()
                if row.origin is not AttachmentOrigin.ACCOUNT  # of these git knows nothing
            }
            for store in (self.world.store, cold)
        )
        differing = [
            key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)
        ]
        if differing:
            key = min(differing)
            raise Deviation(
                f"{len(differing)} attachments differ from a cold store's, such as {key}:"
                f" {found.get(key)} beside {wanted.get(key)}"
            )


def said(plan: Plan | None, base: Base) -> Mapping[Told, int]:
    """What a plan says, without what is beyond the model."""
    found: Counter[Told] = Counter()
    for change in plan.changes if plan else ():
        action, kind = str(change.action), str(change.kind)
        if change.action is Action.SHARE:
            action = "create" if change.before is None else "update"
        if kind in ("Release", "Attachment"):
            declared = action in ("create", "update", "delete")
            if not base.knows(pack_of(kind, change.name) if declared else change.name):
                continue
            if not declared:
                told = (kind, action, change.name, change.before, change.after)
                found[told] += change.attachments
                continue
        found[kind, action, change.name, None, None] += 0
    return found


def _differing(told: Mapping[Told, int], wanted: Mapping[Told, int]) -> Iterator[str]:
    for one in sorted(told.keys() | wanted.keys(), key=str):
        if told.get(one) != wanted.get(one):
            kind, action, name, before, after = one
            words = " ".join(filter(None, (action, kind, name)))
            versions = f" {before} → {after}" if before or after else ""
            planned, right = _count(told.get(one)), _count(wanted.get(one))
            yield f"  {words}{versions}: {planned} in the plan, {right} by the commit"


def _count(number: int | None) -> str:
    return "not" if number is None else f"{number:,} attachments" if number else "there"


def since_founded(repository: Path, history: list[Commit], folder: str) -> list[Commit]:
    """Without what came before there was a publisher.yaml in the folder."""
    path = f"{folder}/{PUBLISHER}" if folder else PUBLISHER
    began = next((c for c, entries in differences(repository, history, path) if entries), None)
    return history[history.index(began) :] if began is not None else []


def play(
    repository: Path,
    *,
    ref: str = "HEAD",
    folder: str = "",
    store_url: str | None = None,
    every: int = 1,
    expect: Expect = expected,
    refusals: bool = True,
    tell: Callable[[int, int], None] | None = None,
) -> Report:
    """Replays the history of `ref` from the first commit that has a publisher's folder.

    Raises Deviation, which names the commit. `folder`: that of publisher.yaml, "" for the top.
    `store_url` None: a store that goes when it is over. `expect` says what a commit amounts to.
    """
    folder = folder.strip("/")
    history = since_founded(repository, commits(repository, ref), folder)
    with TemporaryDirectory(prefix="replay-") as place, Blobs(repository) as blobs:
        replay = Replay(
            repository=repository,
            world=opened(repository / folder, Path(place), store_url),
            blobs=blobs,
            folder=folder,
            every=every,
            refusals=refusals,
            expect=expect,
        )
        for number, commit in enumerate(history, start=1):
            try:
                replay.step(commit)
            except Deviation as error:
                raise Deviation(f"commit {commit.id} ({commit.subject}): {error}") from error
            if tell is not None:
                tell(number, len(history))
        return replay.finish(f"sqlite:///{Path(place) / 'cold.db'}")
