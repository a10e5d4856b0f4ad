# ruff: noqa: E501, SIM300
# pyright: basic, reportUnusedCoroutine=false, reportCallIssue=false, reportIndexIssue=false
"""A workflow records the plan that somebody would have written by hand: every word of it, to the digest."""

import dataclasses
import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pydantic
import pytest

from batuta import (
    Budget,
    FileReference,
    Retry,
    cel,
    choose,
    coalesce,
    contains,
    each,
    error_of,
    has,
    one_of,
    plan_from_yaml,
    plan_to_yaml,
    repeat,
    size,
    unless,
    use,
    when,
)
from batuta.plans.record.recording import Recording
from tests.plans.record.tools import Row, Topic, anything, classify, pay, poll, refund, write


def same(function: Callable[..., Any], yaml: str, **settings: Any) -> None:
    """`function` records what `yaml` says, under the name `function` has."""
    recorded = Recording(function, **settings).plan
    written = plan_from_yaml(f"name: {settings.get('name', function.__name__)}\n{yaml}").plan
    assert plan_to_yaml(recorded) == plan_to_yaml(written)
    assert recorded.digest() == written.digest()


def test_files_are_inputs_by_reference() -> None:
    def read(
        table: FileReference, more: list[FileReference], either: FileReference | None = None
    ) -> Any:
        return use("file.rows")(file=table).rows

    same(
        read,
        """
inputs:
  table: file
  more: {type: list, items: {type: file}}
  either: {anyOf: [{type: file}, {type: "null"}], default: null}
steps:
  rows: {use: file.rows, with: {file: "${inputs.table}"}}
result: ${steps.rows.rows}
""",
    )
    assert "table: file\n" in plan_to_yaml(Recording(read).plan)


def test_inputs_steps_references_and_result() -> None:
    def answer(ticket: str, limit: int = 5) -> Any:
        """Answer a ticket,
        politely.

        More for those who read code.
        """
        topic = classify(text=ticket, labels=["billing", "bug"])
        passages = use("handbook.search")(query=f"{topic.label}: {ticket}", limit=limit)
        draft = write(ticket=ticket, topic=passages.hits[0]["the text"])
        return {"text": draft, "about": [topic.label, 1, None, True]}

    same(
        answer,
        """
description: Answer a ticket, politely.
inputs: {ticket: string, limit: {type: integer, default: 5}}
steps:
  topic: {use: classify, with: {text: "${inputs.ticket}", labels: [billing, bug]}}
  passages:
    use: handbook.search
    with: {query: "${steps.topic.label}: ${inputs.ticket}", limit: "${inputs.limit}"}
  draft:
    use: desk.write
    with: {ticket: "${inputs.ticket}", topic: '${steps.passages.hits[0]["the text"]}'}
result: {text: "${steps.draft}", about: ["${steps.topic.label}", 1, null, true]}
""",
    )


def test_settings_of_the_plan() -> None:
    def answer() -> None:
        use("value")(value=1)

    same(
        answer,
        """
examples: [answer the tickets]
steps: {value: {use: value, with: {value: 1}}}
limit: 3
budget: {usd: 0.5, calls: 10}
timeout: 1h
""",
        name="answer",
        examples="answer the tickets",
        limit=3,
        budget=Budget(usd=0.5, calls=10),
        timeout="1h",
    )


def test_a_name_with_dashes_and_a_budget_as_a_map() -> None:
    same(
        lambda: use("value")(),
        "steps: {value: {use: value}}\nresult: ${steps.value}\nbudget: {seconds: 5}",
        name="answer-ticket",
        budget={"seconds": 5},
    )


def test_conditions_over_several_steps_and_inside_of_each_other() -> None:
    def branches(kind: str, urgent: bool) -> Any:
        with when(kind == "a"):
            one = use("value")(value=1)
            with when(urgent):
                two = use("value")(value=2)
            with unless((kind == "b") | urgent):
                three = use("value")(value=3)
        with unless(urgent):
            four = use("value")(value=4)
        with when(True):
            five = use("value")(value=5)
        return coalesce(one, two, three, four, five)

    same(
        branches,
        """
inputs: {kind: string, urgent: boolean}
steps:
  one: {use: value, with: {value: 1}, when: "inputs.kind == 'a'"}
  two: {use: value, with: {value: 2}, when: "inputs.kind == 'a' && inputs.urgent"}
  three:
    use: value
    with: {value: 3}
    when: "inputs.kind == 'a' && !(inputs.kind == 'b' || inputs.urgent)"
  four: {use: value, with: {value: 4}, when: "!inputs.urgent"}
  five: {use: value, with: {value: 5}, when: true}
result: "${steps.one != null ? steps.one : steps.two != null ? steps.two : steps.three != null ? steps.three : steps.four != null ? steps.four : steps.five}"
""",
    )


