"""Rows of JSON are the same wherever the text is cut into pieces, and are flaws at the same place."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.capabilities.files import from_json
from batuta.capabilities.files.encodings import Text
from batuta.capabilities.files.from_json import rows_of_json, rows_of_lines
from batuta.capabilities.files.trouble import Trouble

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\"\\é", max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
_ROWS = st.lists(st.dictionaries(st.text("abc", max_size=2), _VALUES, max_size=4), max_size=5)


def text_of(content: str) -> Text:
    return Text(io.BytesIO(content.encode("utf-8")), "t.json", "utf-8", 1_000_000)


def read(content: str, chunk: int) -> Any:
    before = from_json._CHUNK_CHARS
    from_json._CHUNK_CHARS = chunk
    try:
        return [(row.line, row.row) for row in rows_of_json(text_of(content))]
    except Trouble as error:
        return error.what
    finally:
        from_json._CHUNK_CHARS = before


@given(_ROWS, st.integers(1, 40), st.sampled_from([None, 0, 2]), st.booleans())
def test_a_list_is_read_in_whatever_pieces_it_comes(
    rows: list[dict[str, Any]], chunk: int, indent: int | None, ascii_: bool
) -> None:
    content = json.dumps(rows, indent=indent, ensure_ascii=ascii_)
    assert [row for _, row in read(content, chunk)] == rows


@given(_ROWS, st.booleans())
def test_a_map_on_each_line_is_read_as_it_was_written(
    rows: list[dict[str, Any]], ascii_: bool
) -> None:
    content = "".join(json.dumps(row, ensure_ascii=ascii_) + "\n" for row in rows)
    assert [one.row for one in rows_of_lines(text_of(content))] == rows


@given(_ROWS, st.data())
def test_half_a_list_is_a_flaw_wherever_it_ends(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    content = json.dumps(rows)
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    assert isinstance(read(cut, data.draw(st.integers(1, 40))), str)


@pytest.mark.parametrize("chunk", [1, 3, 7, 1_000])
def test_a_flaw_is_told_with_its_line_whatever_the_pieces(chunk: int) -> None:
    content = '[\n {"a": 1},\n {"a": 2},\n {"a": nul}\n, {"a": 3}]' + " " * 100
    assert read(content, chunk) == "t.json:4: this is not JSON: expecting value"
    assert read('[\n\n{"a": 1}]', chunk) == [(3, {"a": 1})]
