"""Hand-off chain: specialists one after the other; each finishes, or passes on what it found.

The hand-offs of Swarm (OpenAI 2024), and the chain of responsibility of the pattern books, in a fixed order. With n
specialists a run makes n calls at most, and one if the first finishes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.patterns.members import Who, ask, chosen, gave, object_of, seated
from batuta.patterns.writing import written
from batuta.spec.plan import Plan

__all__ = ["hand_off"]

_TURN = object_of(
    done={"type": "boolean"},
    answer={"type": "string", "description": "what is asked for, if it is done, else empty"},
    note={"type": "string", "description": "for whoever is next, if it is not done, else empty"},
)
_LAST = object_of(answer={"type": "string"})
_TURN_ASKED = """If this is yours and you can do it, do it: then `done` is true.
If it is not, `done` is false, and `note` says what you found out, for whoever is next."""
_BEFORE = "The context has the notes of those who were asked before you; null: they left none."


def hand_off(specialists: Sequence[Who], *, name: str = "hand_off") -> Plan:
    """A plan in which each specialist does the task, or hands it on with a note to the next; the last one has to.

    Say in the `role` of each what is his. A specialist that fails hands on without a note. One with `typed` False
    has an output of its own: `{done, answer, note}`.

    Inputs: task. Result: `{answer, by, notes}`: who finished, and the notes of the others by name.

    Raises:
        InputError: there are fewer than two.
    """
    seats = seated(specialists, at_least=2)
    *others, last = seats
    steps: dict[str, Any] = {}
    notes: dict[str, str] = {}
    waiting: list[str] = []  # conditions: none of those before has finished
    for seat, member in seats.items():
        parts = ["${inputs.task}\n", *([] if seat == last else [_TURN_ASKED])]
        asked = "\n".join([*parts, *([_BEFORE] if notes else [])])
        context: Mapping[str, str] | None = dict(notes) or None
        step = ask(member, asked, context=context, schema=_LAST if seat == last else _TURN)
        if waiting:
            step["when"] = " && ".join(waiting)
        if seat != last:
            step["may_fail"] = True
        steps[seat] = step
        notes[seat] = f"${{{gave(seat, 'value.note')}}}"
        waiting.append(f"!({_done(seat)})")
    answers = [(_done(seat), f"({gave(seat, 'value.answer')})") for seat in others]
    names = [(_done(seat), f"'{seat}'") for seat in others]
    return written(
        name,
        "Ask one specialist after the other, until one of them finishes.",
        steps,
        {
            "answer": f"${{{chosen(answers, gave(last, 'value.answer'))}}}",
            "by": f"${{{chosen(names, repr(last))}}}",
            "notes": {seat: notes[seat] for seat in others},
        },
    )


def _done(seat: str) -> str:
    return f"has(steps.{seat}.value.done) && steps.{seat}.value.done == true"
