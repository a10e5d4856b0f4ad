"""Slips of a draft are put right where only one thing can have been meant, and nothing else is touched."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.plans.repair import repaired
from batuta.spec.card import Card


def closed(required: list[str], **properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": required,
        "additionalProperties": False,
    }


CARDS = {
    card.name: card
    for card in (
        Card("handbook.search", input=closed(["query"], query="string", limit="integer"),
             output=closed(["hits"], hits="array")),
        Card("orders.find", input=closed(["number"], number="string"),
             output=closed(["total", "email"], total="integer", email="string")),
        Card("orders.list", input=closed([], since="string")),
        Card("mail.send", input=closed(["email", "text"], email="string", text="string")),
    )
}  # fmt: skip


def draft(steps: Any, result: Any = "${steps.a}", **inputs: str) -> dict[str, Any]:
    return {"name": "p", "inputs": inputs, "steps": steps, "result": result}


def sound(data: dict[str, Any]) -> list[str]:
    """The flaws that are left."""
    return [one.message for one in check(plan_from_data(data).plan, CARDS) if not one.warning]


@pytest.mark.parametrize(
    ("step", "use"),
    [
        ({"use": "search_handbook"}, "handbook.search"),
        ({"use": "handbookSearch"}, "handbook.search"),
        ({"use": "handbok.search"}, "handbook.search"),
        ({"use": "orders.lookup"}, "orders.lookup"),
        ({"use": "orders.fist"}, "orders.fist"),
        ({"use": "delete_everything"}, "delete_everything"),
    ],
)
def test_a_capability_is_found_if_only_one_can_be_meant(step: dict[str, Any], use: str) -> None:
    assert repaired(draft({"a": step}), CARDS).draft["steps"]["a"]["use"] == use


@pytest.mark.parametrize(
    ("use", "names", "meant"),
    [
        ("get_parcel_of_custommer", "s.get_parcel_of_customer s.get_customer_of_parcel", "s.get_parcel_of_customer"),
        ("getParcelOfCustomer", "s.get_parcel_of_customer s.get_customer_of_parcel", "s.get_parcel_of_customer"),
        ("s.parcel_get", "s.get_parcel s.get_customer", "s.get_parcel"),
        ("customer_of_get_parcel", "get_parcel_of_customer get_customer_of_parcel", ""),
        ("find_order", "shop.find_order crm.find_order", ""),
        ("search", "customers.search", ""),
        ("orders_2024.list", "orders_2023.list", ""),
        ("activate_customer", "deactivate_customer", ""),
        ("users.subscribe", "users.unsubscribe mail.send", ""),
    ],
)  # fmt: skip
def test_of_names_that_are_alike_the_one_whose_words_were_written_is_meant(
    use: str, names: str, meant: str
) -> None:
    cards = {name: Card(name) for name in names.split()}
    assert repaired(draft({"a": {"use": use}}), cards).draft["steps"]["a"]["use"] == (meant or use)


def test_a_whole_draft_of_a_weak_model_becomes_a_plan_that_passes() -> None:
    data = draft(
        [
            {
                "name": "find order",
                "use": "find_orders",
                "with": {"order_number": "{{inputs.order}}"},
            },
            {
                "name": "search",
                "use": "search_handbook",
                "with": {"question": "${inputs.question}"},
            },
            {"name": "send", "use": "mail.send", "with": {"text": "Found: ${search.hit}"}},
        ],
        result=None,
        order="string",
        question="string",
    )
    mended = repaired(data, CARDS)
    assert sound(mended.draft) == []
    assert mended.draft["steps"]["send"]["with"] == {
        "text": "Found: ${steps.search.hits}",
        "email": "${steps.find_order.email}",
    }
    assert mended.draft["result"] == "${steps.send}"
    assert mended.changes == (
        "the step 'find order' is called find_order",
        "find_order: find_orders is orders.find",
        "search: search_handbook is handbook.search",
        "'{{inputs.order}}' is an expression: ${inputs.order}",
        "search is the step: steps.search",
        "steps.search.hit is steps.search.hits",
        "find_order: the argument order_number is number",
        "search: the argument question is query",
        "send: email comes from steps.find_order.email",
        "the result is that of send",
    )


def test_what_two_could_give_is_left_to_the_checker() -> None:
    steps = {
        "one": {"use": "orders.find", "with": {"number": "1"}},
        "two": {"use": "orders.find", "with": {"number": "2"}},
        "a": {"use": "mail.send", "with": {"text": "?"}},
    }
    mended = repaired(draft(steps), CARDS)
    assert mended.draft["steps"]["a"]["with"] == {"text": "?"}
    assert len(sound(mended.draft)) == 1


def test_nothing_is_taken_from_a_step_that_comes_later() -> None:
    steps = {
        "a": {"use": "mail.send", "with": {"text": "?"}},
        "b": {"use": "orders.find", "with": {"number": "${steps.a}"}},
    }
    assert repaired(draft(steps), CARDS).draft["steps"]["a"]["with"] == {"text": "?"}


def test_a_step_that_is_called_otherwise_is_called_so_in_conditions_too() -> None:
    steps = {
        "find-order": {"use": "orders.find", "with": {"number": "1"}},
        "b": {
            "use": "orders.find",
            "with": {"number": "2"},
            "when": "steps.find-order.email != ''",
            "repeat": {"until": "steps['find-order'].email != ''", "at_most": 2},
        },
    }
    mended = repaired(draft(steps), CARDS).draft["steps"]
    assert list(mended) == ["find_order", "b"]
    assert mended["b"]["when"] == "steps.find_order.email != ''"
    assert mended["b"]["repeat"]["until"] == "steps.find_order.email != ''"


def test_of_two_steps_of_one_name_none_is_lost() -> None:
    steps = [
        {"name": "a", "use": "orders.find", "with": {"number": "1"}},
        {"name": "a", "use": "orders.find", "with": {"number": "2"}},
    ]
    assert repaired({"steps": steps}, CARDS) == ({"steps": steps}, ())
    steps[1]["name"] = "b"
    assert list(repaired({"steps": steps}, CARDS).draft["steps"]) == ["a", "b"]


def test_a_long_chain_written_backwards_costs_no_more_than_its_length() -> None:
    count = 200
    steps = {
        f"s{n}": {"use": "mail.send", "with": {"text": f"${{steps.s{n + 1}.id}}"}}
        for n in range(count)
    }
    began = time.process_time()
    repaired(draft(steps), CARDS)
    assert time.process_time() - began < 3.0  # seconds; it is 0.3, and was 40


def test_steps_that_are_none_are_left_to_the_checker() -> None:
    data = {"steps": {"a": None}}
    assert repaired(data, CARDS) == (data, ())


def test_a_sound_plan_is_left_as_it_is() -> None:
    steps = {
        "a": {
            "use": "orders.find",
            "with": {"number": "${inputs.number}"},
            "when": "inputs.number != ''",
        },
        "b": {
            "use": "mail.send",
            "with": {"email": "${steps.a.email}", "text": "steps.a is a step, {x}"},
        },
    }
    data = draft(steps, number="string")
    assert repaired(data, CARDS) == (data, ())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
            ["name", "steps", "use", "with", "when", "each", "result", "inputs", "a", "after", "find order"]
        ), inner, max_size=5),
        max_leaves=30,
    )
)  # fmt: skip
def test_whatever_a_model_writes_it_is_read_and_repairing_twice_changes_nothing_more(
    data: Any,
) -> None:
    whole = data if isinstance(data, dict) else {"steps": data}
    once = repaired(whole, CARDS)
    assert repaired(once.draft, CARDS) == (once.draft, ())
