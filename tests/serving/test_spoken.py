"""What somebody says in a conversation, as a value."""

from typing import Any

import pytest

from batuta.errors import InputError
from batuta.serving.spoken import input_in, leaves, says_yes


@pytest.mark.parametrize(
    ("words", "schema", "value"),
    [
        ("no", {"type": "boolean"}, False),
        ("False", {"type": "boolean"}, False),
        ("Yes.", {"type": "boolean"}, True),
        ("no", {"type": "string"}, "no"),
        (" 0 ", {"type": "number"}, 0),
        ("out/a.txt", {"type": "object", "format": "file", "required": ["path"]}, "out/a.txt"),
        ('["a"]', {"type": "array", "items": {"type": "string"}}, ["a"]),
    ],
)
def test_an_input_is_given_in_words(words: str, schema: dict[str, Any], value: object) -> None:
    assert input_in(words, "it", schema) == value
    assert not leaves(words)


@pytest.mark.parametrize(
    ("words", "schema", "why"),
    [
        ("perhaps", {"type": "boolean"}, "the input 'it' is true or false"),
        ("no", {"type": "integer"}, "the input 'it' is a whole number"),
        ("x", {"type": "string", "enum": ["a", "b"]}, "the input 'it': "),
    ],
)
def test_what_is_none_says_why(words: str, schema: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        input_in(words, "it", schema)


def test_what_is_asked_for_can_be_left() -> None:
    assert leaves("Never mind.")
    assert leaves("cancel")
    assert says_yes("do it!")
    assert not says_yes("yes, but later")
