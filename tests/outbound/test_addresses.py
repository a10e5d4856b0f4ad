"""Which addresses may be connected to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import WorkspaceError
from batuta.outbound.addresses import permissions_from

NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16", "100.100.100.200",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fec0::1", "ff02::1",
    "2001:db8::1", "100::1", "3fff::1", "5f00::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "64:ff9b:1:a9fe:a9:fe00::", "2001:0:102:304:0:ffff:8000:fffe",
    "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1",
]  # fmt: skip

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "169.253.0.1",
    "192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "168.63.129.17",
    "2606:4700:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert permissions_from([]).allow("x.example", 443, address) is False


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert permissions_from([]).allow("x.example", 443, address) is True


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "allowed"),
    [
        ("db.internal", "db.internal", 5432, "10.0.0.5", True),
        ("db.internal", "DB.Internal.", 5432, "10.0.0.5", True),
        ("db.internal", "xdb.internal", 5432, "10.0.0.5", False),
        ("db.internal:5432", "db.internal", 5432, "10.0.0.5", True),
        ("db.internal:5432", "db.internal", 5433, "10.0.0.5", False),
        ("10.0.0.5", "x", 80, "10.0.0.5", True),
        ("10.0.0.5", "x", 80, "10.0.0.6", False),
        ("10.0.0.5:80", "x", 80, "10.0.0.5", True),
        ("10.0.0.5:80", "x", 81, "10.0.0.5", False),
        ("10.0.0.0/8", "x", 80, "10.255.0.1", True),
        ("10.0.0.7/8", "x", 80, "10.255.0.1", True),
        ("10.0.0.0/8", "x", 80, "11.0.0.1", True),  # public
        ("10.0.0.0/8", "x", 80, "192.168.0.1", False),
        ("127.0.0.0/8", "x", 80, "::ffff:127.0.0.1", True),
        ("::1", "x", 80, "::1", True),
        ("[::1]:8080", "x", 8080, "::1", True),
        ("[::1]:8080", "x", 80, "::1", False),
        ("fc00::/7", "x", 80, "fd00::1", True),
        # A name opens no door to where credentials are handed out; only the address itself does.
        ("db.internal", "db.internal", 80, "169.254.169.254", False),
        ("db.internal", "db.internal", 80, "100.100.100.200", False),
        ("db.internal", "db.internal", 80, "fd00:ec2::254", False),
        ("db.internal", "db.internal", 80, "::ffff:169.254.169.254", False),
        ("169.254.169.254", "x", 80, "169.254.169.254", True),
        ("169.254.0.0/16", "x", 80, "169.254.169.254", True),
    ],
)
def test_a_permission_opens_exactly_what_it_names(
    entry: str, host: str, port: int, address: str, allowed: bool
) -> None:
    assert permissions_from([entry]).allow(host, port, address) is allowed


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "a b",
        "x:0",
        "x:99999",
        "x:http",
        "10.0.0.0/33",
        "1.2.3",
        "1.2.3.4.5",
        "http://x",
        "[::1",
        "x:y:z",
    ],
)
def test_an_entry_that_is_no_host_and_no_network_is_refused(entry: str) -> None:
    with pytest.raises(WorkspaceError, match="is no host, host:port or network"):
        permissions_from([entry])


def test_what_is_no_address_is_refused() -> None:
    assert permissions_from(["x"]).allow("x", 80, "not an address") is False


@given(st.ip_addresses(v=4).filter(lambda one: not one.is_global))
def test_no_dress_of_six_makes_an_inner_address_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    dresses = [
        number | 0xFFFF << 32,
        int(ipaddress.ip_address("64:ff9b::")) | number,
        0x2002 << 112 | number << 80,
        int(ipaddress.ip_address("2606:4700::5efe:0:0")) | number,
    ]
    allowed = [
        permissions_from([]).allow("x", 80, str(ipaddress.IPv6Address(one))) for one in dresses
    ]
    assert allowed == [False] * 4
