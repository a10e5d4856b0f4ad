"""Values that are partly known."""

from typing import Any

import pytest

from batuta.errors import ExpressionError
from batuta.spec.expr import Reference
from batuta.spec.foreseen import UNKNOWN, known_in, touches_unknown

HALF = {"a": 1, "b": UNKNOWN, "c": {"d": [1, UNKNOWN], "e": "x"}}


@pytest.mark.parametrize(
    ("path", "touched"),
    [
        (("a",), False),
        (("b",), True),
        (("b", "deeper"), True),
        (("c",), True),
        (("c", "d"), True),
        (("c", "d", 0), False),
        (("c", "d", 1), True),
        (("c", "e"), False),
        (("missing",), False),
        (("a", "missing"), False),
        ((), True),
    ],
)
def test_a_path_touches_the_unknown_in_it_and_around_it(
    path: tuple[str | int, ...], touched: bool
) -> None:
    assert touches_unknown(HALF, path) is touched


def test_what_is_not_known_is_refused_and_the_rest_is_found_or_missing() -> None:
    look = known_in({"args": HALF})

    def at(*path: str | int, root: str = "args") -> Any:
        return look(Reference(root, path))

    assert (at("a"), at("c", "d", 0)) == (1, 1)
    for refused in (("b",), ("c",)):
        with pytest.raises(ExpressionError):
            at(*refused)
    with pytest.raises(ExpressionError):
        at("a", root="steps")
    with pytest.raises(KeyError):
        at("missing")


def test_the_unknown_is_written_as_a_question_mark() -> None:
    assert repr(UNKNOWN) == "?"
