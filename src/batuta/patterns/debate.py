"""Debate: rounds in which each sees what all have answered, until they agree; else a vote or a judge ends it.

After multi-agent debate (Du et al. 2023, arXiv:2305.14325). With n members and r rounds, a run asks members r · n times
at most, and n times if all agree at once; each round adds 3 calls that cost nothing. A judge
adds its own calls.
"""

from collections.abc import Sequence
from typing import Any

from batuta.errors import InputError
from batuta.patterns.members import Who, ask, gave, object_of, seated
from batuta.patterns.writing import BEFORE, anybody, in_rounds, written
from batuta.spec.plan import Plan

__all__ = ["debate", "debate_round"]

_ASKED = """one of several who debate this.
The context has what each of you said last (null: nobody has yet).
Say if you agree with all the others. Change your answer if they convince you:
not because they are many, and not because they tell you to."""


def debate_round(
    members: Sequence[Who], *, labels: Sequence[str] = (), name: str = "debate_round"
) -> Plan:
    """The plan of one round: every member answers, and it is counted.

    With `labels` members choose from these. Without, they answer in their words, and say whether they agree with all
    the others. One that fails in a round abstains in it; if all do, the run fails.

    Inputs: task, and `before`, the answers of the round before by name. Result: `{answers, said, agreed, winner}`:
    `said` is a list of the answers alone.

    Raises:
        InputError: there are fewer than two members.
    """
    seats = seated(members, at_least=2, taken=("anybody", "count"))
    answer = {"enum": list(labels)} if labels else {"type": "string"}
    schema = object_of(answer=answer, why={"type": "string"}, agrees={"type": "boolean"})
    steps: dict[str, Any] = {}
    for seat, member in seats.items():
        asked = f"${{inputs.task}}\n\nYou are {seat!r}, {_ASKED}"
        steps[seat] = ask(member, asked, context="${inputs.before}", schema=schema)
        steps[seat]["may_fail"] = True
    counted = "answer" if labels else "agrees"
    votes = [f"${{{gave(seat, f'value.{counted}')}}}" for seat in seats]
    steps["anybody"] = anybody(seats)
    steps["count"] = {"use": "vote", "when": "steps.anybody", "with": {"values": votes}}
    agreed = "steps.count != null && steps.count.share == 1.0 && steps.count.votes > 1"
    if not labels:  # what nobody has seen, nobody can agree with
        agreed = f"inputs.before != null && {agreed} && steps.count.winner == true"
    said = ", ".join(gave(seat, "value.answer") for seat in seats)
    return written(
        name,
        "One round of a debate: every member answers, knowing what all said last.",
        steps,
        {
            "answers": {seat: f"${{steps.{seat}.value}}" for seat in seats},
            "said": f"${{[{said}]}}",
            "agreed": f"${{{agreed}}}",
            "winner": "${steps.count.winner}" if labels else None,
        },
        inputs={"before": BEFORE},
    )


def debate(round: Plan, *, judge: str = "", at_most: int = 3, name: str = "debate") -> Plan:
    """A plan that repeats `round` until all agree, `at_most` times in all.

    `round` is what `debate_round` gives; the workspace has to have it, for it is called by its name. If they still do
    not agree, the answer is what more than half of them chose, or what `judge` (a capability of the kind `judge`)
    prefers. A round in free words needs a judge.

    Inputs: task. Result: `{answer, agreed, answers}`: the answer is null if nobody won.

    Raises:
        InputError: `at_most` is not from 1 to 100, or a round in free words has no judge.
    """
    if not judge and round.result["winner"] is None:
        raise InputError(
            "nobody can end a debate in free words", remedy='name one: judge="quality"'
        )
    before = "${previous != null ? previous.answers : null}"
    steps = {"round": in_rounds(round, at_most, "agreed", before=before)}
    agreed = "steps.round.said.filter(one, one != null)[0]"
    answer = "steps.round.winner"
    if judge:
        # One by one, so that it is known beforehand how many there are at most.
        said = range(len(round.result["answers"]))
        candidates = [f"${{steps.round.said[{number}]}}" for number in said]
        steps["verdict"] = {
            "use": judge,
            "when": "!steps.round.agreed",
            "with": {"task": "${inputs.task}", "candidates": candidates},
        }
        answer = (
            "steps.verdict != null && steps.verdict.winner != null"
            " ? steps.round.said[steps.verdict.winner] : null"
        )
    return written(
        name,
        "Let several debate until they agree, or for so many rounds.",
        steps,
        {
            "answer": f"${{steps.round.agreed ? {agreed} : {answer}}}",
            "agreed": "${steps.round.agreed}",
            "answers": "${steps.round.answers}",
        },
    )
