"""Which calls become steps, and what the model is told of the others."""

from typing import Any

import pytest

from batuta.capabilities.agent.calls import CALLS_AT_ONCE_MAX, Asked, Sorted, sort_calls
from batuta.capabilities.agent.tools import Tool

NUMBER: dict[str, Any] = {
    "type": "object",
    "properties": {"id": {"type": "integer"}},
    "required": ["id"],
    "additionalProperties": False,
}
TOOLS = {
    tool.shown: tool
    for tool in (
        Tool("orders.find", "orders_find", "", NUMBER),
        Tool("refund", "refund", "", NUMBER, changes=True),
        Tool(
            "billing",
            "hand_over_to_billing",
            "",
            {"type": "object", "properties": {"note": {"type": "string"}}},
            hands_over=True,
        ),
    )
}


def asked(tool: str = "orders_find", arguments: Any = None, id: str = "c1") -> Asked:
    return Asked(id, tool, {"id": 3} if arguments is None else arguments)


def sort(*calls: Asked, rounds: Any = ()) -> Sorted:
    return sort_calls(calls, TOOLS, rounds)


def codes(found: Sorted) -> list[str]:
    return [one["error"]["code"] for one in found.refused]


def round_of(found: Sorted, *answers: Any) -> dict[str, Any]:
    said = {"parts": [], "calls": found.calls, "refused": found.refused}
    return {"said": said, "answers": [{"value": one, "error": None} for one in answers]}


def test_what_fits_becomes_a_step_by_the_name_of_its_capability() -> None:
    found = sort(asked(), asked(id="c2", arguments='{"id": 4}'))
    assert found.calls == [
        {"id": "c1", "tool": "orders.find", "arguments": {"id": 3}},
        {"id": "c2", "tool": "orders.find", "arguments": {"id": 4}},
    ]
    assert (found.refused, found.places) == ([], [("call", 0), ("call", 1)])


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (asked("orders.find"), "unknown_tool", "did you mean 'orders_find'?"),
        (asked("rm -rf"), "unknown_tool", "tools: orders_find, refund, hand_over_to_billing"),
        (asked(arguments={"id": "three"}), "invalid", '"three" is not of type "integer"'),
        (asked(arguments={}), "invalid", '"id" is a required property'),
        (asked(arguments='{"id": '), "invalid", "the arguments do not fit"),
        (asked(arguments='{"id": 3, '), "invalid", "their end is missing"),
        (asked(arguments="[3]"), "invalid", "the arguments do not fit"),
        (asked(arguments='{"id": 3} or {"id": 4}'), "invalid", "2 different blocks"),
        (asked(arguments=""), "invalid", "required property"),
        (asked(arguments={"id": float("nan")}), "invalid", "it holds NaN"),
        (asked(arguments="[" * 100_000), "invalid", "the arguments do not fit"),
        (asked(arguments={"id": object()}), "invalid", "cannot be written as JSON"),
    ],
)
def test_what_does_not_fit_is_told_and_no_step(call: Asked, code: str, said: str) -> None:
    found = sort(call)
    assert found.calls == []
    (refused,) = found.refused
    assert refused["error"]["code"] == code
    assert said in refused["error"]["message"]


def test_forgivable_arguments_are_read() -> None:
    assert sort(asked(arguments="```json\n{'id': 3,}\n```")).calls[0]["arguments"] == {"id": 3}


def test_an_expression_in_arguments_is_a_text() -> None:
    text = {"type": "object", "properties": {"q": {"type": "string"}}}
    tools = {"search": Tool("search", "search", "", text)}
    found = sort_calls([asked("search", {"q": "${inputs.said} $${x}"})], tools, ())
    assert found.calls[0]["arguments"] == {"q": "${inputs.said} $${x}"}


def test_two_calls_with_one_id_are_one_call_and_an_error() -> None:
    found = sort(asked(), asked(arguments={"id": 4}))
    assert [one["arguments"] for one in found.calls] == [{"id": 3}]
    assert codes(found) == ["duplicate"]
    assert found.refused[0]["id"] != found.calls[0]["id"]


def test_an_id_of_an_earlier_turn_is_changed() -> None:
    first = sort(asked())
    assert sort(asked(arguments={"id": 4}), rounds=[round_of(first, 1)]).calls[0]["id"] == "c1_2"


def test_a_call_without_an_id_is_given_one() -> None:
    found = sort(asked(id=""), asked(id="c", arguments={"id": 4}))
    assert [one["id"] for one in found.calls] == ["call", "c"]


def test_a_flood_is_bounded_and_its_rest_is_told() -> None:
    found = sort(*(asked(arguments={"id": n}, id=f"c{n}") for n in range(1_000)))
    assert len(found.calls) == CALLS_AT_ONCE_MAX
    assert set(codes(found)) == {"too_many"}
    assert len(found.refused) + len(found.calls) == 64


def test_of_a_name_that_is_none_the_beginning_is_kept() -> None:
    (refused,) = sort(asked("rm " * 100_000)).refused
    assert len(refused["tool"]) + len(refused["error"]["message"]) < 500


def test_the_same_change_twice_in_one_answer_is_made_once() -> None:
    found = sort(asked("refund"), asked("refund", id="c2"))
    assert len(found.calls) == 1
    assert codes(found) == ["duplicate"]
    assert len(sort(asked(), asked(id="c2")).calls) == 2


def test_a_loop_is_told_once_and_then_ends_it() -> None:
    rounds: list[Any] = []
    for _ in range(2):
        found = sort(asked(), rounds=rounds)
        assert len(found.calls) == 1
        rounds.append(round_of(found, "nothing"))
    told = sort(asked(), rounds=rounds)
    assert (codes(told), told.looping) == (["repeated"], "")
    rounds.append(round_of(told))
    assert sort(asked(), rounds=rounds).looping == "orders.find"
    assert sort(asked(arguments={"id": 4}), rounds=rounds).looping == ""


def test_what_answers_something_new_is_no_loop_unless_it_changes_something() -> None:
    rounds: list[Any] = []
    for n in range(5):
        found = sort(asked(), rounds=rounds)
        assert len(found.calls) == 1
        rounds.append(round_of(found, n))
    rounds = [round_of(sort(asked("refund")), n) for n in range(2)]
    assert codes(sort(asked("refund"), rounds=rounds)) == ["repeated"]


def test_to_hand_over_is_an_answer_of_its_own() -> None:
    found = sort(asked("hand_over_to_billing", '{"note": "they want money"}'))
    assert (found.hand_over, found.note) == ("billing", "they want money")
    found = sort(asked("hand_over_to_billing", {}), asked(id="c2"))
    assert (found.hand_over, codes(found), len(found.calls)) == ("", ["not_alone"], 1)
