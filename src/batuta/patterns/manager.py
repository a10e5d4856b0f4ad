"""Manager and workers: a ledger of what is known and open, tasks for workers in each round, and a way out of a stall.

After Magentic-One (Fourney et al. 2024, arXiv:2411.04468). With r rounds of t tasks at most, a run asks the manager
r + 1 times and workers r · t times at most. EXPLAIN's bound is larger where there are w > 1 kinds of workers,
r · t · w, since each kind could get all the tasks of a round. Each round adds two calls that cost nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.patterns.members import Member, Who, ask, bounded, object_of, seated
from batuta.patterns.writing import BEFORE, ROUNDS_MAX, in_rounds, written
from batuta.spec.plan import Plan

__all__ = ["manager", "manager_round"]

TASKS_MAX = 20
_ASKED = """The context has the rounds so far, each with your ledger and what the workers reported,
in the order of the tasks that you gave them (null: it failed).
Write the ledger anew: the `facts` that are known, what is still `open`, and the tasks to `give` now.
`progress` is whether the last round brought anything new.
Tasks are done at the same time, and each is whole in itself: workers do not see the reports.
When nothing is open, `done` is true and `answer` does the task.
If `begin_anew` is true, the last rounds brought nothing new: drop your plan, and try another way."""
_TEXTS = {"type": "array", "items": {"type": "string"}}


def manager_round(
    leader: Who,
    workers: Sequence[Who],
    *,
    tasks: int = 3,
    stall: int = 2,
    name: str = "manager_round",
) -> Plan:
    """The plan of one round: the manager brings the ledger up to date and gives out tasks, and the workers do them.

    Args:
        leader: the manager.
        workers: who there is; nobody else can be given a task. Say in the `role` of each what it can do.
        tasks: so many are given out at most in a round; they are done at the same time.
        stall: after so many rounds in which nothing moved, the manager is told to begin anew. Nothing moves where the
            ledger stays as it was, no task is given out, or the manager says so.

    Inputs: task, `rounds` (the results of all rounds so far) and `before` (the last of them). Result: `{ledger,
    reports, done, answer, stalled, replans, ended}`. `stalled` counts the rounds in which nothing moved; it has `ended`
    when it is done, or stalls once more after a new plan. The text of a report is null where the worker failed.

    Raises:
        InputError: a number is out of its range.
    """
    bounded("tasks", tasks, 1, TASKS_MAX)
    bounded("stall", stall, 1, ROUNDS_MAX)
    seats = seated(workers, taken=("ledger", "state"))
    steps = {"ledger": _ledger(leader, seats, tasks, stall)}
    steps |= {seat: _work(seat, member, tasks) for seat, member in seats.items()}
    steps["state"] = _state(stall)
    reports = {
        seat: f"${{steps.{seat} != null ? steps.{seat}.map(one, one != null ? one.text : null) : []}}"
        for seat in seats
    }
    return written(
        name,
        "One round: bring the ledger up to date, and have tasks done.",
        steps,
        {
            "ledger": "${steps.ledger.value}",
            "reports": reports,
            "done": "${steps.ledger.value.done}",
            "answer": "${steps.ledger.value.answer}",
            "stalled": "${steps.state.stalled}",
            "replans": "${steps.state.replans}",
            "ended": "${steps.ledger.value.done"
            f" || steps.state.stalled >= {stall} && steps.state.replans > 0}}",
        },
        inputs={
            "rounds": {"type": "array", "items": {"type": "object"}, "default": []},
            "before": BEFORE,
        },
    )


def _ledger(leader: Who, seats: Mapping[str, Member], tasks: int, stall: int) -> dict[str, Any]:
    """The step that asks the manager."""
    who = "\n".join(f"- {seat}: {one.role or one.use}" for seat, one in seats.items())
    task = object_of(who={"enum": list(seats)}, task={"type": "string", "minLength": 1})
    return ask(
        leader,
        "You lead a team that does this task:\n${inputs.task}\n\n"
        f"The workers:\n{who}\n\n{_ASKED}\nGive at most {tasks} tasks.",
        context={
            "rounds": "${inputs.rounds}",
            "begin_anew": f"${{inputs.before != null && inputs.before.stalled >= {stall}}}",
        },
        schema=object_of(
            facts=_TEXTS,
            open=_TEXTS,
            progress={"type": "boolean"},
            give={"type": "array", "items": task, "maxItems": tasks},
            done={"type": "boolean"},
            answer={"type": "string"},
        ),
    )


def _work(seat: str, member: Member, tasks: int) -> dict[str, Any]:
    """The step that has a worker do its tasks."""
    asked = ask(
        member,
        "${item.task}\n\nThis is a part of a larger task. The context has what is known so far.",
        context={"task": "${inputs.task}", "facts": "${steps.ledger.value.facts}"},
    )
    return {
        **asked,
        "when": "!steps.ledger.value.done",
        "each": f"${{steps.ledger.value.give.filter(one, one.who == '{seat}')}}",
        "at_most": tasks,
        "may_fail": True,
    }


def _state(stall: int) -> dict[str, Any]:
    """The step that counts rounds in which nothing moved, and new plans; each is given as many rounds as the first."""

    def before(count: str) -> str:
        return f"(inputs.before == null ? 0 : inputs.before.{count})"

    ledger, last = "steps.ledger.value", "inputs.before.ledger"
    same = f"{ledger}.facts == {last}.facts && {ledger}.open == {last}.open"
    stuck = f"size({ledger}.give) == 0 || inputs.before != null && (!{ledger}.progress || {same})"
    state = {
        "stalled": f"${{{stuck} ? {before('stalled')} % {stall} + 1 : 0}}",
        "replans": f"${{{before('replans')} + ({before('stalled')} >= {stall} ? 1 : 0)}}",
    }
    return {"use": "value", "with": {"value": state}}


def manager(round: Plan, leader: Who, *, at_most: int = 8, name: str = "manager") -> Plan:
    """A plan that repeats `round` until it has ended, `at_most` times in all.

    `round` is what `manager_round` gives; the workspace has to have it, for it is called by its name. If the task is
    not done by then, `leader` answers with what there is.

    Inputs: task. Result: `{answer, done, facts, open, why}`: `why` is "done", "stalled" or "rounds".

    Raises:
        InputError: `at_most` is out of its range.
    """
    closing = ask(
        leader,
        "${inputs.task}\n\nThis could not be finished."
        " The context has what is known, what is open, and the last reports.\n"
        "Answer as well as that allows, and say what is missing.",
        context={"ledger": "${steps.round.ledger}", "reports": "${steps.round.reports}"},
        schema=object_of(answer={"type": "string"}),
    )
    return written(
        name,
        "A manager gives out tasks and keeps a ledger, until the task is done or nothing moves.",
        {
            "round": in_rounds(round, at_most, "ended", rounds="${rounds}", before="${previous}"),
            "closing": {**closing, "when": "!steps.round.done"},
        },
        {
            "answer": "${steps.closing != null ? steps.closing.value.answer : steps.round.answer}",
            "done": "${steps.round.done}",
            "facts": "${steps.round.ledger.facts}",
            "open": "${steps.round.ledger.open}",
            "why": "${steps.round.done ? 'done' : steps.round.ended ? 'stalled' : 'rounds'}",
        },
    )