def test_options_of_a_step() -> None:
    def options(ticket: str) -> None:
        first = use("value")(value=1)
        second = use(classify, name="chosen", after=first, retry=3, timeout="30s")(text=ticket)
        use("slow", after=[first, second], retry=Retry(at_most=2, backoff_s=1, jitter=0))()
        use("late", timeout=2.5, budget=Budget(usd=1), join="first")(a=first, b=second)
        use("later", join=2, budget={"calls": 3})(a=first, b=second)

    same(
        options,
        """
inputs: {ticket: string}
steps:
  first: {use: value, with: {value: 1}}
  chosen: {use: classify, with: {text: "${inputs.ticket}"}, after: first, retry: 3, timeout: 30}
  slow: {use: slow, after: [first, chosen], retry: {at_most: 2, backoff: 1, jitter: 0}}
  late:
    use: late
    with: {a: "${steps.first}", b: "${steps.chosen}"}
    timeout: 2.5
    join: first
    budget: {usd: 1}
  later:
    use: later
    with: {a: "${steps.first}", b: "${steps.chosen}"}
    join: any(2)
    budget: {calls: 3}
""",
    )


def test_what_is_called_instead_and_what_takes_it_back() -> None:
    def careful(account: str) -> None:
        a = use(pay, fallback=["cash", classify], undo=refund)(account=account)
        use(
            pay,
            name="b",
            fallback=lambda: pay(account="house", amount=a.total / 2),
            undo=lambda receipt: refund(id=receipt.id),
        )(account=account)
        use("c", undo="back", fallback="other")()

    same(
        careful,
        """
inputs: {account: string}
steps:
  a:
    use: pay
    with: {account: "${inputs.account}"}
    fallback: [cash, classify]
    undo: refund
  b:
    use: pay
    with: {account: "${inputs.account}"}
    fallback:
      - {use: pay, with: {account: house, amount: "${steps.a.total / 2.0}"}}
    undo: {use: refund, with: {id: "${steps.b.id}"}}
  c: {use: c, fallback: other, undo: back}
""",
    )


def test_fan_out() -> None:
    def fan(rows: list[Row], factor: float) -> Any:
        paid = each(rows, lambda row: pay(account=row["id"], amount=row["amount"] * factor))
        big = each(
            rows,
            lambda row, index: use(pay, retry=2)(account=f"{index}: {row['id']}"),
            when=lambda row: row["amount"] > 100,
            limit=4,
            at_most=50,
        )
        checked = each([one.id for one in [big[0], paid[0]]], refund)
        with when(factor > 1):
            each(["a", "b"], lambda name: use("value")(value=name), when=lambda n: n != "a")
        return {"paid": paid, "first": big[0].total, "checked": checked}

    same(
        fan,
        """
inputs:
  rows:
    type: array
    items: {$ref: "#/$defs/Row"}
    $defs:
      Row:
        title: Row
        type: object
        properties: {amount: {type: number}, id: {type: string}}
        required: [amount, id]
  factor: number
steps:
  paid:
    use: pay
    with: {account: "${item.id}", amount: "${item.amount * inputs.factor}"}
    each: ${inputs.rows}
  big:
    use: pay
    with: {account: "${index}: ${item.id}"}
    when: item.amount > 100
    each: ${inputs.rows}
    limit: 4
    at_most: 50
    retry: 2
  checked: {use: refund, with: {id: "${item}"}, each: "[steps.big[0].id, steps.paid[0].id]"}
  value:
    use: value
    with: {value: "${item}"}
    each: "['a', 'b']"
    when: "inputs.factor > 1 && item != 'a'"
result: {paid: "${steps.paid}", first: "${steps.big[0].total}", checked: "${steps.checked}"}
""",
    )


