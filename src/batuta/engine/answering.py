"""Answers against the open questions of a run."""

from collections.abc import Callable
from typing import Any, cast

from batuta.engine.rules.act import decode_question
from batuta.errors import AnswerError, NotFound
from batuta.spec.call import Question
from batuta.spec.run import Node, Run
from batuta.spec.value import encode

__all__ = ["ANSWER_BYTES_MAX", "Misfit", "asked", "check_answer"]

# An answer is shown, quoted and kept in the log itself; what is larger belongs in a file. In bytes of JSON.
ANSWER_BYTES_MAX = 256 * 1_024

# Why a value does not fit a JSON Schema, in words; None if it does.
Misfit = Callable[[dict[str, Any], Any], str | None]


def asked(run: Run, step: str) -> tuple[Node, Question]:
    """The instance `step` and its open question. Raises `NotFound`, `AnswerError`."""
    node = run.nodes.get(step)
    waiting = [one.path for one in run.waiting()]
    remedy = f"these wait: {', '.join(waiting[:8])}" if waiting else "nothing waits for an answer"
    if node is None:
        raise NotFound(f"run {run.id} has no step {step!r}", remedy=remedy)
    if node.question is None or step not in waiting:
        raise AnswerError(f"{step} in {run.id} has no open question", remedy=remedy)
    return node, decode_question(node.question.question)


def check_answer(node: Node, question: Question, value: Any, kind: str, misfit: Misfit) -> None:
    """Is `value` an answer to `question`, of the `kind` insisted on ("": any)? `misfit` says why not, by its schema.

    Raises `AnswerError`.
    """
    assert node.question is not None
    asked = node.question.kind
    if kind and kind != asked:
        ways = {
            "approval": "--approve or --reject",
            "answer": "--value JSON (or --approve, --reject)",
            "resolve": "--resolve done|retry|fail",
        }
        raise AnswerError(
            f"{node.path} asks another kind of question: {question.text}",
            remedy=f"answer it with {ways.get(asked, asked)}",
        )
    if len(encode(value)) > ANSWER_BYTES_MAX:
        raise AnswerError(f"the answer is larger than {ANSWER_BYTES_MAX:,} bytes")
    if asked == "resolve":
        how: object = (
            cast("dict[str, object]", value).get("how") if isinstance(value, dict) else value
        )
        if how not in ("done", "retry", "fail"):
            raise AnswerError("a doubt is resolved as done, retry or fail")
        return
    problem = misfit(question.schema, value)
    if problem:
        raise AnswerError(
            f"the answer does not fit the question of {node.path}: {problem}",
            remedy="`batuta show` prints the schema of the answer",
        )
