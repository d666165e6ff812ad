"""An account, a pack and what the store knows -> why it runs what it runs, and what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.delivered import Delivered, Tells
from reconciler.desired.gates import opening
from reconciler.desired.nearest import Nearest
from reconciler.desired.phrases import listed
from reconciler.desired.standing import (
    AttachmentState,
    PackStanding,
    Standing,
    Standings,
    declarers,
)
from reconciler.errors import ReconcilerError
from reconciler.model.base import Attached, AttachmentKey, AttachmentOrigin, InstallBase
from reconciler.model.declarations import AttachmentMode
from reconciler.model.windows import Window

Part = str | datetime | Window
Sentence = tuple[Part, ...]
"""Words, and between them instants and windows that a report puts into local times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one attachment, or an account without one, is in the state that it is in.

    `state` is "not-attached" where there is no attachment. `next_at` (UTC) is when that changes
    without a new commit, None when no instant is known. `command` is what the account may do.
    `delivered`: what its runtime says, where that was asked.
    """

    account: str
    pack: str
    instance: str | None
    state: str
    release: str | None
    target: str | None
    sentences: tuple[Sentence, ...]
    next_at: datetime | None
    command: str | None
    publisher_zone: ZoneInfo
    account_zone: ZoneInfo
    delivered: Delivered | None = None


def explanations(
    base: InstallBase,
    account: str,
    pack: str,
    now: datetime,
    instance: str | None = None,
    delivered: Tells | None = None,
) -> tuple[Explanation, ...]:
    """One explanation an attachment of the pack, or one for an account without any.

    `instance` picks one of several. `delivered` tells what runtimes run; None: nobody asked them.
    Raises ReconcilerError for names that do not exist.
    """
    if account not in base.tree.accounts:
        hint = Nearest(base.tree.accounts).hint(account)
        raise ReconcilerError(f'account "{account}" does not exist', hint)
    if pack not in base.tree.packs:
        raise ReconcilerError(f'pack "{pack}" does not exist', Nearest(base.tree.packs).hint(pack))
    teller = _Teller(Standings(base, now), account, pack, delivered)
    rows = [
        row
        for row in base.attachments.of_accounts({account})
        if row.key.pack == pack and instance in (None, row.key.instance)
    ]
    if rows:
        return tuple(teller.attached(row) for row in rows)
    if instance is not None:
        raise ReconcilerError(f'{account} has no instance "{instance}" of {pack}')
    return (teller.absent(),)


class _Teller:
    """Tells about one account and one pack."""

    def __init__(
        self,
        standings: Standings,
        account: str,
        pack: str,
        delivered: Tells | None,
    ) -> None:
        self._delivered = delivered
        self._standings = standings
        self._base, self._now = standings.base, standings.now
        self._account, self._name = account, pack
        self._pack: PackStanding = standings.pack(pack)
        self._zone = standings.zone_of(account)

    def attached(self, row: Attached) -> Explanation:
        state = self._standings.of(row).state
        # An account that lost its entitlement is still upgraded: what else holds it back counts.
        standing = self._standings.of(replace(row, entitled=True))
        delivered = None if self._delivered is None else self._delivered(row)
        sentences = [
            *self._runs(row, standing),
            *_confirmed(delivered),
            *self._coming(row, standing),
            *self._unentitled(row),
            self._origin(row),
        ]
        explained = self._explanation(
            row.key,
            state,
            row.release,
            standing.target,
            sentences,
            self._next(row, standing),
            self._adopting(row, standing),
        )
        return replace(explained, delivered=delivered)

    def _explanation(
        self,
        key: AttachmentKey,
        state: str,
        release: str | None,
        aim: str | None,
        sentences: list[Sentence],
        next_at: datetime | None,
        command: str | None,
    ) -> Explanation:
        return Explanation(
            account=key.account,
            pack=key.pack,
            instance=key.instance or None,
            state=state,
            release=release,
            target=aim,
            sentences=tuple(sentences),
            next_at=next_at,
            command=command,
            publisher_zone=self._standings.zone,
            account_zone=self._zone,
        )

    def _subject(self, row: Attached) -> str:
        instance = f" ({row.key.instance})" if row.key.instance else ""
        return f"{self._name}{instance}"

    def _runs(self, row: Attached, standing: Standing) -> Iterator[Sentence]:
        record, subject = self._pack.record, self._subject(row)
        if row.release is None:
            lacks = f"{self._account} does not run {subject} yet{_because(standing)}"
            yield (lacks, *_until(standing))
            return
        what = f"{self._account} runs {subject} {row.release}"
        if row.release == record.current:
            yield (f"{what}, the current release.",)
        elif standing.adopted:
            yield (f"{what}, the pending release, which it adopted early.",)
        else:
            yield (f"{what}, not the current release, {record.current}.",)
        if standing.reason is not None:
            behind = (
                row.release != standing.target and standing.state is not AttachmentState.WAITING
            )
            aim = f"{standing.target} waits: " if behind else ""
            yield (_capital(f"{aim}{standing.reason}"), *_until(standing))

    def _coming(self, row: Attached, standing: Standing) -> Iterator[Sentence]:
        pending = self._pack.record.pending
        window = self._window()
        if pending is None or window is None or row.release is None:
            return
        if self._pack.life.current == pending:
            if standing.adopted and self._is_due():
                yield (f"{pending} becomes current for everybody at the next pass.",)
        elif self._pack.closed:
            yield (
                f"{pending} is in its testing period, but {self._pack.life.current} waits to be"
                " released and will supersede it.",
            )
        elif standing.adopted:
            yield (f"{pending} becomes current for everybody ", window, ".")
        elif standing.slot is not None:
            yield (
                f"{self._account} has chosen a slot and adopts {pending} then: ",
                standing.slot,
                *self._is_missed(standing.slot),
                "; it becomes current for everybody ",
                window,
                ".",
            )
        elif standing.state in (AttachmentState.SUSPENDED, AttachmentState.HELD):
            yield (f"{pending} is in its testing period and becomes current ", window, ".")
        else:
            yield (
                f"{pending} is in its testing period; {self._account} has not adopted it and gets"
                " it ",
                window,
                ".",
            )

    def _is_missed(self, slot: datetime) -> Sentence:
        return (" (it has come; the next pass serves it)",) if slot <= self._now else ()

    def _is_due(self) -> bool:
        """Whether the next pass brings the pending release to everybody."""
        pack = self._pack
        return pack.held is None and pack.life.current == pack.record.pending

    def _window(self) -> Window | None:
        pending = self._pack.record.pending
        if pending is None:
            return None
        release = self._pack.record.releases[pending].release
        return opening(release, self._standings.publisher, self._standings.zone)

    def _unentitled(self, row: Attached) -> Iterator[Sentence]:
        if not row.entitled:
            yield (f"No group entitles {self._account} to it any more; it is still upgraded.",)

    def _origin(self, row: Attached) -> Sentence:
        match row.origin:
            case AttachmentOrigin.MANIFEST:
                return ("An Attachment manifest declares it.",)
            case AttachmentOrigin.AUTOMATIC:
                groups = listed(declarers(self._base, self._account, self._name))
                return (f"It is installed automatically through group {groups}.",)
            case _:
                return (f"{self._account} installed it itself.",)

    def _next(self, row: Attached, standing: Standing) -> datetime | None:
        if standing.until is not None and standing.until > self._now:
            return standing.until
        if standing.slot is not None and standing.slot > self._now:
            return standing.slot
        window = self._window()
        if window is None or window.opens_at <= self._now or row.release is None:
            return None
        return window.opens_at

    def _adopting(self, row: Attached, standing: Standing) -> str | None:
        pack = self._pack
        may = (
            pack.record.pending is not None
            and row.release is not None
            and not (standing.adopted or pack.closed or pack.suspended or self._is_due())
            and not self._standings.account_is_suspended(self._account)
        )
        if not may:
            return None
        instance = f" --instance {row.key.instance}" if row.key.instance else ""
        return f"reconciler account adopt {self._account} {self._name}{instance}"

    def absent(self) -> Explanation:
        """There is no attachment: what would be in the way of one, the gravest first."""
        sentences, next_at, may = self._obstacle()
        key = AttachmentKey(account=self._account, pack=self._name)
        multiple = self._pack.record.mode is AttachmentMode.MULTIPLE
        command = f"reconciler account install {self._account} {self._name}"
        if multiple:
            command += " --instance NAME"
        return self._explanation(
            key, "not-attached", None, None, sentences, next_at, command if may else None
        )

    def _obstacle(self) -> tuple[list[Sentence], datetime | None, bool]:
        account, name, pack = self._account, self._name, self._pack
        lacks = f"{account} has not installed {name}"
        groups = declarers(self._base, account, name)
        if not groups:
            return [(f"{account} does not have {name} and is not entitled to it.",),
                    (self._groups(),)], None, False  # fmt: skip
        entitled = f"Group {listed(groups)} entitles it."
        if pack.spec is not None and pack.spec.retired is not None:
            why = f"{lacks} and can't any more: {name} is retired ({pack.spec.retired})."
            return [(why,)], None, False
        if self._standings.account_is_suspended(account):
            return [(f"{lacks}; the account is suspended.",), (entitled,)], None, False
        if pack.suspended:
            until = pack.suspended_until
            tail: Sentence = () if until is None else (" until ", until)
            return [(f"{lacks}; {name} is suspended", *tail, "."), (entitled,)], until, False
        if pack.record.current is None:
            return self._unreleased(lacks, entitled)
        offered = f"{lacks}, but may: {pack.record.current} is current."
        return [(offered,), (entitled,)], None, True

    def _groups(self) -> str:
        members = self._base.tree.members
        own = sorted(group for group, accounts in members.items() if self._account in accounts)
        if not own:
            return "It is in no account group."
        return f"None of its groups has the pack as a resource: {listed(own, most=10)}."

    def _unreleased(
        self, lacks: str, entitled: str
    ) -> tuple[list[Sentence], datetime | None, bool]:
        window = self._window()
        if window is None:
            return [(f"{lacks}; nothing of it has been released yet.",), (entitled,)], None, False
        first: Sentence = (
            f"{lacks}; its first release, {self._pack.record.pending}, comes ",
            window,
            ".",
        )
        return [first, (entitled,)], window.opens_at, False


def _confirmed(found: Delivered | None) -> Iterator[Sentence]:
    """What the account's runtime says, where it has an agent."""
    if found is None or found.agent is None:
        return
    if found.drift is None:
        yield (f"Its runtime confirms that it runs {found.installed}.",)
        return
    late = "is overdue" if found.drift.overdue else "is not confirmed"
    yield (f"By its runtime that {late} since ", found.drift.since, f": {found.drift.message}.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _because(standing: Standing) -> str:
    return f": {standing.reason}" if standing.reason else ""


def _until(standing: Standing) -> Sentence:
    if standing.until is None:
        return (".",)
    return (", until ", standing.until, ".")
