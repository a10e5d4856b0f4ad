"""Why a run failed, as far as it can be planned around: what may not be called again, and what a model is told of it.

Pure. What a callee has said (the message of its failure) is never part of it: somebody else may have written that.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from batuta.spec import run as r
from batuta.spec.run import Node, Run
from batuta.spec.value import decode

__all__ = ["REQUIRE", "WRONG", "Blame", "blame_of", "is_made", "refusal"]

# Who makes plans by itself. What somebody has registered, named or edited is theirs, and stays as it is.
_MAKERS = frozenset({"recall", "compose", "draft"})
# Somebody has said no, or nothing is left: another way to do it would be a way around them.
_REFUSALS = {
    "denied": "the policy has denied it",
    "rejected": "somebody has said no",
    "expired": "nobody has answered",
    "budget": "its budget is used up",
}
# A callee may call its failure anything; these words are ours.
_CODES = frozenset(
    "arguments_changed bad_answer budget cancelled denied expired expression failed in_doubt invalid join lost"
    " not_found raised rate_limited rejected repeat timeout too_many unavailable unknown_capability".split()
)
# What insists on something, and how its failure is called when that does not hold.
REQUIRE, WRONG = "require", "wrong"
# What hands on what others have given.
_HANDS_ON = frozenset({REQUIRE, "value", "merge"})
# In the place of the code of a failure, if somebody has said more.
_TOLD = "told"
# The code of what has no word of its own.
_NO_WORD = "failed"


class Blame(msgspec.Struct, frozen=True):
    """What a run failed by, or that somebody has said more.

    Attributes:
        step: the path of the step; "" if it was the result of the plan, or none.
        code: the kind of failure, one word of ours.
        without: capabilities that a new plan must do without.
        tried: for a model: the plan, which of its steps are done, which one failed and how.
    """

    step: str
    code: str
    without: frozenset[str]
    tried: Mapping[str, Any]

    @property
    def why(self) -> str:
        """The same in a few words."""
        if self.code == _TOLD:
            return "somebody has said more"
        if self.code == WRONG:
            return f"{self.step} finds it wrong"
        how = "" if self.code == _NO_WORD else f" ({self.code})"
        return f"{self.step or 'the result'} failed{how}"


def is_made(run: Run) -> bool:
    """True if the plan of `run` was made for words, and nobody has registered or edited it."""
    return run.routed is not None and run.routed.planner in _MAKERS


def refusal(run: Run, blame: Blame) -> str:
    """Why the rest of a run that failed must not be planned again, whatever the plan would be; "" if it may."""
    assert run.ended is not None
    if blame.code == WRONG and not blame.without:
        return "what it was given is wrong"
    return _REFUSALS.get(run.ended.code, "")


def blame_of(run: Run) -> Blame:
    """Why `run` did not come to its end; of one that has not ended, that somebody has said more."""
    ended, root = run.ended, run.root
    assert root is not None
    plan = decode(root.shape.encoded)
    tried = {
        "plan": {"steps": plan.get("steps", {}), "result": plan.get("result")},
        "done": [name for name, one in root.nodes.items() if one.state == r.DONE],
    }
    if ended is None or run.is_told:
        return Blame("", _TOLD, frozenset(), tried)
    node = run.nodes.get(ended.path)
    failed = list(_failed(node)) if node is not None else []
    without = frozenset(name for one in failed for name in _blamed(one))
    code = ended.code if ended.code in _CODES else _NO_WORD
    if any(_insisted(one) for one in failed):
        code = WRONG
    tried["failed"] = {"step": ended.path.partition("/")[0], "code": code}
    return Blame(ended.path, code, without, tried)


def _failed(node: Node) -> Iterator[Node]:
    """`node`, what it is inside of, and what has failed inside of it."""
    outer: Node | None = node.parent
    while outer is not None:
        yield outer
        outer = outer.parent
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        inside = [] if one.subscope is None else list(one.subscope.nodes.values())
        waiting.extend(inner for inner in (*one.children, *inside) if inner.state == r.FAILED)


def _blamed(node: Node) -> Iterator[str]:
    if _insisted(node):
        yield from _givers(node)
        return
    # Without a call it was the plan that was wrong; unless a condition on what was called never came true.
    if node.attempt > 0 or node.code in ("unknown_capability", "repeat"):
        yield from node.shape.uses[: node.alternative + 1]


def _insisted(node: Node) -> bool:
    return node.code == WRONG and node.capability == REQUIRE


def _givers(node: Node) -> Iterator[str]:
    """What was called for the values that `node` was given, however they were handed on."""
    steps, found = node.scope.shape.steps, set[str]()
    waiting = [node.shape]
    while waiting:
        for name in waiting.pop().needs - found:
            found.add(name)
            if steps[name].step.use in _HANDS_ON:
                waiting.append(steps[name])
            else:
                yield node.scope.nodes[name].capability or steps[name].step.use
