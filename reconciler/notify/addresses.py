"""The host of a URL -> the addresses that may be connected to: public ones, unless told otherwise.

A name is resolved once; what was judged is what is connected to, so that an answer that differs the
next time changes nothing.
"""

import socket
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

# In which an IPv4 address is written as an IPv6 one, and tunnels that nobody needs any more.
_NAT64 = ip_network("64:ff9b::/96")
_CLOSED = tuple(map(ip_network, ("::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")))


class NotPublic(OSError):
    """Where a URL leads lies inside somebody's network."""


def is_public(text: str) -> bool:
    """Whether an IP address is one that anybody can reach; of an embedded IPv4 address, that."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address in _NAT64:
            return is_public(str(ip_address(int(address) & 0xFFFFFFFF)))
        if any(address in network for network in _CLOSED):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def check_literal(url: str) -> None:
    """An address in place of a name is never resolved. Raises NotPublic."""
    host = urlsplit(url).hostname or ""
    try:
        public = is_public(host)
    except ValueError:
        return
    if not public:
        raise NotPublic(f"{host} is not a public address")


class PublicResolver(AbstractResolver):
    """Names -> addresses, all of them public, or none."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises NotPublic when one of the addresses is not; it does not say which."""
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise NotPublic(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        """Nothing is kept."""
        await self._resolver.close()
