"""A tree and a new snapshot of a component -> the PackagedComponent manifest to write."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from reconciler.errors import AuthoringRefused
from reconciler.model.declarations import ComponentType, ContainedComponent, PackagedComponent
from reconciler.model.tree import Tree
from reconciler.model.versions import component_key

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 64
_SHAREABLE = frozenset({ComponentType.PROCESS, ComponentType.API_SERVICE})


def package_spec(
    tree: Tree,
    component: str,
    version: str,
    *,
    shareable: bool,
    type_: str | None = None,
    content: str | None = None,
    notes: str | None = None,
) -> dict[str, Any]:
    """The spec of a new PackagedComponent; type and contains come from the version before it.

    A version below all others has nothing before it, and takes over the type alone. Raises
    AuthoringRefused when the version exists, or nothing says what type the component is.
    """
    versions = tree.components.get(fit_name(component), {})
    unused(tree, component, version)
    before = version_before(tree, component, version)
    like = before or next(iter(versions.values()), None)
    kind = type_ or (like.type.value if like is not None else None)
    if kind is None:
        raise AuthoringRefused(
            f"{component} is new, and nothing says what it is",
            "add --type process or --type api-service",
        )
    if shareable and ComponentType(kind) not in _SHAREABLE:
        raise AuthoringRefused(f"a {kind} can't be shareable; only a process or an api-service can")
    spec: dict[str, Any] = {
        "component": component,
        "type": kind,
        "version": version,
        "shareable": shareable,
    }
    if notes:
        spec["notes"] = notes
    if content:
        spec["content"] = content
    if before is not None and before.contains:
        spec["contains"] = [_contained(item) for item in before.contains]
    return spec


def version_before(tree: Tree, component: str, version: str) -> PackagedComponent | None:
    """The highest version of the component that is lower than this one; None without one."""
    versions = tree.components.get(component, {})
    lower = [each for each in versions if component_key(each) < component_key(version)]
    return versions[max(lower, key=component_key)] if lower else None


def refuse_own_manifest(content: str, manifest: str) -> None:
    """Raises AuthoringRefused for a folder that holds the manifest: it would change with that."""
    folder = posixpath.normpath(content)
    if folder == "." or f"{manifest}/".startswith(f"{folder}/"):
        raise AuthoringRefused(
            f"{content} will hold {manifest} too, so its content would change with its manifest",
            "name a file in it, or a folder that holds nothing else",
        )


def refuse_unchanged(tree: Tree, spec: Mapping[str, Any], content_id: str | None) -> None:
    """Raises AuthoringRefused where the version before is just this, content and all.

    `content_id` is the git object id of the content, None where none is declared: then nobody can
    tell, and nothing is refused.
    """
    before = version_before(tree, spec["component"], spec["version"])
    if before is None or content_id is None or before.content_id != content_id:
        return
    same_kind = (before.type.value, before.shareable) == (spec["type"], spec["shareable"])
    if same_kind and [_contained(item) for item in before.contains] == spec.get("contains", []):
        raise AuthoringRefused(
            f"{before.component} {before.version} has the same content ({content_id[:12]}) and is "
            "alike in all else; there is nothing to package",
            "change the content first, or --force",
        )


def fit_name(component: str) -> str:
    """The name, if a component may have it. Raises AuthoringRefused."""
    if not _NAME.fullmatch(component):
        raise AuthoringRefused(
            f'"{component}" is not a component name',
            "use 1 to 63 small letters, digits and inner hyphens",
        )
    return component


def unused(tree: Tree, component: str, version: str) -> str:
    """The version, if the component may get it. Raises AuthoringRefused."""
    if not version.isprintable() or not 0 < len(version.strip()) <= len(version) <= _LONGEST:
        raise AuthoringRefused(f"a version has 1 to {_LONGEST} printable characters")
    if version in tree.components.get(component, {}):
        raise AuthoringRefused(
            f"{component} {version} exists already; a packaged version never changes",
            "give it another --version",
        )
    return version


def _contained(item: ContainedComponent) -> dict[str, Any]:
    found: dict[str, Any] = {"name": item.name, "type": item.type}
    if item.version is not None:
        found["version"] = item.version
    if item.extensions:
        found["extensions"] = {
            name: {"type": setting.type, "required": setting.required}
            | ({} if setting.default is None else {"default": setting.default})
            for name, setting in item.extensions.items()
        }
    return found
