"""Rule pack-unreleased: what may be installed has a release."""

from collections import Counter
from collections.abc import Iterator, Set
from typing import cast

from reconciler.desired.phrases import counted, listed
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem, Severity
from reconciler.model.tree import Tree


class _BrokenReleases:
    """The releases that could not be read."""

    def __init__(self, tree: Tree) -> None:
        names = [name for kind, name in tree.broken if kind == Kind.RELEASE]
        self._packs = {name.partition("@")[0] for name in names if name is not None}
        self._any = None in names

    def covers(self, pack: str) -> bool:
        """Whether one of them may be of this pack."""
        return self._any or pack in self._packs


def check(context: Context) -> Iterator[Problem]:
    """One problem a pack: nothing to install for those who ask, or nothing left for who runs it."""
    broken = _BrokenReleases(context.tree)
    running = _left_alone(context, broken)
    unreleased = {
        pack
        for pack in context.tree.packs
        if pack not in context.tree.releases and not broken.covers(pack)
    }
    for pack, count in running.items():
        yield _problem(
            context.tree,
            pack,
            f"{pack} has no effective release, but {_runs(count)} it.",
            "keep the release that they run, or delete the pack with its releases, resources and "
            "attachments.",
            Severity.ERROR,
        )
    for pack, users in _users(context.tree, unreleased.difference(running)).items():
        yield _problem(
            context.tree,
            pack,
            f"{pack} has no release; {listed(users)} can't install it.",
            f"reconciler release {pack} --immediate writes the first one.",
            Severity.WARNING,
        )


def _left_alone(context: Context, broken: _BrokenReleases) -> Counter[str]:
    """Packs that had a current release in the base and have none now, with who runs them."""
    if context.store is None or context.base is None:
        return Counter()
    packs = {
        pack
        for pack, life in context.base_lifecycles.items()
        if life.current is not None
        and pack in context.tree.packs
        and not broken.covers(pack)
        and (pack not in context.lifecycles or context.lifecycles[pack].current is None)
    }
    if not packs:
        return Counter()
    running: Counter[str] = Counter()
    for pack, alike, rows in context.store.attachments.cohorts(packs):
        if alike.release is not None:
            running[pack] += rows
    return running


def _users(tree: Tree, packs: Set[str]) -> dict[str, list[str]]:
    """pack -> the groups and attachments that name it; packs that nobody names are left out."""
    found: dict[str, list[str]] = {}
    if not packs:
        return found
    for name, group in tree.groups.items():
        for pack in {resource.pack for resource in group.packs} & packs:
            found.setdefault(pack, []).append(f"group {name}")
    for declaration in tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        if attachment.pack in packs:
            found.setdefault(attachment.pack, []).append(f"attachment {declaration.name}")
    return found


def _runs(count: int) -> str:
    return f"{counted(count, 'attachment')} {'runs' if count == 1 else 'run'}"


def _problem(tree: Tree, pack: str, message: str, hint: str, severity: Severity) -> Problem:
    declaration = tree.get(Kind.INTEGRATION_PACK, pack)
    assert declaration is not None
    return Problem(
        rule=RULE.id, origin=declaration.origin, message=message, hint=hint, severity=severity
    )


RULE = Rule(
    id="pack-unreleased",
    summary="A pack that a group offers or an account runs has a release.",
    check=check,
)
