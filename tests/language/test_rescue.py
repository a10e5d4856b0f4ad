"""What is found of the JSON in the answers of models, and what is not."""

import json
import time
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batuta.language.rescue import Rescue, rescue


def anything(_: Any) -> str | None:
    return None


def a_map(value: Any) -> str | None:
    return None if isinstance(value, dict) else "it is no map"


def with_total(value: Any) -> str | None:
    return None if isinstance(value, dict) and "total" in value else "total is missing"


@pytest.mark.parametrize(
    ("text", "value", "forgiven"),
    [
        ('{"a": 1}', {"a": 1}, ()),
        ('\ufeff {"a": 1}\n', {"a": 1}, ()),
        ('```json\n{"a": 1}\n```', {"a": 1}, ("fence",)),
        ('Sure:\n```json\n{"a": 1}\n```\nAnything else?', {"a": 1}, ("text around it",)),
        ('Here you go: {"a": 1}. Bye', {"a": 1}, ("text around it",)),
        ('<think>{hm}</think>{"a": 1}', {"a": 1}, ("text around it",)),
        ('See [1] and [note: x]. {"a": 1}', {"a": 1}, ("text around it",)),
        ('{"a": [1, 2,], }', {"a": [1, 2]}, ("trailing comma",)),
        ("{'a': 'b', 'c': \"it's\"}", {"a": "b", "c": "it's"}, ("single quotes",)),
        ("{'a': 'it's 7 o'clock'}", {"a": "it's 7 o'clock"}, ("single quotes", "apostrophe")),
        (
            "[{'who's': 'l'été', 'b': 'x'}]",
            [{"who's": "l'été", "b": "x"}],
            ("single quotes", "apostrophe"),
        ),
        (
            "{a: True, b_2: None, c: False}",
            {"a": True, "b_2": None, "c": False},
            ("key without quotes", "words of Python"),
        ),
        ('{"a": 1, // one\n # two\n /* three */ "b": 2}', {"a": 1, "b": 2}, ("comment",)),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}, ("line ends in a text",)),
        ("{'a': '\\u00e9\\ud83d\\ude00\\''}", {"a": "é😀'"}, ("single quotes",)),
        ('{"a": "http://x/y # z",}', {"a": "http://x/y # z"}, ("trailing comma",)),
        ("Answer: [1, 2.5e3]", [1, 2500.0], ("text around it",)),
        ("True", True, ("words of Python",)),
        ('```\n"yes"\n```', "yes", ("fence",)),
        ('{"a": 1} and again {"a": 1}', {"a": 1}, ("text around it",)),
        ('Take {"a": 1}, and be happy', {"a": 1}, ("text around it",)),
        ('{"a": {"b": 1}}}', {"a": {"b": 1}}, ("text around it",)),
    ],
)
def test_what_is_beyond_doubt_is_read(text: str, value: Any, forgiven: tuple[str, ...]) -> None:
    assert rescue(text, anything) == Rescue(value, "", forgiven)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "b": {"c": [1, 2', {"a": 1, "b": {"c": [1]}}),
        ('{"a": 1, "b": "cut', {"a": 1}),
        ('{"a": 1, "b": "cut\\', {"a": 1}),
        ('{"a": 1, "b": 12', {"a": 1}),
        ('{"a": 1, "b": -', {"a": 1}),
        ('{"a": 1, "b": 1.', {"a": 1}),
        ('{"a": 1, "b": tru', {"a": 1}),
        ('{"a": 1, "b": true', {"a": 1, "b": True}),
        ('{"a": 1, "b":', {"a": 1}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1, b', {"a": 1}),
        ('{"a": 1, ', {"a": 1}),
        ('{"a": 1, "b": [[{', {"a": 1}),
        ('```json\n{"a": 1, "b": [2, 3]\n```\n', {"a": 1, "b": [2, 3]}),
        ('{"a": 1 /* cut', {"a": 1}),
    ],
)
def test_a_cut_end_is_closed_and_what_it_cuts_is_left_out(text: str, value: Any) -> None:
    found = rescue(text, anything)
    assert (found.value, found.flaw, found.cut) == (value, "", True)
    assert "missing end" in found.forgiven


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json here",
        "{",
        '{"a": {"b": [',
        "as said in [1]",
        '{"a": 1} or {"a": 2}',
        '{"a": 1} or {"a": true}',
        '{"a": 1, oops, "b": {"c": 2}}',
        '{"a": "}" oops "b": {"c": 2}}',
        "{'a': 'the dogs' bowl'}",
        "{'a': 'b'c': 'd'}",
        "{'a': 'he said 'no', 'yes''}",
        "{'a': '5'6'}",
        '{"a": "said "no" twice"}',
        "[1, 2, ...]",
        '[{"a": 1}, …]',
        "{a: 1, a: 2}",
        '{"a": NaN, }',
        '{"a": Infinity}',
        '{"a": undefined}',
        '{"a": 007}',
        '{"a": 1_000}',
        '{"a": 1,000}',
        '{"a": +1}',
        '{"a": 1e999}',
        '{"a": "\\d+"}',
        '{"a": "\\ud800",}',
        '{"a": 1 "b": 2}',
        '{"a" 1}',
        '{"a": 1,, "b": 2}',
        '{, "a": 1}',
        '{"a": 1]',
        "{1: 2}",
        "{yes}",
        '[{"a": 1}},{"a": 1}]',
        '{"a": 1}, "b": 2}',
        '{"a": 1}, b: 2}',
        '"a": {"b": 1}}',
        '"a": [1, 2], "c": 3}',
        '{"a": """x"""}',
        "[" * 65 + "1" + "]" * 65 + " x",
    ],
)
def test_what_could_mean_two_things_is_not_read(text: str) -> None:
    found = rescue(text, anything)
    assert (found.value, bool(found.flaw)) == (None, True)