def test_rounds_alone_and_per_item() -> None:
    def rounds(ids: list[str]) -> Any:
        done = repeat(
            lambda last, index: poll(id=ids[0], round=index, last=last),
            until=lambda value: (value.label == "done") | (value.score >= 1),
            at_most=5,
            wait="2s",
        )
        simple = repeat(lambda: poll(id="x"), until=lambda value: value.label, at_most=2)
        all_ = each(
            ids,
            lambda id: repeat(
                lambda: poll(id=id), until=lambda value: value.label != "", at_most=3
            ),
        )
        return [done.label, simple, all_]

    same(
        rounds,
        """
inputs: {ids: {type: array, items: {type: string}}}
steps:
  done:
    use: poll
    with: {id: "${inputs.ids[0]}", round: "${index}", last: "${previous}"}
    repeat: {until: "steps.done.label == 'done' || steps.done.score >= 1", at_most: 5, wait: 2}
  simple: {use: poll, with: {id: x}, repeat: {until: steps.simple.label, at_most: 2}}
  all_:
    use: poll
    with: {id: "${item}"}
    each: ${inputs.ids}
    repeat: {until: "steps.all_.label != ''", at_most: 3}
result: ["${steps.done.label}", "${steps.simple}", "${steps.all_}"]
""",
    )


def test_what_was_before_in_all_rounds() -> None:
    def seen(id: str) -> Any:
        return repeat(
            lambda last, index, rounds: poll(id=id, round=size(rounds), last=rounds[0].label),
            until=lambda value, rounds: (size(rounds) > 2) | (value.label == "done"),
            at_most=5,
        )

    same(
        seen,
        """
inputs: {id: string}
steps:
  poll:
    use: poll
    with: {id: "${inputs.id}", round: "${size(rounds)}", last: "${rounds[0].label}"}
    repeat: {until: size(rounds) > 2 || steps.poll.label == 'done', at_most: 5}
result: "${steps.poll}"
""",
    )


def test_what_may_fail_and_why_it_did() -> None:
    def careful(tickets: list[str]) -> Any:
        first = use(classify, may_fail=True)(text=tickets[0])
        every = each(tickets, lambda one: use(classify, may_fail=True)(text=one))
        with when(has(error_of(first))):
            told = use("tell")(code=error_of(first).code, texts=error_of(every))
        return {"told": told, "second": coalesce(error_of(every)[1].message, "well")}

    same(
        careful,
        """
inputs: {tickets: {type: array, items: {type: string}}}
steps:
  first: {use: classify, with: {text: "${inputs.tickets[0]}"}, may_fail: true}
  every: {use: classify, with: {text: "${item}"}, each: "${inputs.tickets}", may_fail: true}
  told:
    use: tell
    with: {code: "${errors.first.code}", texts: "${errors.every}"}
    when: has(errors.first)
result:
  told: ${steps.told}
  second: "${errors.every[1].message != null ? errors.every[1].message : 'well'}"
""",
    )


def test_one_map_of_all_arguments() -> None:
    def pass_on(order: dict[str, Any]) -> None:
        use("ship")(order)
        each([order], lambda one: use("count")(one))

    same(
        pass_on,
        """
inputs: {order: object}
steps:
  ship: {use: ship, with: "${inputs.order}"}
  count: {use: count, with: "${item}", each: "[inputs.order]"}
""",
    )


