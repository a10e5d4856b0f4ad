"""Logs written by hand, fact by fact, for tests of the fold."""

from typing import Any

from batuta.spec.budget import Budget
from batuta.spec.call import Question
from batuta.spec.facts import (
    Accepted,
    Answered,
    Claimed,
    Doubted,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Inherited,
    Lost,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.fold import apply
from batuta.spec.plan import Plan, Step
from batuta.spec.request import Fork, Request
from batuta.spec.run import Node, Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import inline

SLOT = inline({})


class Logbook:
    """A run and the facts that made it; `counted` says of each whether it counted."""

    def __init__(
        self, plan: Plan, *, budget: Budget | None = None, fork: Fork | None = None
    ) -> None:
        self.shapes = {plan.digest(): PlanShape(plan)}
        self.run = Run(self.shapes.__getitem__)
        self.facts: list[Fact] = []
        self.counted: list[bool] = []
        self.now = 1_000.0
        request = Request(plan=plan.name)
        self.add(
            Accepted(at=self.now, run="r1", request=request, salt="ab", budget=budget, fork=fork)
        )
        self.expand("", plan, attempt=0, term=0)

    def add(self, *facts: Fact) -> bool:
        """Take the facts in; whether the last one counted."""
        for fact in facts:
            self.facts.append(fact)
            self.counted.append(apply(self.run, fact))
        return self.counted[-1]

    def node(self, path: str) -> Node:
        return self.run.nodes[path]

    def states(self) -> dict[str, str]:
        return {path: node.state for path, node in self.run.nodes.items()}

    def expand(self, path: str, plan: Plan, *, attempt: int = 1, term: int = 1) -> bool:
        self.shapes[plan.digest()] = PlanShape(plan)
        fact = Expanded(
            at=self.now, path=path, attempt=attempt, term=term, plan=SLOT, plan_digest=plan.digest(),
            cards=SLOT, inputs=SLOT,
        )  # fmt: skip
        return self.add(fact)

    def claim(self, term: int = 1, owner: str = "me") -> bool:
        return self.add(Claimed(at=self.now, owner=owner, term=term))

    def start(self, path: str, attempt: int = 1, **more: Any) -> bool:
        return self.add(started(path, attempt, **more))

    def finish(self, path: str, attempt: int = 1, value: Any = None, cost: int = 0) -> bool:
        slot = inline(value)
        return self.add(
            Finished(at=self.now, path=path, attempt=attempt, value=slot, cost_nusd=cost)
        )

    def fail(self, path: str, attempt: int = 1, **more: Any) -> bool:
        return self.add(failed(path, attempt, **more))

    def lose(self, path: str, attempt: int = 1, cost: int = 0) -> bool:
        return self.add(Lost(at=self.now, path=path, attempt=attempt, cost_nusd=cost))

    def doubt(self, path: str, attempt: int = 1, **more: Any) -> bool:
        how: dict[str, Any] = {"why": "gone", "resolve": "ask"} | more
        return self.add(Doubted(at=self.now, path=path, attempt=attempt, **how))

    def wait(self, path: str, attempt: int = 1, kind: Any = "answer", **more: Any) -> bool:
        return self.add(waited(path, attempt, kind, **more))

    def answer(self, path: str, value: Any, attempt: int = 1, kind: Any = "answer") -> bool:
        return self.add(answered(path, attempt, kind, value))

    def skip(self, path: str) -> bool:
        return self.add(Skipped(at=self.now, path=path, term=1, why="when"))

    def spread(self, path: str, count: int, **more: Any) -> bool:
        return self.add(Spread(at=self.now, path=path, term=1, count=count, **more))

    def inherit(self, path: str, state: Any = "done", value: Any = None, **more: Any) -> bool:
        slot = inline(value) if state == "done" else None
        return self.add(Inherited(at=self.now, path=path, state=state, value=slot, **more))

    def end(self, status: Any = "succeeded") -> bool:
        return self.add(Ended(at=self.now, term=self.run.term, status=status))


def started(path: str, attempt: int = 1, **more: Any) -> Started:
    given: dict[str, Any] = {
        "term": 1,
        "capability": "tool",
        "effect": "read",
        "key": "k",
        "args_digest": "a",
    }
    return Started(at=1_000.0, path=path, attempt=attempt, **(given | more))


def failed(path: str, attempt: int = 1, **more: Any) -> Failure:
    given: dict[str, Any] = {"code": "no", "message": ""}
    return Failure(at=1_000.0, path=path, attempt=attempt, **(given | more))


def waited(path: str, attempt: int = 1, kind: Any = "answer", **more: Any) -> Waited:
    given: dict[str, Any] = {"term": 1, "question": inline(Question("well?"))}
    return Waited(at=1_000.0, path=path, attempt=attempt, kind=kind, **(given | more))


def answered(path: str, attempt: int = 1, kind: Any = "answer", value: Any = None) -> Answered:
    slot = inline(value)
    return Answered(at=1_000.0, path=path, attempt=attempt, kind=kind, value=slot, who="ann")


def plan(result: Any = None, **steps: Step) -> Plan:
    return Plan("test", steps=steps, result=result)
