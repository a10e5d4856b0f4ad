"""Panel: several are asked the same, and a vote or a judge says what comes of it.

The vote is self-consistency (Wang et al. 2022, arXiv:2203.11171) over members that need not be alike, as in a panel of
judges (Verga et al. 2024, arXiv:2404.18796). It stops early as adaptive consistency does (Aggarwal et al. 2023,
arXiv:2305.11860), but by arithmetic: only when the votes to come cannot change the outcome.

With n members a vote asks n of them at most, and n // 2 + 1 if those agree; counting takes n - n // 2 + 1 calls more,
which cost nothing. A judge adds its own calls to those of all n members.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.errors import InputError
from batuta.patterns.members import Who, ask, gave, object_of, seated
from batuta.patterns.writing import anybody, written
from batuta.spec.plan import Plan

__all__ = ["judged_panel", "panel"]


def panel(
    members: Sequence[Who],
    *,
    labels: Sequence[str] = (),
    schema: Mapping[str, Any] | None = None,
    field: str = "label",
    name: str = "panel",
) -> Plan:
    """A plan in which more than half of the members decide.

    As many as can decide are asked at once; each of the others only if it is still open. A member that fails
    abstains; if all do, the run fails.

    Args:
        labels: what members choose from; they answer `{label, why}`. Or instead:
        schema: what they answer, and `field` in it is what is counted.

    Inputs: task. Result: `{answer, votes, share, answers, failed}`: the answer is null if no one has a majority;
    `answers` has what each member said (null: it was not asked, or failed), `failed` why.

    Raises:
        InputError: there are fewer than three members, or neither labels nor a schema.
    """
    if bool(labels) == (schema is not None):
        raise InputError("a panel needs either labels or a schema", remedy="labels=['yes', 'no']")
    answer = schema or object_of(label={"enum": list(labels)}, why={"type": "string"})
    counts = [f"count_{number}" for number in range(len(members))]
    seats = seated(members, at_least=3, taken=("anybody", "vote", *counts))
    first = len(seats) // 2 + 1
    votes = [f"${{{gave(seat, f'value.{field}')}}}" for seat in seats]
    steps: dict[str, Any] = {}
    for number, (seat, member) in enumerate(seats.items()):
        when: dict[str, str] = {}
        if number >= first:
            count = counts[number]
            steps[count] = _count(votes[:number], len(seats))
            if number > first:
                steps[count]["when"] = _open(counts[number - 1])
            when["when"] = _open(count)
        asked = ask(member, "${inputs.task}", schema=answer)
        steps[seat] = asked | when | {"may_fail": True}
    steps["anybody"] = anybody(seats)
    steps["vote"] = _count(votes) | {"when": "steps.anybody"}
    return written(
        name,
        "Ask several the same, until more than half of them agree.",
        steps,
        {
            "answer": "${steps.vote.winner}",
            "votes": "${steps.vote.votes}",
            "share": "${steps.vote.share}",
            "answers": {seat: f"${{steps.{seat}.value}}" for seat in seats},
            "failed": {seat: f"${{errors.{seat}}}" for seat in seats},
        },
    )


def _count(votes: Sequence[str], of: int = 0) -> dict[str, Any]:
    return {"use": "vote", "with": {"values": list(votes)} | ({"of": of} if of else {})}


def _open(count: str) -> str:
    """The condition that `count` was made and has not decided it."""
    return f"steps.{count} != null && !steps.{count}.decided"


def judged_panel(
    members: Sequence[Who],
    judge: str,
    *,
    enough: int = 0,
    name: str = "judged_panel",
) -> Plan:
    """A plan in which a capability of the kind `judge` picks the best of the members' texts.

    With `enough`, the first so many answers are judged, and whoever is not done by then is not waited for; if fewer
    succeed, the run fails. A member that fails has no candidate; if all do, the run fails.

    Inputs: task. Result: `{answer, by, scores, reasons, agreed, answers, failed}`: the answer is null if two are best
    alike; `answers` has all of them by member, `failed` why one has none.

    Raises:
        InputError: there are fewer than two members, or `enough` is more than there are.
    """
    seats = seated(members, at_least=2, taken=("anybody", "answers", "verdict"))
    if enough and not 1 <= enough <= len(seats):
        raise InputError(
            f"enough: {enough} is not from 1 to {len(seats)}", remedy="ask more members"
        )
    steps: dict[str, Any] = {
        seat: ask(member, "${inputs.task}") | {"may_fail": True} for seat, member in seats.items()
    }
    steps["answers"] = {
        "use": "value",
        "with": {"value": [f"${{{gave(seat, 'text')}}}" for seat in seats]},
    } | ({"join": f"any({enough})"} if enough else {})
    there: dict[str, Any] = {}
    if not enough:
        steps["anybody"] = anybody(seats)
        there = {"when": "steps.anybody"}
    # One by one, so that it is known beforehand how many there are at most.
    candidates = [f"${{steps.answers[{number}]}}" for number in range(len(seats))]
    steps["verdict"] = {
        "use": judge,
        "with": {"task": "${inputs.task}", "candidates": candidates},
        **there,
    }
    names = "[" + ", ".join(f"'{seat}'" for seat in seats) + "]"
    winner = "steps.verdict != null && steps.verdict.winner != null"
    return written(
        name,
        "Ask several the same, and let a judge pick the best answer.",
        steps,
        {
            "answer": f"${{{winner} ? steps.answers[steps.verdict.winner] : null}}",
            "by": f"${{{winner} ? dyn({names}[steps.verdict.winner]) : null}}",
            "scores": "${steps.verdict.scores}",
            "reasons": "${steps.verdict.reasons}",
            "agreed": "${steps.verdict.agreed}",
            "answers": dict(zip(seats, candidates, strict=True)),
            "failed": {seat: f"${{errors.{seat}}}" for seat in seats},
        },
    )
