"""What each attachment runs, and an install base in which all run current -> the rows to record."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.desired.eligibility import known_settings, known_values
from reconciler.desired.nearest import Nearest
from reconciler.errors import RequestRefused
from reconciler.estate.running import Running
from reconciler.estate.tables import Tables
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    InstallBase,
    PackRecord,
    Settings,
)
from reconciler.model.declarations import AttachmentMode
from reconciler.model.versions import semver_key


@dataclass(slots=True, kw_only=True)
class Recorded:
    """The rows as the estate has them; `due` are packs of which not every row runs its target."""

    rows: list[Attached] = field(default_factory=list)
    due: set[str] = field(default_factory=set)


def recorded(tables: Tables, running: list[Running], base: InstallBase, now: datetime) -> Recorded:
    """What runs, over what `base` says that should; trouble is told in the tables.

    An attachment that nobody declares is the account's own. One that is declared, and that the
    estate does not have, is not installed yet.
    """
    found = Recorded()
    checking = _Checking(tables, base, now)
    wanted = {AttachmentKey(one.account, one.pack, one.instance): one for one in running}
    for row in base.attachments.every():
        one = wanted.pop(row.key, None)
        if one is None:
            found.rows.append(replace(row, release=None))
            found.due.add(row.key.pack)
        elif checking.fits(one):
            found.rows.append(_with_release(row, one, base.packs[one.pack]))
            if row.release != one.release and base.packs[one.pack].pending != one.release:
                found.due.add(one.pack)
    for key, one in wanted.items():
        if checking.fits(one) and checking.fits_account(one):
            entitled = key.account in base.tree.entitled.get(key.pack, ())
            requested = Settings(
                environments=tuple(one.environments) or None, extensions=one.extensions
            )
            row = Attached(
                key=key,
                origin=AttachmentOrigin.ACCOUNT,
                entitled=entitled,
                requested=requested,
                updated_at=now,
            )
            found.rows.append(_with_release(row, one, base.packs[one.pack]))
            if one.release not in (base.packs[one.pack].current, base.packs[one.pack].pending):
                found.due.add(one.pack)
    return found


def _with_release(row: Attached, one: Running, pack: PackRecord) -> Attached:
    if one.release != pack.pending or row.adopt_declared == pack.pending:
        return replace(row, release=one.release)
    return replace(
        row,
        release=one.release,
        adopt_requested=pack.pending,
        adopted_in=pack.testing_period,
    )


class _Checking:
    def __init__(self, tables: Tables, base: InstallBase, now: datetime) -> None:
        self._tables, self._base, self._now = tables, base, now
        self._accounts = Nearest(base.tree.accounts)
        self._packs = Nearest(base.tree.packs)

    def fits(self, one: Running) -> bool:
        """Whether the revision declares account, pack and release, and lets the release run."""
        said = list(self._trouble(one))
        for column, message, hint in said:
            self._tables.complain(one.row, column, message, hint)
        return not said

    def _trouble(self, one: Running) -> Iterator[tuple[str, str, str | None]]:
        if one.account not in self._base.tree.accounts:
            hint = self._accounts.hint(one.account)
            yield "account", f'the revision declares no account "{one.account}".', hint
        pack = self._base.packs.get(one.pack)
        if pack is None or one.pack not in self._base.tree.packs:
            hint = self._packs.hint(one.pack)
            yield "pack", f'the revision declares no pack "{one.pack}".', hint
            return
        if one.release not in pack.releases:
            message = f"the revision declares no release {one.release} of {one.pack}."
            yield "release", message, "declare every release that some account still runs."
        elif one.release != pack.pending and (
            pack.current is None or semver_key(one.release) > semver_key(pack.current)
        ):
            message = f"{one.pack} {one.release} is higher than the current release {pack.current}."
            yield "release", message, "release it in the manifests, immediately."

    def fits_account(self, one: Running) -> bool:
        """Whether an attachment that nobody declares can be the account's own."""
        single = self._base.tree.packs[one.pack].attachment is AttachmentMode.SINGLE
        if single == bool(one.instance):
            message = f"{one.pack} is a single pack: its attachments have no instance."
            if not single:
                message = f"{one.pack} is a multiple pack: each attachment has an instance."
            self._tables.complain(one.row, "instance", message)
            return False
        try:
            if one.extensions:
                known_values(
                    one.pack, one.extensions, known_settings(self._base, one.pack, self._now)
                )
        except RequestRefused as error:
            self._tables.complain(one.row, "extensions", f"{error.message}.", error.hint)
            return False
        return True
