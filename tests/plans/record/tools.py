"""Capabilities that the workflows of these tests call. Nothing is ever run: only what they declare matters."""

from dataclasses import dataclass
from typing import Any, TypedDict

from batuta import capability
from batuta.spec.call import Call


@dataclass
class Topic:
    label: str
    score: float = 0.0


class Row(TypedDict):
    id: str
    amount: float


@dataclass
class Receipt:
    id: str
    total: float


@capability(effect="pure", reach="local")
def classify(text: str, labels: list[str] | None = None) -> Topic:
    return Topic(text)


@capability("desk.write", effect="read", reach="egress")
async def write(ticket: str, topic: str = "") -> str:
    return f"{ticket} {topic}"


@capability(effect="write", reach="egress")
def pay(call: Call, account: str, amount: float = 1.0) -> Receipt:
    return Receipt(account, amount)


@capability(effect="write", reach="egress")
def refund(id: str) -> None: ...


@capability(effect="read", reach="egress")
def poll(id: str, round: int = 0, last: Any = None) -> Topic:
    return Topic(id)


@capability(effect="pure", reach="local")
def anything(**values: Any) -> Any:
    return values
