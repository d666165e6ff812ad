"""A release -> what its versions say of themselves, and what its reports say of it."""

from collections.abc import Mapping, Sequence

from reconciler.desired.regression import outcome
from reconciler.model.contrast import Contrast
from reconciler.model.declarations import Deployment, PackagedComponent, Release
from reconciler.model.impact import Assessment, VersionNotes
from reconciler.model.tree import Tree
from reconciler.model.versions import component_key
from reconciler.ports import PathState, Snapshot


def notes_between(tree: Tree, found: Contrast) -> Mapping[str, tuple[VersionNotes, ...]]:
    """component -> what each version after the one before says of itself, in order."""
    spec = tree.packs.get(found.pack)
    if spec is not None and spec.deployment is Deployment.LEGACY:
        return {}
    told = {}
    for one in found.components:
        versions: Mapping[str, PackagedComponent] = tree.components.get(one.component, {})
        between = _between(list(versions), one.before, one.after)
        notes = ((version, versions[version].notes) for version in between)
        lines = tuple(VersionNotes(version=v, notes=text) for v, text in notes if text)
        if lines:
            told[one.component] = lines
    return told


def _between(versions: Sequence[str], before: str | None, after: str | None) -> list[str]:
    """The versions that come with the move, `after` last; on the way down none but that one.

    Of a new component only the version that comes.
    """
    if after is None or after not in versions:
        return []
    if before is None or component_key(before) > component_key(after):
        return [after]
    low, high = component_key(before), component_key(after)
    return [version for version in versions if low < component_key(version) <= high]


def assessment(release: Release, files: Snapshot | None) -> Assessment:
    """What the release's reports say; with `files` None only where they lie."""
    path = release.regression
    if path is None or files is None:
        return Assessment(impact=release.impact, regression=path)
    if files.lookup(path).state is not PathState.FOUND:
        return Assessment(impact=release.impact, regression=path, trouble="is not there")
    counts, trouble = outcome(files.content(path))
    return Assessment(
        impact=release.impact,
        regression=path,
        trouble=trouble,
        tests=counts.tests,
        failures=counts.failures,
        errors=counts.errors,
        skipped=counts.skipped,
    )
