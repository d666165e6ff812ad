"""A request as it came in, before anybody asked who it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. Names of headers are in lower case; `client` is an address.

    `origin` is where the browser believes to be: "https://packs.example". Behind a trusted proxy
    `client` and the scheme are what it says. `form`: the fields of a page's form, None without.
    """

    method: str
    path: Mapping[str, str]
    target: str
    query: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    form: FormData | None
    client: str
    origin: str

    @property
    def safe(self) -> bool:
        """Whether asking changes nothing (RFC 9110, section 9.2.1)."""
        return self.method in ("GET", "HEAD")
