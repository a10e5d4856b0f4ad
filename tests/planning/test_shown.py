"""What a model is shown of capabilities: all of it, or in little room what matters."""

from collections.abc import Iterable
from typing import Any

import pytest

from batuta.planning.shown import shown
from batuta.spec.card import Card
from batuta.spec.value import canonical

_BIG = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "number " * 50},
        "kind": {"enum": [f"kind {number}" for number in range(500)]},
        **{f"field_{number}": {"type": "string", "description": "so " * 40} for number in range(80)},
    },
    "required": ["id", "kind"],
}  # fmt: skip


def card(name: str, schema: dict[str, Any], output: dict[str, Any] | None = None) -> Card:
    return Card(
        name=name,
        description=f"Does {name}. " * 40,
        input=schema,
        output=output or {},
        effect="read",
        reach="local",
    )


def service(name: str) -> Card:
    """An operation as services have it: what it takes is in its body, and what that is stands elsewhere."""
    body = {"type": "object", "properties": {"body": {"$ref": "#/$defs/Big"}}, "required": ["body"]}
    return card(name, {**body, "$defs": {"Big": _BIG}}, {"$ref": "#/$defs/Big", "$defs": {"Big": _BIG}})  # fmt: skip


def size(said: Iterable[Any]) -> int:
    return len(canonical([*said]))


def test_what_has_room_is_shown_as_it_is() -> None:
    one = card("a", {"type": "object", "properties": {"x": {"$ref": "#/$defs/X"}}, "$defs": {}})
    (said,) = shown([one], 10_000)
    assert (said["takes"], said["does"]) == (one.input, one.description)


@pytest.mark.parametrize("bytes_max", [100_000, 30_000])
def test_forty_operations_fit_into_the_room_with_what_they_must_be_given(bytes_max: int) -> None:
    cards = [service(f"s.{number}") for number in range(40)]
    assert size(shown(cards, 10**9)) > 500_000
    said = shown(cards, bytes_max)
    assert size(said) <= bytes_max
    assert [one["name"] for one in said] == [one.name for one in cards]
    for one in said:
        body = one["takes"]["properties"]["body"]
        assert one["takes"]["required"] == ["body"]
        assert body["required"] == ["id", "kind"]
        assert len(body["properties"]["kind"]["enum"]) <= 61


def test_the_room_that_small_ones_leave_is_for_the_others() -> None:
    small = [card(f"small.{number}", {"type": "object"}) for number in range(39)]
    (alone,) = shown([service("big")], 10_000)
    said = shown([*small, service("big")], 39 * size(shown([small[0]], 10_000)) + 10_000)
    assert said[-1] == alone
    assert said[0]["does"] == small[0].description


def test_where_there_is_no_room_for_all_the_nearest_are_shown() -> None:
    said = shown([service(f"s.{number}") for number in range(40)], 2_000)
    assert 0 < size(said) <= 2_000
    assert [one["name"] for one in said] == [f"s.{number}" for number in range(len(said))]


def test_schemas_that_refer_to_themselves_come_to_an_end() -> None:
    fields = {"inner": {"$ref": "#/$defs/Tree"}, "x": {"$ref": "#/$defs/Y"}}
    tree = {"type": "object", "properties": fields}
    defs = {"Tree": tree, "Y": {"$ref": "#/$defs/Y"}, "Text": {"const": "long " * 5_000}}
    said = shown([card("a", {"$ref": "#/$defs/Tree", "$defs": defs})], 2_000)
    assert size(said) <= 2_000
