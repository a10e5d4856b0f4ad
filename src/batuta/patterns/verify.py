"""How an answer is looked at: by a check, by a critic, or by a judge with a mark to reach."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from batuta.patterns.members import Who, ask, object_of

__all__ = ["Check", "Critic", "Scored", "Verdict", "Verify"]

_VERDICT = object_of(
    passed={"type": "boolean"}, flaws={"type": "array", "items": {"type": "string"}}
)


class Verdict(NamedTuple):
    """Expressions for what a step has found: if it passed, a list of what is wrong, and a number that is larger for the
    better of two answers.
    """

    passed: str
    flaws: str
    worth: str


class Check(msgspec.Struct, frozen=True):
    """A capability that takes `value` and gives `{passed, flaws}`: the built-in `check`, or one of yours.

    Attributes:
        having: its other arguments: `{"matches": "^[A-Z]"}`, `{"schema": …}`, `{"that": "size(value) < 500"}`.
    """

    having: Mapping[str, Any] = {}
    use: str = "check"

    def step(self, answer: str) -> dict[str, Any]:
        """The step that looks at what the expression `answer` gives."""
        return {"use": self.use, "with": {"value": f"${{{answer}}}", **self.having}}

    def verdict(self, step: str) -> Verdict:
        """What `step` has found."""
        return _counted(f"steps.{step}")


class Critic(msgspec.Struct, frozen=True):
    """A member that is asked what is wrong with the answer to the task.

    Attributes:
        who: the member; with `typed` False its own output has to be `{passed, flaws}`.
        rubric: what an answer has to be.
    """

    who: Who
    rubric: str = (
        "It does the whole task, says nothing that is wrong, and nothing that was not asked for."
    )

    def step(self, answer: str) -> dict[str, Any]:
        """The step that looks at what the expression `answer` gives."""
        prompt = (
            "Judge an answer to a task. List each flaw in a short sentence that says what to change.\n"
            "It has passed if it has none.\n\nThe task:\n${inputs.task}\n\nWhat is asked of an answer:\n"
            f"{self.rubric}"
        )
        return ask(self.who, prompt, context={"answer": f"${{{answer}}}"}, schema=_VERDICT)

    def verdict(self, step: str) -> Verdict:
        """What `step` has found."""
        return _counted(f"steps.{step}.value")


class Scored(msgspec.Struct, frozen=True):
    """A capability of the kind `judge`, and the score that an answer has to reach.

    Attributes:
        use: the judge.
        at_least: the score, from 0 to 1.
    """

    use: str
    at_least: float

    def step(self, answer: str) -> dict[str, Any]:
        """The step that looks at what the expression `answer` gives."""
        return {
            "use": self.use,
            "with": {"task": "${inputs.task}", "candidates": [f"${{{answer}}}"]},
        }

    def verdict(self, step: str) -> Verdict:
        """What `step` has found."""
        score = f"steps.{step}.scores[0]"
        return Verdict(f"{score} >= {float(self.at_least)}", f"steps.{step}.reasons", score)


def _counted(verdict: str) -> Verdict:
    """Of a map with `passed` and `flaws`: the fewer flaws, the better."""
    return Verdict(f"{verdict}.passed", f"{verdict}.flaws", f"0 - size({verdict}.flaws)")


Verify = Check | Critic | Scored
