"""What a model is told of the tools of an agent."""

import re

from batuta.capabilities.agent.capability import AgentCapability
from batuta.capabilities.agent.tools import name_shown, tools_of
from batuta.capabilities.human import HumanCapability
from batuta.capabilities.model.card import card_of
from batuta.reading.agents import AgentConfig
from batuta.reading.models import ModelConfig
from batuta.spec.card import Card


def test_names_are_in_letters_that_all_providers_take_and_differ() -> None:
    names = ("orders.find", "orders_find", "x" * 80 + "a", "x" * 80 + "b", "plan.a-b")
    cards = {name: Card(name) for name in names}
    tools = tools_of(AgentConfig("m", tools=names), cards)
    assert [tool.capability for tool in tools.values()] == list(names)
    assert list(tools)[:2] == ["orders_find", "orders_find_2"]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", shown) for shown in tools)
    assert name_shown("") == "_"


def test_a_description_says_what_a_call_does_to_the_world() -> None:
    cards = {
        "find": Card("find", "Finds it.", effect="read", reach="local"),
        "pay": Card("pay", "Pays.", effect="write", reach="egress"),
        "send": Card("send", "", effect="write", reach="irreversible"),
    }
    tools = tools_of(AgentConfig("m", tools=tuple(cards)), cards)
    assert {name: (tool.description, tool.changes) for name, tool in tools.items()} == {
        "find": ("Finds it. It changes nothing.", False),
        "pay": ("Pays. It changes something.", True),
        "send": ("What it does cannot be taken back.", True),
    }


def test_a_model_does_not_say_who_answers_or_what_counts_as_an_answer() -> None:
    cards = {"human": HumanCapability().card}
    tool = tools_of(AgentConfig("m", tools=("human",)), cards)["human"]
    assert set(tool.schema["properties"]) == {"question", "show", "form"}
    assert tool.schema["additionalProperties"] is False


def test_a_model_does_not_choose_the_conversation_or_the_files_of_another_agent() -> None:
    model = card_of("strong", ModelConfig("openai", "m"), None)
    agent = AgentCapability("billing", AgentConfig("strong"), model).card
    cards = {"strong": model, "billing": agent}
    tools = tools_of(AgentConfig("strong", tools=("strong", "billing")), cards)
    assert set(tools["billing"].schema["properties"]) == {"prompt"}
    assert set(tools["strong"].schema["properties"]) == {"prompt", "instructions", "schema"}
    assert "$comment" not in tools["billing"].schema


def test_a_plan_with_flaws_is_no_tool() -> None:
    cards = {
        "plan.good": Card("plan.good", kind="plan", plan="digest"),
        "plan.bad": Card("plan.bad", "cannot be used: …", kind="plan"),
    }
    assert list(tools_of(AgentConfig("m", tools=tuple(cards)), cards)) == ["plan_good"]


def test_a_long_description_is_cut_to_what_providers_take() -> None:
    cards = {"find": Card("find", "x" * 4_000, effect="read"), "other": Card("other", "y" * 4_000)}
    tools = tools_of(AgentConfig("m", tools=("find",), hand_over=("other",)), cards)
    assert [len(tool.description) for tool in tools.values()] == [1_000, 1_000]
    assert tools["find"].description.endswith("x It changes nothing.")


def test_to_hand_over_is_a_tool_with_a_note() -> None:
    cards = {"billing": Card("billing", "Knows invoices.")}
    tools = tools_of(AgentConfig("m", hand_over=("billing",)), cards)
    tool = tools["hand_over_to_billing"]
    assert (tool.capability, tool.hands_over) == ("billing", True)
    assert "Knows invoices." in tool.description
