"""Where a URL may lead: public addresses alone, whatever they are written as."""

import asyncio
import socket

import pytest

from reconciler.notify.addresses import NotPublic, PublicResolver, check_literal, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
        "2002:808:808::", "2001:0:7f00:1::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fec0::1", "ff02::1",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_somebodys_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_that_anybody_can_reach_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_leads_inside_is_refused_without_saying_where_to() -> None:
    async def resolve() -> None:
        await PublicResolver().resolve("localhost", 80, socket.AF_UNSPEC)

    with pytest.raises(NotPublic) as caught:
        asyncio.run(resolve())
    assert "127.0.0.1" not in str(caught.value)
    assert "::1" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "https://[::1]:8443/", "https://10.0.0.1"])
def test_an_address_in_place_of_a_name_is_judged_too(url: str) -> None:
    with pytest.raises(NotPublic):
        check_literal(url)
    check_literal("https://hooks.example/x")
