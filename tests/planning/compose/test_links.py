"""What one step gives goes where another takes it: by type and name, put into lists and maps, or item by item."""

from typing import Any

import pytest

from batuta.planning.compose.links import best_link, same_meaning, sources_of
from batuta.planning.compose.offers import Field, offer_of
from batuta.spec.card import Card

ROW = {"type": "object"}
FILES = {"type": "array", "items": {"type": "string"}}
SECTION = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "table": {"$ref": "#/$defs/Table"}},
    "additionalProperties": False,
}
TABLE = {
    "type": "object",
    "properties": {"rows": {"type": "array", "items": ROW}},
    "required": ["rows"],
    "additionalProperties": False,
}


def field(name: str, schema: dict[str, Any], defs: dict[str, Any] | None = None) -> Field:
    card = Card(
        "taker",
        input={
            "type": "object",
            "properties": {name: schema},
            "required": [name],
            "$defs": defs or {},
        },
    )
    return offer_of(card).fields[0]


def given(output: dict[str, Any], name: str = "shop.find") -> dict[Any, str]:
    return dict.fromkeys(sources_of("s", offer_of(Card(name, output=output))), name)


def maps(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": [*fields]}


@pytest.mark.parametrize(
    ("taken", "output", "value", "each"),
    [
        (
            field("order", {"type": "string"}),
            maps(order={"type": "string"}),
            "${steps.s.order}",
            "",
        ),
        (field("rows", FILES | {"items": ROW}), FILES | {"items": ROW}, "${steps.s}", ""),
        (
            field("text", {"type": "string"}),
            maps(summary={"type": "string"}),
            "${steps.s.summary}",
            "",
        ),
        (field("file", {"type": "string"}), maps(files=FILES), "${item}", "${steps.s.files}"),
        (
            field("sections", {"type": "array", "items": SECTION}, {"Table": TABLE}),
            maps(rows={"type": "array", "items": ROW}),
            [{"table": {"rows": "${steps.s.rows}"}}],
            "",
        ),
        (
            field("sections", {"type": "array", "items": SECTION}, {"Table": TABLE}),
            maps(answer={"type": "string"}),
            [{"text": "${steps.s.answer}"}],
            "",
        ),
    ],
)
def test_a_link_is_found(taken: Field, output: dict[str, Any], value: Any, each: str) -> None:
    link = best_link(taken, given(output))
    assert link is not None
    assert (link.value, link.each) == (value, each)


@pytest.mark.parametrize(
    ("taken", "output"),
    [
        (field("order", {"type": "string"}), maps(order={"type": "integer"})),
        (field("order", {"type": "string"}), maps(colour={"type": "string"})),
        (field("order", {"type": "string"}), {}),
        (field("rows", {"type": "array", "items": ROW}), maps(count={"type": "integer"})),
    ],
)
def test_what_is_something_else_is_no_link(taken: Field, output: dict[str, Any]) -> None:
    assert best_link(taken, given(output)) is None


def test_names_mean_the_same_by_their_words_and_by_who_gives_them() -> None:
    same, part, alias = (
        same_meaning("order_id", "orderId", ""),
        same_meaning("order_id", "id", "orders.find"),
        same_meaning("passages", "hits", ""),
    )
    assert same > part > alias > 0
    assert same_meaning("colour", "amount", "shop.find") == 0
