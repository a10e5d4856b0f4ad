"""Forms for every kind of schema: what stands in them, and what comes back."""

from typing import Any

import pytest
from starlette.datastructures import FormData

from batuta.doors.console.forms import Field, fields_of, read_form, texts_of

ADDRESS = {
    "type": "object",
    "required": ["street"],
    "properties": {"street": {"type": "string"}, "floor": {"type": "integer", "maximum": 9}},
}
SCHEMAS: dict[str, Any] = {
    "way": {"enum": ["card", "cash", 3]},
    "insured": {"type": "boolean"},
    "weight": {"type": "number", "minimum": 0.1, "maximum": 30},
    "parcels": {"type": "integer", "default": 1},
    "day": {"type": "string", "format": "date"},
    "mail": {"type": "string", "format": "email"},
    "note": {"type": "string", "maxLength": 500},
    "address": ADDRESS,
    "tags": {"type": "array", "items": {"type": "string"}},
    "sizes": {"type": "array", "items": {"type": "number"}},
    "extras": {"type": "array", "items": {"enum": ["bow", "card"]}},
    "rows": {"type": "array", "items": {"type": "object"}},
    "any": {},
}


def test_each_kind_has_the_field_that_a_browser_has_for_it() -> None:
    fields = {one.name: one for one in fields_of(SCHEMAS, ["address", "weight", "parcels"])}
    assert {name: one.kind for name, one in fields.items()} == {
        "way": "choice",
        "insured": "boolean",
        "weight": "number",
        "parcels": "number",
        "day": "date",
        "mail": "email",
        "note": "text",
        "address": "group",
        "tags": "lines",
        "sizes": "lines",
        "extras": "choices",
        "rows": "json",
        "any": "json",
    }
    assert (fields["weight"].least, fields["weight"].most, fields["weight"].step) == (
        "0.1",
        "30",
        "any",
    )
    assert [one.name for one in fields["address"].fields] == ["address/street", "address/floor"]
    assert [one.required for one in fields["address"].fields] == [True, False]
    assert fields["weight"].required and not fields["parcels"].required  # which has a default


def test_what_a_form_says_comes_back_as_the_schema_wants_it() -> None:
    said = FormData(
        [
            ("way", "3"),
            ("~shown.insured", "1"),
            ("weight", "2.5"),
            ("day", "2026-11-23"),
            ("address/street", "Mill Lane"),
            ("address/floor", "2"),
            ("tags", "one\r\n\r\n two "),
            ("sizes", "1\n2.5"),
            ("extras", "bow"),
            ("extras", "card"),
            ("any", '{"a": [1]}'),
            ("note", "  "),
        ]
    )
    values, flaws = read_form(SCHEMAS, texts_of(said))
    assert flaws == {}
    assert values == {
        "way": 3,
        "insured": False,
        "weight": 2.5,
        "day": "2026-11-23",
        "address": {"street": "Mill Lane", "floor": 2},
        "tags": ["one", "two"],
        "sizes": [1, 2.5],
        "extras": ["bow", "card"],
        "any": {"a": [1]},
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [("weight", "much"), ("address/floor", "top"), ("sizes", "1\nlarge"), ("rows", "{")],
)
def test_what_does_not_fit_is_told_at_its_field(name: str, text: str) -> None:
    values, flaws = read_form(SCHEMAS, {name: text})
    assert list(flaws) == [name] and values == {}
    shown = {
        one.name: one for one in _flat(fields_of(SCHEMAS, (), values={name: text}, flaws=flaws))
    }
    assert (shown[name].value, shown[name].flaw) == (text, flaws[name])
    assert shown[name].described_by.endswith("-flaw")


def test_values_that_were_given_stand_in_the_fields_again() -> None:
    given = {"address": {"street": "Mill Lane"}, "tags": ["a", "b"], "extras": ["bow"], "any": [1]}
    fields = {one.name: one for one in _flat(fields_of(SCHEMAS, (), values=given))}
    assert fields["address/street"].value == "Mill Lane"
    assert fields["tags"].value == "a\nb"
    assert list(fields["extras"].chosen) == ["bow"]
    assert fields["any"].value == "[1]"


def _flat(fields: list[Field]) -> list[Field]:
    return [one for field in fields for one in (field, *_flat(list(field.fields)))]
