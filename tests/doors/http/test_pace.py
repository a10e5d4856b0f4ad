"""How strangers are answered: as many as come at first, then one after the other."""

import pytest

from batuta.doors.http.pace import Pace, origin_of


def test_a_hundred_are_answered_at_once_and_then_a_hundred_a_second() -> None:
    pace = Pace()
    waits = [pace.wait_s("1.2.3.4", 1_000.0) for _ in range(150)]
    assert waits[:100] == [0.0] * 100
    assert waits[100:] == pytest.approx([one / 100 for one in range(1, 51)])
    assert pace.wait_s("1.2.3.5", 1_000.0) == 0.0, "somebody else does not wait"
    assert pace.wait_s("1.2.3.4", 1_000.5) == pytest.approx(0.01)
    assert pace.wait_s("1.2.3.4", 1_010.0) == 0.0, "who was quiet is heard at once"


def test_nobody_waits_longer_than_five_seconds() -> None:
    pace = Pace()
    assert max(pace.wait_s("1.2.3.4", 0.0) for _ in range(5_000)) == 5.0
    assert pace.wait_s("1.2.3.4", 10.0) == 0.0


def test_of_very_many_origins_the_last_are_remembered() -> None:
    pace = Pace()
    for _ in range(200):
        pace.wait_s("first", 0.0)
    for one in range(10_000):
        assert pace.wait_s(str(one), 0.0) == 0.0
        pace.wait_s("busy", 0.0)
    assert pace.wait_s("first", 0.0) == 0.0
    assert pace.wait_s("busy", 0.0) == 5.0


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2:ffff::", "20010db800010002"),
        ("fe80::1%eth0", "fe80000000000000"),
        (":", ":"),
        ("", ""),
    ],
)
def test_an_origin_is_an_address_or_a_network(host: str, origin: str) -> None:
    assert origin_of((host, 1)) == origin
    assert origin_of(None) == ""
