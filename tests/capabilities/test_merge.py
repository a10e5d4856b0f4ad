"""Merging."""

from typing import Any

import pytest

from batuta.capabilities.function import FunctionCapability
from batuta.capabilities.merge import merge
from batuta.errors import CallFailed
from batuta.spec.call import Failed
from tests.capabilities.calls import call_with


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([{"a": 1}, {"b": 2}], {}, {"a": 1, "b": 2}),
        ([{"a": {"x": 1}}, {"a": {"y": 2}}], {}, {"a": {"x": 1, "y": 2}}),
        ([{"a": [1]}, {"a": [1, 2]}], {}, {"a": [1, 1, 2]}),
        ([{"a": [1]}, {"a": [1, 2]}], {"strategy": "union"}, {"a": [1, 2]}),
        ([{"a": [1]}, {"a": [2]}], {"strategy": "overwrite"}, {"a": [2]}),
        ([{"a": 1}, {"a": [2]}], {"strategy": "overwrite"}, {"a": [2]}),
        ([{"a": [1]}, {"a": [1.0]}], {"strategy": "error"}, {"a": [1]}),
        ([{"a": 1, "b": None}, {"a": None, "b": 2}], {}, {"a": 1, "b": 2}),
        ([{"a": 1}, {"a": 1.0}], {}, {"a": 1}),
        ([None, {"a": 1}, None], {}, {"a": 1}),
        ([], {}, []),
        ([None], {}, []),
        ([], {"into": "map"}, {}),
        ([[1, 2], [2, 3]], {}, [1, 2, 2, 3]),
        ([[1, 2], None, [2, 3]], {"strategy": "union"}, [1, 2, 3]),
        ([[True, 1, 1.0, "1"]], {"strategy": "union"}, [True, 1, "1"]),
        ([[1, 2], [3]], {"strategy": "overwrite"}, [3]),
        ([[1, 2], [3]], {"strategy": "error"}, [1, 2, 3]),
        (["a", "b", None, ["c"]], {}, ["a", "b", "c"]),
        ([{"a": 1}, [2]], {}, [{"a": 1}, 2]),
        ([{"a": 1}, {"b": 2}], {"into": "list"}, [{"a": 1}, {"b": 2}]),
        (
            [{"a": 1}, [{"b": 2}, None], None],
            {"into": "table"},
            [{"a": 1, "b": None}, {"a": None, "b": 2}],
        ),
        (
            [[{"id": 1, "a": 1}, {"id": 2, "a": 2}], [{"id": 1.0, "b": 3}]],
            {"into": "table", "key": "id"},
            [{"id": 1, "a": 1, "b": 3}, {"id": 2, "a": 2, "b": None}],
        ),
        (
            [[{"id": 1, "a": 1}], [{"id": 1, "a": 2}]],
            {"into": "table", "key": "id", "strategy": "overwrite"},
            [{"id": 1, "a": 2}],
        ),
    ],
)
async def test_values_are_merged(values: list[Any], options: dict[str, Any], expected: Any) -> None:
    assert await merge(values, **options) == expected


@pytest.mark.parametrize(
    ("values", "options", "code", "message"),
    [
        (
            [{"a": {"b": 1}}, {"a": {"b": 2}}],
            {},
            "conflict",
            "conflict at a.b: 1 and 2; strategy: overwrite takes the last",
        ),
        ([{"a": 1}, {"a": "1"}], {"strategy": "union"}, "conflict", "conflict at a: 1 and '1'"),
        ([{"a": 1}, {"a": True}], {}, "conflict", "conflict at a: 1 and True"),
        ([{"a": [1]}, {"a": [2]}], {"strategy": "error"}, "conflict", "conflict at a: [1] and [2]"),
        ([[1], [1]], {"strategy": "error"}, "conflict", "conflict: an item is there twice"),
        ([[1]], {"into": "map"}, "invalid", "values: a map is merged from maps only"),
        ([{"a": 1}], {"key": "a"}, "invalid", "key: it is for a table; say into: table"),
        ([1], {"into": "table"}, "invalid", "values: the row 1 of a table is not a map"),
        (
            [{"a": 1}],
            {"into": "table", "key": "id"},
            "invalid",
            "values: the row {'a': 1} has no id",
        ),
        (
            [{"id": 1, "a": 1}, {"id": 1, "a": 2}],
            {"into": "table", "key": "id"},
            "conflict",
            "conflict at 1.a: 1 and 2",
        ),
    ],
)
async def test_what_does_not_go_together_is_a_failure_that_says_where(
    values: list[Any], options: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(CallFailed) as caught:
        await merge(values, **options)
    assert caught.value.code == code
    assert caught.value.message.startswith(message)


async def test_maps_nested_too_deeply_are_a_failure() -> None:
    def nested(depth: int, leaf: int) -> dict[str, Any]:
        return {"a": nested(depth - 1, leaf)} if depth else {"leaf": leaf}

    with pytest.raises(CallFailed, match="nested more than 100 deep"):
        await merge([nested(200, 1), nested(200, 2)])


async def test_the_values_that_are_merged_are_left_as_they_were() -> None:
    first, second = {"a": {"x": [1]}}, {"a": {"x": [2], "y": 1}}
    await merge([first, second])
    assert (first, second) == ({"a": {"x": [1]}}, {"a": {"x": [2], "y": 1}})


async def test_arguments_are_checked_by_their_schema() -> None:
    capability = FunctionCapability(merge, kind="merge")
    assert (capability.card.effect, capability.card.reach) == ("pure", "local")
    outcome = await capability(call_with({"values": [], "strategy": "best"}))
    assert outcome == Failed("invalid", "strategy: invalid enum value 'best'")
