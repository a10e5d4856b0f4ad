"""What an inference has found so far: problems, doubts, and the reasons of conditions that have one result."""

from collections.abc import Generator
from contextlib import contextmanager

from batuta.plans.types.inference.inferred import Problem
from batuta.plans.types.inference.reach import Facts
from batuta.plans.types.shape import NOTHING, Type
from batuta.spec.expr.tree import Checked, Node

__all__ = ["NO_FACTS", "Notes"]

NO_FACTS: Facts = frozenset()


class Notes:
    """Of one expression.

    Attributes:
        problems: why the whole fails. `doubts`: why a part of it does, should it be reached.
        facts: what is known where the inference is now.
        reasons: why comparisons always have the same result.
    """

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []
        self.facts: Facts = NO_FACTS
        self.reasons: list[str] = []

    def at(self, node: Node) -> int:
        """Where `node` stands, in characters from 0."""
        return self.checked.positions.get(node.id, 0)

    def fails(self, node: Node, message: str, remedy: str = "") -> Type:
        """Note that types do not go together; the type of what never has a value."""
        self.problems.append(Problem(self.at(node), "type", message, remedy))
        return NOTHING

    def tell(self, reason: str) -> None:
        """Note why something always has the same result; "" if it has not."""
        if reason:
            self.reasons.append(reason)

    @contextmanager
    def apart(self, facts: Facts = NO_FACTS) -> Generator[list[Problem]]:
        """Problems found inside are kept from the others, in the list given; `facts` hold there."""
        before, known = self.problems, self.facts
        self.problems = []
        self.facts = known | facts
        try:
            yield self.problems
        finally:
            self.problems, self.facts = before, known

    def settle(self, result: Type, *found: list[Problem]) -> Type:
        """What was found in parts that need not be reached counts if the whole fails."""
        (self.doubts if result.shapes else self.problems).extend(
            problem for problems in found for problem in problems
        )
        return result