X, Y, T, M = (
    "inputs.x",
    "inputs.y",
    "inputs.t",
    "inputs.m",
)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x, y, t, m: x + y * 2 - 1, f"{X} + {Y} * 2 - 1"),
        (lambda x, y, t, m: (x + y) * 2, f"({X} + {Y}) * 2"),
        (lambda x, y, t, m: x - (y - 1), f"{X} - ({Y} - 1)"),
        (lambda x, y, t, m: 1 - x, f"1 - {X}"),
        (lambda x, y, t, m: 2 * -x, f"2 * -{X}"),
        (lambda x, y, t, m: x / y, f"{X} / double({Y})"),
        (lambda x, y, t, m: 1 / x, f"1 / double({X})"),
        (lambda x, y, t, m: x / 2.5, f"{X} / 2.5"),
        (lambda x, y, t, m: x * 2.0 + 1, f"{X} * 2.0 + 1"),
        (lambda x, y, t, m: (x + 1) * 0.5, f"({X} + 1) * 0.5"),
        (lambda x, y, t, m: -(x / 2) - y, f"-({X} / 2.0) - {Y}"),
        (lambda x, y, t, m: x - -5, f"{X} - -5"),
        (lambda x, y, t, m: -(x + 1), f"-({X} + 1)"),
        (lambda x, y, t, m: "n: " + t, f"'n: ' + {T}"),
        (lambda x, y, t, m: (x > 1) & (y <= 2) & (t != "it's"), f"{X} > 1 && {Y} <= 2 && {T} != 'it\\'s'"),
        (lambda x, y, t, m: ((x > 1) | (y <= 2)) & m.ok, f"({X} > 1 || {Y} <= 2) && {M}.ok"),
        (lambda x, y, t, m: ~((x == 1) == (y == 1)), f"!(({X} == 1) == ({Y} == 1))"),
        (lambda x, y, t, m: True & m.ok, f"true && {M}.ok"),
        (lambda x, y, t, m: 5 < x, f"{X} > 5"),
        (lambda x, y, t, m: t.startswith("a"), f"{T}.startsWith('a')"),
        (lambda x, y, t, m: (t + "b").endswith(m.end), f"({T} + 'b').endsWith({M}.end)"),
        (lambda x, y, t, m: m[t], f"{M}[{T}]"),
        (lambda x, y, t, m: m["a b"].c["in"], f'{M}["a b"].c["in"]'),
        (lambda x, y, t, m: m['say "hi"'], f"{M}['say \"hi\"']"),
        (lambda x, y, t, m: has(m.a) & has(t), f"has({M}.a) && has({T})"),
        (lambda x, y, t, m: size(t) + size(m.rows), f"size({T}) + size({M}.rows)"),
        (lambda x, y, t, m: contains(t, "a\nb"), f"{T}.contains('a\\nb')"),
        (lambda x, y, t, m: one_of(t, ["a", "b"]), f"{T} in ['a', 'b']"),
        (lambda x, y, t, m: one_of(x + 1, m.rows), f"{X} + 1 in {M}.rows"),
        (lambda x, y, t, m: choose(x > 1, y, 0.5), f"{X} > 1 ? {Y} : 0.5"),
        (lambda x, y, t, m: choose(choose(m.a, m.b, m.c), 1, 2), f"({M}.a ? {M}.b : {M}.c) ? 1 : 2"),
        (lambda x, y, t, m: choose(x > 1, 1, choose(m.a, 2, 3)), f"{X} > 1 ? 1 : {M}.a ? 2 : 3"),
        (lambda x, y, t, m: coalesce(m.a, m.b) + 1, f"({M}.a != null ? {M}.a : {M}.b) + 1"),
        (lambda x, y, t, m: coalesce(t), T),
        (lambda x, y, t, m: coalesce(None, t, "none", m.a), f"{T} != null ? {T} : 'none'"),
        (lambda x, y, t, m: coalesce(x + 1, -2), f"dyn({X} + 1) != null ? {X} + 1 : -2"),
        (lambda x, y, t, m: coalesce(-x, [x]), f"dyn(-{X}) != null ? -{X} : [{X}]"),
        (lambda x, y, t, m: m == {"a": [x, None]}, f"{M} == {{'a': [{X}, null]}}"),
        (lambda x, y, t, m: cel(f"{m.rows}.filter(r, r.n > {x + 1})"), f"{M}.rows.filter(r, r.n > ({X} + 1))"),
        (lambda x, y, t, m: cel("1 + 1") * 2, "(1 + 1) * 2"),
        (lambda x, y, t, m: x == Decimal("1.50"), f"{X} == '1.50'"),
    ],
)  # fmt: skip
def test_expressions_are_written_as_people_would(make: Callable[..., Any], text: str) -> None:
    def plan(x: float, y: float, t: str, m: dict[str, Any]) -> Any:
        return make(x, y, t, m)

    assert Recording(plan).plan.result == f"${{{text}}}"


class Colour(enum.Enum):
    RED = "red"


class Settings(msgspec.Struct, rename="camel"):
    max_size: int


class Model(pydantic.BaseModel):
    name: str


