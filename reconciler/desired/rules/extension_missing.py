"""Rule extension-missing: what a release requires of accounts has a value."""

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from reconciler.desired.attachments import membership
from reconciler.desired.extensibility import PackSettings, SettingName
from reconciler.desired.phrases import counted, listed
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    Rows,
    Settings,
)
from reconciler.model.declarations import NOTHING, Attachment, Declaration, Kind
from reconciler.model.findings import Problem, Severity
from reconciler.model.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """A setting without a default, and the first release from current on that requires it."""

    name: SettingName
    version: str
    is_new: bool

    @property
    def spoken(self) -> str:
        return ".".join(self.name)


class _Needs:
    """What the current and the pending release of each pack require."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.extensibility = context.extensibility
        self._by_pack: dict[str, tuple[_Need, ...]] = {}

    @cached_property
    def packs(self) -> frozenset[str]:
        """The packs that require something."""
        return frozenset(pack for pack in self._context.tree.packs if self.of(pack))

    def of(self, pack: str) -> tuple[_Need, ...]:
        if pack not in self._by_pack:
            settings = self.extensibility.pack(pack)
            found = () if settings is None else tuple(self._found(pack, settings))
            self._by_pack[pack] = found
        return self._by_pack[pack]

    def _found(self, pack: str, settings: PackSettings) -> Iterator[_Need]:
        life, seen = settings.lifecycle, set[SettingName]()
        versions = () if life is None else (life.current, life.pending)
        for version in (v for v in versions if v is not None):
            release = self._context.tree.get(Kind.RELEASE, f"{pack}@{version}")
            is_new = release is not None and self._context.is_new(release)
            for name in settings.required(version):
                # Of new releases everything counts, since older needs may not be judged at all.
                if name not in seen or is_new:
                    yield _Need(name=name, version=version, is_new=is_new)
                seen.add(name)


def check(context: Context) -> Iterator[Problem]:
    """Values are the manifest's, the account's own where there is a store, and defaults.

    A declared attachment has a problem for each missing value; the others exist in a store only and
    are counted at the release. Raised to error the rule judges new releases and attachments only,
    and without a base it stays a warning.
    """
    if context.zone is None:
        return
    is_error = context.tree.publisher.policies.get(RULE.id) == Severity.ERROR
    only_new = is_error and context.base is not None
    severity = Severity.WARNING if is_error and context.base is None else None
    needs = _Needs(context)
    requested = _requested(context, needs)
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        yield from _declared(context, declaration, needs, requested, only_new, severity)
    yield from _undeclared(context, needs, only_new, severity)


def _declared(
    context: Context,
    declaration: Declaration,
    needs: _Needs,
    requested: Mapping[AttachmentKey, Settings],
    only_new: bool,
    severity: Severity | None,
) -> Iterator[Problem]:
    attachment = cast(Attachment, declaration.spec)
    required = needs.of(attachment.pack)
    if not required:
        return
    settings = needs.extensibility.pack(attachment.pack)
    assert settings is not None
    judge_all = not only_new or context.is_new(declaration)
    for need in _missing(required, _values(attachment, requested), judge_all):
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=_pointer(attachment, need),
            message=f"{declaration.name} has no value for {need.spoken}, which "
            f"{attachment.pack} {settings.spoken(need.version)} requires.",
            hint=f"set it under extensions, or let {attachment.account} fill it in.",
            severity=severity,
        )


def _undeclared(
    context: Context, needs: _Needs, only_new: bool, severity: Severity | None
) -> Iterator[Problem]:
    packs = needs.packs
    if context.store is None or not packs:
        return
    accounts: dict[tuple[str, _Need], set[str]] = {}
    for row, is_new in _rows_after(context.tree, context.store.attachments, packs):
        if row.origin is AttachmentOrigin.MANIFEST:
            continue
        judge_all = not only_new or is_new
        for need in _missing(needs.of(row.key.pack), (row.settings,), judge_all):
            accounts.setdefault((row.key.pack, need), set()).add(row.key.account)
    for (pack, need), names in sorted(accounts.items(), key=lambda item: _order(*item[0])):
        release = context.tree.get(Kind.RELEASE, f"{pack}@{need.version}")
        settings = needs.extensibility.pack(pack)
        assert release is not None
        assert settings is not None
        verb = "misses" if len(names) == 1 else "miss"
        yield Problem(
            rule=RULE.id,
            origin=release.origin,
            pointer=("spec", "version"),
            message=f"{counted(len(names), 'account')} {verb} a value: {need.spoken}, which "
            f"{pack} {settings.spoken(need.version)} requires ({listed(sorted(names))}).",
            hint="give it a default, or ask the accounts to fill it in before they get the "
            "release.",
            severity=severity,
        )


def _rows_after(tree: Tree, rows: Rows, packs: Collection[str]) -> Iterator[tuple[Attached, bool]]:
    """The rows of these packs as this revision has them, and whether each is new."""
    differing: dict[AttachmentKey, Attached | None] = {}
    for before, after, _ in membership(tree, rows.every(packs), gated=True, packs=packs):
        if before is not None:
            differing[before.key] = after
        elif after is not None:
            yield after, True
    for row in rows.of_packs(packs):
        found = differing.get(row.key, row)
        if found is not None:
            yield found, False


def _requested(context: Context, needs: _Needs) -> Mapping[AttachmentKey, Settings]:
    """What accounts have set for themselves in attachments of packs that require something."""
    if context.store is None or not needs.packs:
        return {}
    rows = context.store.attachments.of_packs(needs.packs)
    return {row.key: row.requested for row in rows if row.requested.extensions}


def _values(
    attachment: Attachment, requested: Mapping[AttachmentKey, Settings]
) -> tuple[Settings, ...]:
    """The manifest's values, and the account's own."""
    declared = Settings(extensions=attachment.extensions)
    key = AttachmentKey(
        account=attachment.account, pack=attachment.pack, instance=attachment.instance or ""
    )
    own = requested.get(key)
    return (declared,) if own is None else (declared, own)


def _missing(
    required: tuple[_Need, ...], given: tuple[Settings, ...], judge_all: bool
) -> Iterator[_Need]:
    """Each setting without a value once, at the first release that counts."""
    told: set[SettingName] = set()
    for need in required:
        component, setting = need.name
        if need.name in told or not (judge_all or need.is_new):
            continue
        if any(setting in _of(settings, component) for settings in given):
            continue
        told.add(need.name)
        yield need


def _of(settings: Settings, component: str) -> Container[str]:
    extensions: Mapping[str, Mapping[str, object]] = settings.extensions or NOTHING
    return extensions.get(component, ())


def _pointer(attachment: Attachment, need: _Need) -> tuple[str, ...]:
    if attachment.extensions is None:
        return ("spec",)
    component = need.name[0]
    deepest = (component,) if component in attachment.extensions else ()
    return ("spec", "extensions", *deepest)


def _order(pack: str, need: _Need) -> tuple[str, str, SettingName]:
    return pack, need.version, need.name


RULE = Rule(
    id="extension-missing",
    severity=Severity.WARNING,
    policy=True,
    summary="Every required extension of an attachment's releases has a value.",
    check=check,
)
