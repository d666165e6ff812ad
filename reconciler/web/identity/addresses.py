"""The address of a client -> what failures to sign in are counted by."""

import ipaddress

_ONE_NETWORK = 64  # bits of an IPv6 address that one subscriber has at least


def address_of(client: str) -> str:
    """One IPv4 address, or one network of IPv6: of those a client has as many as it likes."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return "address unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return f"address {address.ipv4_mapped}"
        return f"address {ipaddress.ip_network((address, _ONE_NETWORK), strict=False)}"
    return f"address {address}"
