"""The capabilities of the golden runs. They may not change: the runs were decided with these."""

from typing import Any

from batuta.capabilities.function import capability
from batuta.errors import CallFailed, NotDone
from batuta.spec.call import Call, Expand, Failed, Outcome, Question, Waiting
from batuta.spec.plan import Plan, Step


@capability(effect="pure", reach="local")
def double(n: float) -> float:
    """Twice as much."""
    return 2 * n


@capability(effect="read", reach="local")
def lines(count: int) -> list[dict[str, Any]]:
    """Some lines, too long for a fact."""
    return [{"n": n, "pad": "x" * 500} for n in range(count)]


@capability(effect="read", reach="egress", price_usd=0.01)
def shaky(n: float, call: Call) -> float:
    """Works the second time."""
    if call.attempt < 2:
        raise NotDone("not yet")
    return n


@capability(effect="pure", reach="local")
def boom(why: str) -> str:
    """Fails."""
    raise CallFailed(why)


@capability(effect="write", reach="egress")
def pay(amount: float) -> dict[str, Any]:
    """Pays, in words."""
    return {"id": f"P-{amount:g}", "amount": amount}


@capability(effect="idempotent", reach="egress")
def refund(id: str) -> str:
    """Takes it back."""
    return f"refunded {id}"


@capability(effect="write", reach="egress")
def lost() -> str:
    """Nobody knows."""
    raise ConnectionError("the line is dead")


@capability(effect="read", reach="local")
def think(topic: str, call: Call) -> Outcome:
    """Asks, and answers with a plan."""
    if not call.answered:
        return Waiting(Question(f"How many of {topic}?", schema={"type": "integer"}))
    if not isinstance(call.answer, int):
        return Failed("odd", "that is no number")
    steps = {"twice": Step("double", {"n": "${inputs.n}"})}
    return Expand(
        Plan("inner", inputs={"n": {}}, steps=steps, result="${steps.twice}"), {"n": call.answer}
    )