def test_of_several_blocks_the_one_that_fits_is_taken() -> None:
    text = 'A draft: {"sum": 3}\nThe answer: {"total": 4}\nSources: [1, 2]'
    assert rescue(text, with_total) == Rescue({"total": 4}, "", ("text around it",))


def test_of_two_that_fit_and_differ_none_is_taken() -> None:
    found = rescue('{"total": 3} - no, {"total": 4}', with_total)
    assert found == Rescue(flaw="2 different blocks of JSON in it fit")


def test_what_may_be_a_part_keeps_others_from_being_the_answer() -> None:
    assert rescue('{"total": 3}, no: {"total": 4}', with_total).flaw.startswith("a part of")
    assert rescue('{"sum": 3}, no: {"total": 4}', with_total).value == {"total": 4}


def test_json_that_does_not_fit_is_given_with_what_is_wrong() -> None:
    assert rescue('{"sum": 3}', with_total) == Rescue({"sum": 3}, "total is missing")


def test_a_list_inside_of_a_sentence_is_no_answer() -> None:
    assert rescue("It costs [12, 13] dollars", anything).flaw == "there is no JSON in it"


def test_a_listing_of_blocks_is_no_answer() -> None:
    assert "more than 100" in rescue("{a: 1} " * 200, anything).flaw


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
SCALARS |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)
CONTAINERS = VALUES.filter(lambda value: isinstance(value, dict | list))


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_valid_json_is_returned_unchanged(value: Any, indent: int | None, ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii)
    assert rescue(text, anything) == Rescue(value)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.sampled_from(["Here: ", "```json\n", ""]))
def test_a_map_with_text_around_it_is_found(value: dict[str, Any], before: str) -> None:
    text = before + json.dumps(value) + ("\n```" if "`" in before else " - that is it")
    assert rescue(text, a_map).value == value


@given(CONTAINERS)
def test_what_python_prints_is_read_as_it_was_or_not_at_all(value: Any) -> None:
    found = rescue(repr(value), anything)
    # Python has escapes that JSON does not know; a repr with one of them is refused.
    assert bool(found.flaw) if "\\" in repr(value) and found.flaw else found.value == value


@given(CONTAINERS, st.integers(0, 400))
def test_a_cut_text_gives_a_part_of_the_whole(value: Any, at: int) -> None:
    text = json.dumps(value)[:at]
    found = rescue(text, anything)
    assert bool(found.flaw) or is_part(found.value, value)


@given(st.text("{}[]\",':\\/*#-.019eE tTrFu\nNone`a", max_size=60))
@example("[9009000000000001]")
def test_no_scalar_is_made_up(text: str) -> None:
    found = rescue(text, anything)
    assert [one for one in scalars(found.value) if not stands_in(one, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 100_000,
        '["' + "\\" * 200_001,
        "{x " * 100_000,
        "[x] " * 100_000,
        "[/*" * 100_000,
        '{"a": "' + "x" * 400_000,
        "{" + "'" * 200_000,
        "[1, " * 60 + "1," * 50_000,
    ],
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    started = time.process_time()
    rescue(text, anything)
    assert time.process_time() - started < 4.0  # quadratic ones would take hours


def is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        known = cast("dict[str, Any]", whole)
        return all(
            key in known and is_part(one, known[key])
            for key, one in cast("dict[str, Any]", part).items()
        )
    if isinstance(part, list) and isinstance(whole, list):
        return all(map(is_part, cast("list[Any]", part), cast("list[Any]", whole)))
    return part == whole and type(part) is type(whole)


def scalars(value: Any) -> list[Any]:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return [*entries, *(leaf for one in entries.values() for leaf in scalars(one))]
    if isinstance(value, list):
        return [leaf for one in cast("list[Any]", value) for leaf in scalars(one)]
    return [] if value is None else [value]


def stands_in(scalar: Any, text: str) -> bool:
    if isinstance(scalar, bool):
        return str(scalar).lower() in text.lower()
    if isinstance(scalar, int | float):
        return any(number == scalar for number in numbers_of(text))
    unescaped = text.replace("\\\\", "\\").replace("\\/", "/").replace("\\'", "'")
    return scalar in text or scalar in unescaped.replace('\\"', '"') or "\\" in text


def numbers_of(text: str) -> list[float]:
    ends = range(1, len(text) + 1)
    spans = (text[start:end] for end in ends for start in range(max(0, end - 60), end))
    return [number for one in spans if (number := as_number(one)) is not None]


def as_number(text: str) -> float | None:
    if text.strip() != text or "_" in text:
        return None
    try:  # a float has no place for every integer above 2**53
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None
