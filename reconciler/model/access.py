"""Who asks, and what that role may see and do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a token or a browser's session may do.

    An account sees itself alone: of any other it can't even tell whether it exists.
    """

    PUBLISHER_ADMIN = "publisher-admin"  # reads everything, acts for accounts, makes tokens
    PUBLISHER_VIEWER = "publisher-viewer"  # reads everything but secrets
    ACCOUNT = "account"  # reads and acts for one account


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking. `name` is the actor of events; `account` is named by the role account alone.

    `token_id` None: signed in at an identity provider.
    """

    name: str
    role: Role
    account: str | None = None
    token_id: int | None = None

    @property
    def publishes(self) -> bool:
        """Whether it sees the whole install base."""
        return self.role is not Role.ACCOUNT

    def sees(self, account: str) -> bool:
        """Whether it may know of the account at all."""
        return self.publishes or account == self.account

    def acts_for(self, account: str) -> bool:
        """Whether it may change what the account runs."""
        return self.role is Role.PUBLISHER_ADMIN or account == self.account
