# pyright: basic
"""Workflows as a type checker sees them: `tests/plans/record/test_typing.py` compares what it reveals. Never run."""

from dataclasses import dataclass
from typing import Any, TypedDict, reveal_type

import msgspec
import pydantic

from batuta import (
    Call,
    capability,
    choose,
    coalesce,
    contains,
    each,
    has,
    one_of,
    repeat,
    size,
    use,
    when,
    workflow,
)


@dataclass
class Topic:
    label: str
    score: float


class Row(TypedDict):
    id: str
    amount: float


class Receipt(msgspec.Struct):
    id: str


class Letter(pydantic.BaseModel):
    text: str


@capability(effect="pure", reach="local")
def classify(text: str, labels: list[str]) -> Topic:
    return Topic(text, len(labels))


@capability
async def write(ticket: str) -> Letter:
    return Letter(text=ticket)


@capability("bank.pay", effect="write")
def pay(call: Call, account: str, amount: float) -> Receipt:
    return Receipt(account)


@capability
def loose(value: Any) -> int:
    return 1


@workflow
async def answer(ticket: str, rows: list[Row], limit: int = 5) -> str:
    topic = classify(ticket, labels=["x"])
    reveal_type(topic)  # Topic
    reveal_type(topic.label)  # str
    draft = await write(ticket=ticket)
    reveal_type(draft.text)  # str
    reveal_type(use("x")(a=1))  # Any
    reveal_type(use("x", returns=Topic, retry=3)(a=1))  # Topic
    reveal_type(use(classify, retry=3))  # (text: str, labels: list[str]) -> Topic
    reveal_type(use(pay)(account="x", amount=1).id)  # str
    reveal_type(use(loose)(3))  # int
    paid = each(rows, lambda row: use(pay)(account=row["id"], amount=row["amount"]), limit=4)
    reveal_type(paid)  # list[Receipt]
    reveal_type(paid[0].id)  # str
    letters = await each(rows, lambda row, index: write(ticket=f"{index} {row['id']}"))
    reveal_type(letters)  # list[Letter]
    reveal_type(each(rows, lambda row: use("x")(a=row)))  # Any
    done = repeat(lambda last: classify(last, []), until=lambda it: it.score > 1, at_most=3)
    reveal_type(done)  # Topic
    tried = await repeat(lambda: write("x"), until=lambda it: has(it.text), at_most=3)
    reveal_type(tried)  # Letter
    with when((topic.label == "x") & contains(ticket, "y") & one_of(topic.label, ["a"])):
        extra = use("value", returns=str)(value=size(rows))
    reveal_type(coalesce(extra, "x"))  # str
    reveal_type(choose(topic.score > 1, 1, 2))  # int
    return draft.text


@workflow(name="other", limit=3)
def other(n: int) -> Topic:
    reveal_type(answer(ticket="x", rows=[]))  # str
    return classify(f"{n}", [])


reveal_type(other.run(n=3))  # Topic


async def started() -> None:
    reveal_type(await answer.start("x", rows=[]))  # str
    async with other.start(3) as running:
        async for event in running:
            reveal_type(event.step)  # str
        reveal_type(await running.result())  # Topic
