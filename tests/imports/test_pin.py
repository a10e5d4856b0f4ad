"""A pin holds what was accepted, tells every way in which it can be broken, and opens in no time."""

import time
from pathlib import Path

import pytest

from batuta.errors import Finding, InputError
from batuta.imports.manifest import ENTRIES_MAX, Entry, Manifest, hashes, made, whole
from batuta.imports.pin import Pin, pin_path, pin_text, read_pin, write_pin

FIND = Entry(
    "find_note",
    title="Find",
    description="Finds notes.",
    input={
        "type": "object",
        "properties": {"text": {"type": "string"}, "page": {"$ref": "#/$defs/Page"}},
        "required": ["text"],
    },
    hints={"readOnlyHint": True},
)
DEFINITIONS = {"Page": {"properties": {"size": {"$ref": "#/$defs/Size"}}}, "Size": {"minimum": 1}}


def manifest(*entries: Entry) -> Manifest:
    return made(
        "mcp", entries or (FIND,), origin={"url": "https://crm.example"}, definitions=DEFINITIONS
    )


def pinned(root: Path) -> Pin:
    pin = read_pin(root, "crm")
    assert isinstance(pin, Pin)
    return pin


def test_what_was_written_is_read_back_and_written_in_the_same_way(tmp_path: Path) -> None:
    path = write_pin(tmp_path, "crm", manifest())
    pin = pinned(tmp_path)
    assert pin.manifest == manifest()
    assert pin.entry("find_note") == FIND
    assert pin.brief("find_note") == ("Find", "Finds notes.")
    assert pin.entry_hash("find_note") == hashes(manifest())["find_note"]
    assert path.read_text() == pin_text(pin.manifest)


def test_other_line_ends_and_indents_are_the_same_pin(tmp_path: Path) -> None:
    path = write_pin(tmp_path, "crm", manifest())
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").replace(b"  ", b"\t"))
    assert pinned(tmp_path).manifest == manifest()


def test_the_hash_of_an_entry_changes_with_a_schema_that_it_uses_through_another() -> None:
    other = made("mcp", [FIND], definitions={**DEFINITIONS, "Size": {"minimum": 2}})
    unused = made("mcp", [FIND], definitions={**DEFINITIONS, "Other": {}})
    assert hashes(manifest()) != hashes(other)
    assert hashes(manifest()) == hashes(unused)


def test_a_schema_stands_alone_with_the_definitions_that_it_needs() -> None:
    assert whole(FIND.input, {**DEFINITIONS, "Other": {}}) == {**FIND.input, "$defs": DEFINITIONS}


def test_a_source_without_a_pin_is_a_finding_with_the_command_that_makes_one(
    tmp_path: Path,
) -> None:
    found = read_pin(tmp_path, "crm")
    assert isinstance(found, Finding)
    assert (found.code, "batuta trust crm" in found.remedy) == ("B605", True)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda text: text[: len(text) // 2], "is not JSON"),
        (lambda text: "", "is not JSON"),
        (lambda text: "[" * 100_000, "is nested too deeply"),
        (lambda text: text.replace("Finds notes.", "Deletes notes."), "not as it was written"),
        (lambda text: text.replace('"hash"', '"hush"', 1), "unknown field"),
        (lambda text: text.replace('"mcp"', '"ftp"'), "ftp"),
        (lambda text: text.replace("{", "<<<<<<< ours\n{", 1) + ">>>>>>> theirs\n", "a merge"),
        (lambda text: text.replace("Finds", "Finds\x00"), "is not JSON"),
        (lambda text: '{"source": "mcp", "entries": {"a": 7}}', "Expected `object`, got `int`"),
        (lambda text: '{"source": "mcp"}', "not as it was written"),
    ],
)
def test_a_broken_pin_is_a_finding_with_place_and_remedy(tmp_path: Path, broken, said) -> None:
    path = write_pin(tmp_path, "crm", manifest())
    path.write_text(broken(path.read_text()))
    found = read_pin(tmp_path, "crm")
    assert isinstance(found, Finding)
    assert (found.code, found.place.file) == ("B606", str(path))
    assert said in found.message
    assert "batuta trust crm" in found.remedy


def test_a_pin_that_is_too_large_or_a_folder_is_a_finding(tmp_path: Path) -> None:
    pin_path(tmp_path, "crm").parent.mkdir()
    with pin_path(tmp_path, "crm").open("wb") as file:
        file.truncate(65 * 1_024 * 1_024)
    pin_path(tmp_path, "shop").mkdir()
    for name in ("crm", "shop"):
        found = read_pin(tmp_path, name)
        assert isinstance(found, Finding)
        assert found.code == "B606"


def test_what_is_out_of_bounds_is_left_out_and_the_rest_stays() -> None:
    deep: dict = {}
    for _ in range(500):
        deep = {"items": deep}
    found = made(
        "mcp", [FIND, FIND, Entry("deep", input=deep), Entry("long", description="x" * 200_000)]
    )
    assert list(found.entries) == ["find_note"]
    assert sorted(found.left_out) == ["deep", "find_note", "long"]
    with pytest.raises(InputError, match="more than"):
        made("mcp", [Entry(f"e{n}") for n in range(ENTRIES_MAX + 1)])


def test_a_pin_of_5000_entries_opens_in_a_quarter_of_a_second(tmp_path: Path) -> None:
    many = [
        Entry(f"operation_{n}", description="Does one thing. " * 10, input=FIND.input)
        for n in range(5_000)
    ]
    write_pin(tmp_path, "crm", manifest(*many))
    began = time.process_time()
    pin = pinned(tmp_path)
    took_s = time.process_time() - began
    assert len(pin.names) == 5_000
    assert took_s < 0.25