def test_values_of_python_become_json_with_references_inside() -> None:
    def plan(label: str) -> Any:
        made = Topic(label=label, score=1)
        return {
            "dataclass": made,
            "struct": Settings(3),
            "model": Model(name="x"),
            "enum": Colour.RED,
            "decimal": Decimal("1.10"),
            "tuple": (1, [label]),
        }

    assert Recording(plan).plan.result == {
        "dataclass": {"label": "${inputs.label}", "score": 1},
        "struct": {"maxSize": 3},
        "model": {"name": "x"},
        "enum": "red",
        "decimal": "1.10",
        "tuple": [1, ["${inputs.label}"]],
    }


def test_inputs_have_the_schemas_of_their_types() -> None:
    def plan(
        topic: Topic,
        colour: Colour = Colour.RED,
        model: Model | None = None,
        many: tuple[int, ...] = (),
        free: Any = None,
    ) -> None: ...

    assert Recording(plan).plan.inputs == {
        "topic": {
            "title": "Topic",
            "type": "object",
            "properties": {
                "label": {"type": "string"},
                "score": {"type": "number", "default": 0.0},
            },
            "required": ["label"],
        },
        "colour": {"title": "Colour", "enum": ["red"], "default": "red"},
        "model": {
            "anyOf": [
                {
                    "title": "Model",
                    "type": "object",
                    "properties": {"name": {"title": "Name", "type": "string"}},
                    "required": ["name"],
                },
                {"type": "null"},
            ],
            "default": None,
        },
        "many": {"type": "array", "items": {"type": "integer"}, "default": []},
        "free": {"default": None},
    }


def test_an_async_workflow_awaits_its_steps_and_records_the_same() -> None:
    async def plan(ticket: str) -> Any:
        topic = classify(text=ticket)
        draft = await write(ticket=ticket, topic=topic.label)
        many = await each([ticket], lambda one: write(ticket=one))
        return [draft, many]

    same(
        plan,
        """
inputs: {ticket: string}
steps:
  topic: {use: classify, with: {text: "${inputs.ticket}"}}
  draft: {use: desk.write, with: {ticket: "${inputs.ticket}", topic: "${steps.topic.label}"}}
  many: {use: desk.write, with: {ticket: "${item}"}, each: "[inputs.ticket]"}
result: ["${steps.draft}", "${steps.many}"]
""",
    )


def test_arguments_without_a_name_are_those_of_the_signature_without_the_call() -> None:
    def plan(account: str) -> None:
        pay(account, 3)  # type: ignore[arg-type, call-arg]  # the engine gives the call

    step = Recording(plan).plan.steps["pay"]
    assert step.with_ == {"account": "${inputs.account}", "amount": 3}


def test_one_workflow_inside_of_another_is_part_of_it() -> None:
    def inner(text: str, label: str = "x") -> Any:
        topic = classify(text=text, labels=[label])
        return {"label": topic.label}

    part: Any = Recording(inner)

    def outer(ticket: str) -> Any:
        topic = classify(text=ticket)
        more = part(topic.label)
        return more["label"]

    same(
        outer,
        """
inputs: {ticket: string}
steps:
  topic: {use: classify, with: {text: "${inputs.ticket}"}}
  topic_2: {use: classify, with: {text: "${steps.topic.label}", labels: [x]}}
result: ${steps.topic_2.label}
""",
    )


def test_the_functions_behind_the_steps_are_known_by_their_names() -> None:
    def plan() -> None:
        write(ticket="x")
        use(pay, undo=lambda value: refund(id=value.id), fallback=["cash", anything])(account="x")

    functions = Recording(plan).recorded.functions
    assert dict(functions) == {
        "desk.write": write,
        "pay": pay,
        "refund": refund,
        "anything": anything,
    }


def test_a_plan_is_recorded_once_and_not_before_somebody_asks() -> None:
    calls: list[int] = []

    def plan() -> None:
        calls.append(1)

    recording = Recording(plan)
    assert calls == []
    assert (recording.plan is recording.plan, calls) == (True, [1])


def test_a_capability_is_the_function_it_was_outside_and_while_another_is_recorded() -> None:
    def plan() -> None:
        classify(text="x")

    assert Recording(plan).plan.steps["classify"].use == "classify"
    assert classify(text="x") == Topic("x")
    assert dataclasses.asdict(classify("y")) == {"label": "y", "score": 0.0}
