"""By what failures to sign in are counted."""

import pytest

from reconciler.web.identity.addresses import address_of


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "address 192.0.2.7"),
        ("::ffff:192.0.2.7", "address 192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address 2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "address 2001:db8:1:2::/64"),
        ("fe80::1%eth0", "address fe80::/64"),
        ("", "address unknown"),
        ("evil\x1b[31m", "address unknown"),
        ("192.0.2.7:80", "address unknown"),
    ],
)
def test_an_address_is_one_of_ipv4_or_a_network_of_ipv6(client: str, counted: str) -> None:
    assert address_of(client) == counted
