"""A person as a capability."""

from typing import Any

import pytest

from batuta.capabilities.human import HumanCapability
from batuta.errors import WorkspaceError
from batuta.spec.call import Done, Failed, Question, Waiting
from tests.capabilities.calls import call_with

FORM = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}


async def ask(args: dict[str, Any], settings: dict[str, Any] | None = None) -> Any:
    return await HumanCapability("human", settings)(call_with(args))


async def answered(answer: Any, args: dict[str, Any], settings: Any = None) -> Any:
    return await HumanCapability("human", settings)(call_with(args, answered=True, answer=answer))


async def test_the_first_call_waits_with_the_question() -> None:
    outcome = await ask(
        {"question": "Pay?", "show": {"n": 1}, "who": ["ops"], "expires": "2h", "default": None}
        | {"schema": {"type": "null"}}
    )
    assert outcome == Waiting(
        Question("Pay?", {"type": "null"}, {"n": 1}, ("ops",), has_default=True, default=None),
        expires_s=7_200.0,
    )


async def test_settings_hold_where_the_step_is_silent() -> None:
    settings = {
        "kind": "human",
        "question": "Pay?",
        "who": "ops",
        "schema": FORM,
        "expires": 60,
        "default": {"amount": 0},
    }
    assert await ask({}, settings) == Waiting(
        Question("Pay?", FORM, None, ("ops",), has_default=True, default={"amount": 0}),
        expires_s=60.0,
    )
    assert await ask({"question": "Really?", "expires": "1s"}, settings) == Waiting(
        Question("Really?", FORM, None, ("ops",), has_default=True, default={"amount": 0}),
        expires_s=1.0,
    )


async def test_the_call_with_the_answer_gives_the_answer() -> None:
    assert await answered({"approved": True, "note": "ok"}, {"question": "Pay?"}) == Done(
        {"approved": True, "note": "ok"}, cost_nusd=0
    )
    assert await answered(None, {"question": "Pay?", "schema": {"type": "null"}}) == Done(
        None, cost_nusd=0
    )


async def test_no_is_an_answer_and_not_a_failure() -> None:
    assert await answered({"approved": False}, {"question": "?"}) == Done(
        {"approved": False}, cost_nusd=0
    )


@pytest.mark.parametrize(
    "answer", [None, True, {}, {"approved": "yes"}, {"approved": True, "note": 1}]
)
async def test_an_answer_that_was_not_asked_for_is_a_failure(answer: Any) -> None:
    outcome = await answered(answer, {"question": "Pay?"})
    assert isinstance(outcome, Failed)
    assert outcome.code == "invalid"
    assert outcome.message.startswith("the answer does not fit the question: ")


async def test_a_form_is_a_short_way_to_write_a_schema() -> None:
    outcome = await ask({"question": "?", "form": {"amount": "integer"}})
    assert outcome.question.schema == FORM
    outcome = await ask({"question": "?", "form": {"amount": {"type": "integer"}}})
    assert outcome.question.schema == FORM


async def test_a_step_may_narrow_who_answers_but_not_choose_somebody_else() -> None:
    settings = {"kind": "human", "who": ["ops", "cfo"]}
    outcome = await ask({"question": "?", "who": "cfo"}, settings)
    assert outcome.question.who == ("cfo",)
    for who in (["cfo", "me"], "me", []):
        outcome = await ask({"question": "?", "who": who}, settings)
        assert isinstance(outcome, Failed)
        assert outcome.message.endswith("may not answer; only ops, cfo may")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({}, "question: expected a text of 1 to 10,000 characters"),
        ({"question": " "}, "question: expected a text of 1 to 10,000 characters"),
        ({"question": 3}, "question: expected a text of 1 to 10,000 characters"),
        ({"question": "x" * 10_001}, "question: expected a text of 1 to 10,000 characters"),
        ({"question": "?", "who": 3}, "who: expected a list of names"),
        ({"question": "?", "who": [3]}, "who: expected a list of names"),
        ({"question": "?", "expires": "soon"}, "expires: 'soon' is not a duration"),
        ({"question": "?", "expires": -1}, "expires: '-1' is not a duration"),
        ({"question": "?", "expires": True}, "expires: 'True' is not a duration"),
        ({"question": "?", "schema": "x"}, "schema: expected a JSON Schema, that is a map"),
        ({"question": "?", "form": {"a": 1}}, "form.a: expected a type or a JSON Schema"),
        ({"question": "?", "default": 1}, 'default: 1 is not of type "object"'),
        ({"question": "?", "colour": 1}, "colour: there is no such argument"),
    ],
)
async def test_a_question_that_cannot_be_asked_is_a_failure(
    args: dict[str, Any], message: str
) -> None:
    assert await ask(args) == Failed("invalid", message)


async def test_a_schema_that_leads_elsewhere_is_refused() -> None:
    for uri in ("http://127.0.0.1:1/x", "file:///etc/passwd"):
        outcome = await ask({"question": "?", "schema": {"$ref": uri}})
        assert isinstance(outcome, Failed)
        assert "is another document" in outcome.message


def test_the_card_says_that_it_reads_and_waits() -> None:
    card = HumanCapability().card
    assert (card.effect, card.reach, card.waits, card.kind) == ("read", "local", True, "human")
    assert (card.input["required"], card.output) == (["question"], None)
    fixed = HumanCapability("a", {"kind": "human", "question": "?", "schema": FORM}).card
    assert ("required" in fixed.input, "schema" in fixed.input["properties"]) == (False, False)
    assert fixed.output == FORM


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"effect": "pure"}, "effect and reach: to ask a person is read and local, always"),
        ({"reach": "egress"}, "effect and reach: to ask a person is read and local, always"),
        ({"expires": "x"}, "expires: 'x' is not a duration"),
        ({"schema": {"type": "x"}}, "schema: the schema itself is wrong"),
        ({"default": 3}, 'default: 3 is not of type "object"'),
        ({"who": 3}, "who: expected"),
        ({"whom": "x"}, "unknown key whom"),
    ],
)
def test_wrong_settings_are_refused_when_they_are_read(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(WorkspaceError) as caught:
        HumanCapability("human", {"kind": "human"} | settings)
    assert caught.value.message.startswith(message)
