"""What the functions of routes are given from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from reconciler.model.access import Principal
from reconciler.ports import Clock, Store


class Identity(Protocol):
    """Tells who is asking."""

    def principal(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], *, safe: bool
    ) -> Principal | None:
        """None: not signed in. Raises Problem for a token that is not good, or a forged form."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """One process's own; handed to each call."""

    store: Store
    clock: Clock
    identity: Identity


class Nobody:
    """Implements Identity where nobody can sign in."""

    def principal(
        self,
        headers: Mapping[str, str],  # noqa: ARG002
        cookies: Mapping[str, str],  # noqa: ARG002
        *,
        safe: bool,  # noqa: ARG002
    ) -> Principal | None:
        """None."""
        return None
