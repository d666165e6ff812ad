"""A call for an account -> the part of the install base that concerns it, and who is looking."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.offered import Coming, Offers
from reconciler.desired.standing import AttachmentState, Standing
from reconciler.desired.values_in_force import environments_in_force
from reconciler.model.access import Role
from reconciler.model.base import Attached, InstallBase
from reconciler.model.declarations import AccountStatus, IntegrationPack, ManagedAccount
from reconciler.report.escape import terminal
from reconciler.web.problems import not_found
from reconciler.web.route import Call, Parameter

# An account with more packs reads them a page at a time.
MOST_PACKS = 50

DONE = Parameter(
    name="done",
    description="What was just done, to be said once.",
    schema={
        "type": "string",
        "enum": [
            "adopted", "slot", "slot-withdrawn", "configured", "installed", "uninstalled", "copied",
        ],
    },
)  # fmt: skip
AFTER = Parameter(
    name="after",
    description="The last pack of the page before.",
    schema={"type": "string", "pattern": "^[a-z0-9-]{1,63}$"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One attachment as its account's pages show it.

    `path` is its page's. `coming` None: nothing is pending, or it runs what is.
    """

    row: Attached
    spec: IntegrationPack
    standing: Standing
    path: str
    coming: Coming | None

    @property
    def title(self) -> str:
        """The pack as people call it."""
        return terminal(self.spec.display_name or self.spec.name)

    @property
    def environments(self) -> tuple[str, ...]:
        """Where it runs; none where nobody says."""
        return environments_in_force(self.row)[0]

    @property
    def kept(self) -> bool:
        """Whether it stays at what it runs when the window of what comes opens for the others."""
        if self.standing.state not in (AttachmentState.HELD, AttachmentState.SUSPENDED):
            return False
        window = self.coming.window if self.coming is not None else None
        until = self.standing.until
        return until is None or window is None or until > window.opens_at

    @property
    def comes_at(self) -> datetime | None:
        """When what is pending comes to it by itself; None without it, or where nobody can tell."""
        if self.coming is None or self.kept:
            return self.standing.until if self.coming is not None else None
        return self.coming.window.opens_at if self.coming.window is not None else None

    @property
    def slot(self) -> datetime | None:
        """When the account has it adopt the pending release by itself."""
        return self.standing.slot


class World:
    """An account's packs as of `now`, in the account's own time."""

    def __init__(self, call: Call, base: InstallBase, more: str | None) -> None:
        self.base, self.now, self.more = base, call.now, more
        self.name = call.path["account"]
        self.account: ManagedAccount = base.tree.accounts[self.name]
        self.offers = Offers(base, self.name, call.now)
        self.zone: ZoneInfo = self.offers.zone
        who = call.who
        self.suspended = self.account.status is AccountStatus.SUSPENDED
        self.acts = who.acts_for(self.name) and not self.suspended
        self.in_stead = who.role is Role.PUBLISHER_ADMIN
        self.looks_only = who.role is Role.PUBLISHER_VIEWER

    @property
    def path(self) -> str:
        """The account's own page."""
        return f"/accounts/{self.name}"

    @property
    def title(self) -> str:
        """The account as people call it."""
        return terminal(self.account.display_name or self.name)

    def runs(self) -> Iterator[Run]:
        """The account's attachments of the packs that were read, by pack and instance."""
        for row in self.base.attachments.of_accounts({self.name}):
            spec = self.base.tree.packs.get(row.key.pack)
            if spec is not None:
                yield self._run(row, spec)

    def run(self, attachment: str) -> Run:
        """That one, by "pack" or "pack:instance". Raises Problem when there is none."""
        for run in self.runs():
            if run.row.key.own_name == attachment:
                return run
        raise not_found()

    def _run(self, row: Attached, spec: IntegrationPack) -> Run:
        seen = self.offers.attachment(row)
        return Run(
            row=row,
            spec=spec,
            standing=seen.standing,
            path=f"{self.path}/attachments/{row.key.own_name}",
            coming=None if seen.standing.adopted else seen.coming,
        )


def world_of(call: Call, *, after: str = "") -> World:
    """The account with so many of its packs as fit on a page. Raises Problem: there is none."""
    views, account = call.services.views, call.path["account"]
    names = views.packs_of(account, after=after, limit=MOST_PACKS + 1)
    more = names[MOST_PACKS - 1] if len(names) > MOST_PACKS else None
    return _made(call, names[:MOST_PACKS], more)


def world_with(call: Call, pack: str) -> World:
    """The account with this pack. Raises Problem when it neither has it nor is entitled to it."""
    found = _made(call, (pack,), None)
    if found.offers.pack(pack) is None:
        raise not_found()
    return found


def account_alone(call: Call) -> World:
    """The account without its packs. Raises Problem."""
    return _made(call, (), None)


def _made(call: Call, packs: tuple[str, ...], more: str | None) -> World:
    base = call.services.views.of_account(call.path["account"], packs)
    if base is None:
        raise not_found()
    return World(call, base, more)
