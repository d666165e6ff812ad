"""Who asks, and what that role may see and do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_LIFE = timedelta(days=90)
"""How long a token lives when nobody says otherwise."""
LONGEST_LIFE = timedelta(days=3660)


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
    def key(self) -> str:
        """What tells it from every other; two persons may bear one name."""
        return f"person {self.name}" if self.token_id is None else f"token {self.token_id}"

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


class TokenState(StrEnum):
    """Whether a token opens anything."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; never the token itself. All times are UTC.

    `hint` is its beginning. `expires_at` None: never, until it is revoked. `last_used_at` lags by
    up to a minute.
    """

    id: int
    name: str
    role: Role
    account: str | None = None
    hint: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> TokenState:
        """It has expired from `expires_at` on."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if self.expires_at is not None and now >= self.expires_at:
            return TokenState.EXPIRED
        return TokenState.LIVE

    @property
    def principal(self) -> Principal:
        """Who asks with it. Names need not be unique, so that the number stands in the audit log,
        too.
        """
        return Principal(
            name=f"{self.name} (token {self.id})",
            role=self.role,
            account=self.account,
            token_id=self.id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A browser that signed in; `token` None: at an identity provider. Times are UTC."""

    principal: Principal
    created_at: datetime
    expires_at: datetime
    token: Token | None = None

    def lives(self, now: datetime) -> bool:
        """Whether it goes on; it ends with its token."""
        with_token = self.token is None or self.token.state(now) is TokenState.LIVE
        return with_token and now < self.expires_at
