"""The pictures of the documentation show what they say they show."""

import pytest

from tests.docs.pictures import ASSETS, PICTURES


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_up_to_date(name: str) -> None:
    """`python -m tests.docs.pictures` draws it anew; look at it before it is committed."""
    assert PICTURES[name]() == (ASSETS / name).read_text(encoding="utf-8")


def test_every_picture_has_a_source() -> None:
    assert sorted(path.name for path in ASSETS.glob("*.svg")) == sorted(PICTURES)
