"""Rule package-in-use: a packaged version stays declared while a release that counts names it."""

from collections.abc import Iterator

from reconciler.desired.rules.contents import (
    deleted_versions,
    is_live,
    releases,
    running,
)
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Deployment, Kind, Release
from reconciler.model.findings import Problem

_Versions = frozenset[tuple[str, str]]


def check(context: Context) -> Iterator[Problem]:
    """A change rule, found at the release; where that is not declared any more, at its pack.

    Without a store nothing is known of what attachments run.
    """
    deleted = deleted_versions(context)
    if not deleted:
        return
    run = running(context)
    for declaration, release in releases(context):
        if not _is_packaged(context, release.pack):
            continue
        if is_live(context, release):
            yield from _problems(declaration, release, deleted, "needs it")
        elif (release.pack, release.version) in run:
            yield from _problems(declaration, release, deleted, "still runs in attachments")
    for pack, version in sorted(run):
        if context.tree.get(Kind.RELEASE, f"{pack}@{version}") is None:
            yield from _undeclared(context, pack, version, deleted)


def _is_packaged(context: Context, pack: str) -> bool:
    declared = context.tree.packs.get(pack)
    if declared is not None:
        return declared.deployment is Deployment.PACKAGED
    record = context.store.packs.get(pack) if context.store is not None else None
    return record is not None and record.deployment is Deployment.PACKAGED


def _undeclared(context: Context, pack: str, version: str, deleted: _Versions) -> Iterator[Problem]:
    """A release that attachments run although its manifest is gone."""
    record = context.store.packs.get(pack) if context.store is not None else None
    recorded = record.releases.get(version) if record is not None else None
    if recorded is not None and _is_packaged(context, pack):
        declaration = context.tree.get(Kind.INTEGRATION_PACK, pack)
        yield from _problems(declaration, recorded.release, deleted, "still runs in attachments")


def _problems(
    declaration: Declaration | None, release: Release, deleted: _Versions, use: str
) -> Iterator[Problem]:
    for component, version in release.components.items():
        if (component, version) in deleted:
            at_release = declaration is not None and declaration.kind is Kind.RELEASE
            yield Problem(
                rule=RULE.id,
                origin=None if declaration is None else declaration.origin,
                pointer=("spec", "components", component) if at_release else (),
                message=f"{component} {version} was deleted, but {release.pack} {release.version} "
                f"{use}.",
                hint=f"declare {component} {version} again; delete it when no current or pending "
                "release names it and no attachment runs it.",
            )


RULE = Rule(
    id="package-in-use",
    summary="A packaged version is not deleted while a current or pending release, or one that "
    "attachments run, names it.",
    check=check,
)
