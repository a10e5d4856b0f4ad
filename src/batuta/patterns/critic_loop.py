"""Critic loop: draft, look at it, and write it anew, until it passes or the rounds are used up.

After Self-Refine (Madaan et al. 2023, arXiv:2303.17651), also known as evaluator-optimizer. With n rounds and a check
of c calls, a run makes at most n · (2 + c) calls: the plan of the round, the draft and the check.
"""

from collections.abc import Mapping
from typing import Any

from batuta.patterns.members import Who, ask
from batuta.patterns.verify import Verify
from batuta.patterns.writing import BEFORE, in_rounds, written
from batuta.spec.plan import Plan

__all__ = ["critic_loop", "critic_round"]


def critic_round(
    writer: Who,
    verify: Verify,
    *,
    schema: Mapping[str, Any] | None = None,
    name: str = "critic_round",
) -> Plan:
    """The plan of one round: a draft, and what is wrong with it.

    Inputs: task, and `before`, the result of the round before. Result: `{draft, passed, flaws, best, round}`; `best`
    is the best draft so far, with its flaws and its worth. With a `schema` the draft is the value that fits it, else
    the text.
    """
    draft = f"steps.draft.{'text' if schema is None else 'value'}"
    passed, flaws, worth = verify.verdict("check")
    better = f"inputs.before == null || {passed} || {worth} >= inputs.before.best.worth"
    asked = "${inputs.task}\n\nIf the context has a draft, write it anew, without the flaws that are listed there."
    before = {
        key: f"${{inputs.before != null ? inputs.before.{key} : null}}"
        for key in ("draft", "flaws")
    }
    this = f"{{'draft': {draft}, 'flaws': {flaws}, 'worth': {worth}}}"
    return written(
        name,
        "One round of a critic loop: a draft, and what is wrong with it.",
        {
            "draft": ask(writer, asked, context=before, schema=schema),
            "check": verify.step(draft),
        },
        {
            "draft": f"${{{draft}}}",
            "passed": f"${{{passed}}}",
            "flaws": f"${{{flaws}}}",
            "best": f"${{{better} ? {this} : inputs.before.best}}",
            "round": "${inputs.before == null ? 1 : inputs.before.round + 1}",
        },
        inputs={"before": BEFORE},
    )


def critic_loop(round: Plan, *, at_most: int = 4, name: str = "critic_loop") -> Plan:
    """A plan that repeats `round` until it passes, `at_most` times in all.

    `round` is what `critic_round` gives, or any plan with its inputs and result; the workspace has to have it, for it
    is called by its name.

    Inputs: task. Result: `{answer, passed, flaws, rounds}`: of the draft that passed, or else of the best one.

    Raises:
        InputError: `at_most` is not from 1 to 100.
    """
    return written(
        name,
        "Draft, look at it and write it anew, until it passes; else the best draft.",
        {"round": in_rounds(round, at_most, "passed", before="${previous}")},
        {
            "answer": "${steps.round.best.draft}",
            "passed": "${steps.round.passed}",
            "flaws": "${steps.round.best.flaws}",
            "rounds": "${steps.round.round}",
        },
    )
