"""Rule extension-missing: what a release requires of accounts has a value."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from reconciler.desired.attachments import population
from reconciler.desired.extensibility import PackSettings, SettingName, unfilled
from reconciler.desired.phrases import counted, listed
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.base import AttachmentKey, AttachmentOrigin, Extensions
from reconciler.model.declarations import NOTHING, Attachment, Declaration, Kind
from reconciler.model.findings import Problem, Severity


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
    yield from _declared(context, needs, only_new, severity)
    yield from _undeclared(context, needs, only_new, severity)


def _declared(
    context: Context, needs: _Needs, only_new: bool, severity: Severity | None
) -> Iterator[Problem]:
    """What manifests leave open is looked up in the store: only of these accounts rows are read."""
    left: list[tuple[Declaration, list[_Need]]] = []
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        required = needs.of(attachment.pack)
        judge_all = not only_new or context.is_new(declaration)
        found = list(_missing(required, judge_all, attachment.extensions))
        if found:
            left.append((declaration, found))
    requested = _requested(context, [cast(Attachment, found.spec) for found, _ in left])
    for declaration, found in left:
        attachment = cast(Attachment, declaration.spec)
        settings = needs.extensibility.pack(attachment.pack)
        assert settings is not None
        for need in _missing(tuple(found), True, requested.get(_key(attachment))):
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
    for found, is_new in population(context.store, context.tree, packs):
        if found.origin is AttachmentOrigin.MANIFEST:
            continue
        given = (found.declared.extensions, found.requested.extensions)
        for need in _missing(needs.of(found.pack), not only_new or is_new, *given):
            accounts.setdefault((found.pack, need), set()).add(found.account)
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


def _requested(
    context: Context, attachments: Collection[Attachment]
) -> Mapping[AttachmentKey, Extensions]:
    """What accounts have filled in for themselves in these attachments."""
    if context.store is None:
        return {}
    wanted = {_key(attachment) for attachment in attachments}
    rows = context.store.attachments.of_accounts({key.account for key in wanted})
    return {row.key: row.requested.extensions or NOTHING for row in rows if row.key in wanted}


def _key(attachment: Attachment) -> AttachmentKey:
    return AttachmentKey(attachment.account, attachment.pack, attachment.instance or "")


def _missing(
    required: tuple[_Need, ...], judge_all: bool, *given: Extensions | None
) -> Iterator[_Need]:
    """Each setting without a value once, at the first release that counts."""
    counting = [need for need in required if judge_all or need.is_new]
    left = set(unfilled({need.name for need in counting}, *given)) if counting else ()
    told: set[SettingName] = set()
    for need in counting if left else ():
        if need.name in left and need.name not in told:
            told.add(need.name)
            yield need


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
