"""Readers of shapes tell all flaws of a document at once, and say what they expected."""

from typing import Any

import msgspec
import pytest

from batuta.reading import shapes
from batuta.reading.source import tree_from_data, tree_from_text


class Pair(msgspec.Struct, frozen=True):
    one: int = 0
    two_s: float = msgspec.field(default=0.0, name="two")


READ_PAIR = shapes.record(
    Pair, {"one": shapes.integer(0, 9), "two": shapes.duration(0, 60)}, required=("one",)
)


def read(reader: shapes.Read, data: object) -> tuple[Any, list[str]]:
    root, report = tree_from_data(data)
    assert root is not None
    return reader(root, report), [
        f"{finding.code} {finding.message} | {finding.remedy}" for finding in report.findings
    ]


def value(reader: shapes.Read, data: object) -> Any:
    got, findings = read(reader, data)
    assert findings == []
    return got


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("30s", 30.0), ("5m", 300.0), ("2h", 7200.0), ("1d", 86400.0), ("1.5 s", 1.5)],
)
def test_a_duration_is_seconds_or_a_text_with_a_unit(text: str, seconds: float) -> None:
    assert value(shapes.duration(0, 1e9), text) == seconds
    assert value(shapes.duration(0, 1e9), seconds) == seconds


def test_a_duration_in_whole_seconds_is_a_float_so_that_digests_agree() -> None:
    assert repr(value(shapes.duration(0, 60), 30)) == "30.0"


@pytest.mark.parametrize("text", ["5", "s", "5 parsecs", "-5s", "5m30s", "1e3s", "٣s", ""])
def test_other_texts_are_no_durations(text: str) -> None:
    got, findings = read(shapes.duration(0, 60), text)
    assert got is shapes.FLAWED
    assert [finding[:4] for finding in findings] == ["B022"]


def test_a_record_tells_all_that_is_wrong_with_it() -> None:
    got, findings = read(READ_PAIR, {"two": "1h", "zoo": 3})
    assert got is shapes.FLAWED
    assert findings == [
        "B023 two: 3600 seconds are more than allowed | write 0 to 60 seconds",
        "B020 there is no key 'zoo' | keys: one, two",
        "B021 the key 'one' is missing | add `one: …`",
    ]


def test_a_key_that_is_misspelt_is_not_missing_as_well() -> None:
    got, findings = read(READ_PAIR, {"on": 3})
    assert got is shapes.FLAWED
    assert findings == ["B020 there is no key 'on' | did you mean 'one'?"]


def test_a_record_is_made_with_the_names_of_its_fields() -> None:
    assert value(READ_PAIR, {"one": 1, "two": "2s"}) == Pair(one=1, two_s=2.0)


def test_null_is_as_good_as_absent() -> None:
    assert value(READ_PAIR, {"one": 1, "two": None}) == Pair(one=1)
    assert read(READ_PAIR, {"one": None})[1] == ["B021 the key 'one' is missing | add `one: …`"]


@pytest.mark.parametrize(
    ("reader", "data", "message"),
    [
        (shapes.integer(0, 9), 10, "B023 10 is above 9 | write a number from 0 to 9"),
        (
            shapes.integer(0, 9),
            "1",
            "B022 expected a whole number, got the text '1' | write a number from 0 to 9",
        ),
        (
            shapes.integer(0, 9),
            True,
            "B022 expected a whole number, got true | write a number from 0 to 9",
        ),
        (shapes.number(0, 1), 1.5, "B023 1.5 is above 1 | write a number from 0 to 1"),
        (shapes.text(), 5, "B022 expected a text, got the number 5 | put it in quotes"),
        (shapes.text(), None, "B022 expected a text, got nothing (null) | write one text"),
        (
            shapes.boolean,
            "yes",
            "B022 expected true or false, got the text 'yes' | write true or false without quotes",
        ),
        (
            shapes.choice("allow", "deny"),
            "alow",
            "B024 expected one of allow, deny, got the text 'alow' | did you mean 'allow'?",
        ),
        (
            shapes.sequence(shapes.text(), 3),
            {},
            "B022 expected a list, got a map | write for example [a, b]",
        ),
        (
            shapes.sequence(shapes.text(), 1),
            ["a", "b"],
            "B023 2 entries are more than 1 | write at most 1",
        ),
        (
            shapes.matching("[a-z]+", "a word", "abc"),
            "A",
            "B025 'A' is not a word | write for example abc",
        ),
    ],
)
def test_a_flaw_says_what_stands_there_and_what_is_expected(
    reader: shapes.Read, data: object, message: str
) -> None:
    assert read(reader, data) == (shapes.FLAWED, [message])


def test_lists_and_maps_are_read_to_their_end() -> None:
    reader = shapes.mapping(
        shapes.matching("[a-z]", "a letter", "a"), shapes.sequence(shapes.integer(0, 9), 9), 9
    )
    assert [line[:24] for line in read(reader, {"a": [1, 10], "B": ["x"]})[1]] == [
        "B023 a[1]: 10 is above 9",
        "B025 'B' is not a letter",
        "B022 B[0]: expected a wh",
    ]


def test_one_item_stands_for_a_list_of_one() -> None:
    reader = shapes.one_or_more(shapes.integer(0, 9), 3)
    assert value(reader, 1) == (1,)
    assert value(reader, [1, 2]) == (1, 2)


def test_python_data_is_bounded_like_a_text() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for data, code in (
        (circle, "B007"),
        ([0] * 300_000, "B008"),
        ({"a": float("nan")}, "B010"),
        ({"a": 2**63}, "B010"),
        ({"a": 10**10_000}, "B010"),
        ({10**10_000: 1}, "B010"),
        ({"a": object()}, "B013"),
        ({"a": "\ud800"}, "B001"),
        ({(1, 2): 1}, "B006"),
    ):
        _, report = tree_from_data(data)
        assert [finding.code for finding in report.findings][:1] == [code]


def test_a_file_of_nothing_but_flaws_gives_a_list_that_ends() -> None:
    text = "".join(f"k{i}: 1\n" for i in range(10_000))
    root, report = tree_from_text(text)
    assert root is not None
    READ_PAIR(root, report)
    assert len(report.findings) == 200
