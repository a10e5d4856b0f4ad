"""Map-reduce over documents: a note on each part, and notes put together, a few at a time, until one is left.

MapReduce (Dean, Ghemawat 2004) with members for functions. With p parts and f notes put together at a time, a run asks
the reader p times, and the writer ceil(p / f) + ceil(p / f²) + … + 1 times. Every note is also given its number, by a
call that costs nothing; and one looks for those that could not be read.
"""

from typing import Any, Literal

from batuta.patterns.members import Who, ask, bounded, chosen, object_of
from batuta.patterns.writing import written
from batuta.spec.plan import Plan

__all__ = ["map_reduce"]

PARTS_MAX = 1_000
_SUMMED = object_of(
    text={"type": "string"},
    parts={
        "type": "array",
        "items": {"type": "integer"},
        "description": "the numbers of the parts that the text rests on",
    },
)


def map_reduce(
    reader: Who,
    writer: Who,
    *,
    of: Literal["texts", "files"] = "texts",
    at_most: int = 64,
    together: int = 8,
    limit: int = 4,
    name: str = "map_reduce",
) -> Plan:
    """A plan that has each part read, and the notes put together in a tree of bounded width.

    Args:
        reader: writes a note on one part; of `files` it is a model, which gets them as they are.
        writer: makes one text of several notes, and says which parts it rests on.
        of: what the parts are.
        at_most: so many parts.
        together: so many notes are put together at once.
        limit: so many parts are read at once.

    Inputs: task, and parts (texts, or paths of files). Result: `{answer, parts, notes}`: `parts` are the numbers, from
    1, of the parts that the answer rests on: only what was read, and went into that text. `notes` are those on each
    part, with the text null where reading it failed. If nothing could be read, the answer is null.

    Raises:
        InputError: a number is out of its range.
    """
    bounded("at_most", at_most, 1, PARTS_MAX)
    bounded("together", together, 2, 100)
    read = ask(
        reader,
        "${inputs.task}\n\nThis is part ${index + 1} of what is to be read for it.\n"
        "Write a note of what it has to say on that, and nothing else; if it has nothing, say so.",
        context=None if of == "files" else {"part": "${item}"},
    )
    if of == "files":
        read["with"]["files"] = ["${item}"]
    read |= {"each": "${inputs.parts}", "at_most": at_most, "limit": limit, "may_fail": True}
    note = {
        "at": "${index}",
        "text": "${item != null ? item.text : null}",
        "parts": "${item != null ? [index + 1] : []}",
    }
    unread = "${steps.notes.filter(n, size(n.parts) == 0).map(n, n.at + 1)}"
    steps: dict[str, Any] = {
        "read": read,
        "notes": _numbered("read", at_most, note),
        "unread": {"use": "value", "with": {"value": unread}},
    }
    notes, count, level = "notes", at_most, 0
    while level == 0 or count > 1:
        level += 1
        count = -(-count // together)
        notes = _level(steps, notes, level, count, together, limit, writer)
    levels = range(level, 0, -1)
    return written(
        name,
        "Read every part, and put the notes together until one is left.",
        steps,
        {
            "answer": f"${{{_last(levels, 'text')}}}",
            "parts": f"${{{_last(levels, 'parts')}}}",
            "notes": "${steps.notes}",
        },
        inputs={
            "parts": {"type": "array", "items": {"type": "string"}, "maxItems": at_most},
        },
    )


def _level(
    steps: dict[str, Any],
    notes: str,
    level: int,
    count: int,
    together: int,
    limit: int,
    writer: Who,
) -> str:
    """Add the steps that put what `notes` has together; the name of the step that has what comes of it."""
    # What could not be read has no part. To ask for its text would cost as much as the texts are long.
    there = "size(n.parts) > 0" if level == 1 else "n.text != null"
    group = f"steps.{notes}.filter(n, n.at / {together} == index && {there})"
    # Who is shown nothing would write all the same.
    any_there = f"steps.{notes}.exists(n, n.at / {together} == item.at / {together} && {there})"
    write = ask(
        writer,
        "${inputs.task}\n\nThe context has notes on parts of what was to be read for it.\n"
        "Make one text of them that does the task, and name the parts it rests on.",
        context={"notes": f"${{{group}.map(n, {{'text': n.text, 'parts': n.parts}})}}"},
        schema=_SUMMED,
    )
    steps[f"write_{level}"] = {
        **write,
        "when": f"size(steps.{notes}) > 1 && {any_there}" if level > 1 else any_there,
        "each": f"${{steps.{notes}.filter(n, n.at % {together} == 0)}}",
        "at_most": count,
        "limit": limit,
    }
    span = together**level
    known = f"p > index * {span} && p <= (index + 1) * {span} && !(p in steps.unread)"
    note = {
        "at": "${index}",
        "text": "${item != null ? item.value.text : null}",
        "parts": f"${{item != null ? item.value.parts.filter(p, {known}) : []}}",
    }
    steps[f"notes_{level}"] = _numbered(f"write_{level}", count, note)
    return f"notes_{level}"


def _numbered(step: str, at_most: int, note: dict[str, Any]) -> dict[str, Any]:
    """The step that makes a note of each item of `step`."""
    return {
        "use": "value",
        "each": f"${{steps.{step}}}",
        "at_most": at_most,
        "with": {"value": note},
    }


def _last(levels: range, field: str) -> str:
    """The expression for a field of what the last level that wrote something has come to."""
    notes = [f"steps.notes_{level}" for level in levels]
    wrote = "{0} != null && size({0}) > 0 && {0}[0].text != null"
    return chosen(((wrote.format(one), f"{one}[0].{field}") for one in notes), "null")
