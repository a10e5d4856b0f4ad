"""The same capability for each of several things: "refund order 17 and order 18" are two steps, where that is sure."""

from collections.abc import Mapping, Sequence

from batuta.language.found import Found
from batuta.language.weights import EMPTY
from batuta.language.words import stem, words
from batuta.planning.clauses import command_of
from batuta.planning.compose.arrange import Node
from batuta.planning.compose.choose import WHOLE, Clause
from batuta.planning.compose.offers import Field
from batuta.planning.compose.values import Reader
from batuta.planning.proposal import Wish
from batuta.planning.several import listed
from batuta.planning.sought import sought
from batuta.planning.spans import Spans
from batuta.reading.schema import problems

__all__ = ["for_each", "whole_parts"]

# More than these, and somebody had better write a plan for a list of them.
_STEPS_MAX = 20


def whole_parts(text: str, parts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """`parts` (words, and where they begin) with those that only name another thing joined to the one before."""
    made: list[tuple[str, int]] = []
    for part, start in parts:
        said = words(part)
        if made:
            before = {stem(word.text) for word in words(made[-1][0])}
            valued = [any(char.isdigit() for char in word.text) for word in said]
            rest = [word for word, is_value in zip(said, valued, strict=True) if not is_value]
            if any(valued) and all(
                word.text in EMPTY or stem(word.text) in before for word in rest
            ):
                begin = made[-1][1]
                made[-1] = (text[begin : start + len(part)], begin)
                continue
        made.append((part, start))
    return made


def for_each(
    nodes: Sequence[Node], wish: Wish, clauses: Sequence[Clause], reader: Reader
) -> list[Node]:
    """`nodes`, and for each thing that a step is asked to be done for, a step of its own.

    That is sure where the step stands by itself, all values of that kind in its part are one list, and of everything
    else that it must be given the words say nothing.
    """
    used = {name for node in nodes for name in node.deps}
    taken = {node.name for node in nodes}
    made: list[Node] = []
    for node in nodes:
        if node.links or node.name in used or node.added_for:
            made.append(node)
            continue
        things = _things(node, _part(node, wish, clauses), wish, reader)
        named = {name for fixed in things for name in fixed}
        if any(named & {field.name for field in one.open} for one in nodes if one is not node):
            things = []  # which of them the other step means, nobody says
        for number, fixed in enumerate(things or [{}]):
            name = node.name if not number else f"{node.name}_{number + 1}"
            if name in taken and number:
                made = [*made[: len(made) - number], node]
                break
            after = node.after if not number else (made[-1].name,) if node.offer.careful else ()
            made.append(node._replace(name=name, fixed=fixed, after=after))
    return made


def _part(node: Node, wish: Wish, clauses: Sequence[Clause]) -> Clause:
    """The part of the request that a step is for."""
    if node.pick.clause != WHOLE and len(clauses) > 1:
        return clauses[node.pick.clause]
    return Clause(command_of(wish.words), 0, ())


def _things(node: Node, clause: Clause, wish: Wish, reader: Reader) -> list[Mapping[str, Found]]:
    """The values of one field for each step; [] if there is but one step."""
    spans = Spans(clause.text, wish.today, exists=wish.exists)
    must = [field for field in node.offer.fields if field.required]
    lists = {field.name: found for field in must if (found := _list(field, clause.text, spans))}
    if len(lists) != 1:
        return []
    ((name, found),) = lists.items()
    if len(found) > _STEPS_MAX:
        return []
    others = {field.name for field in node.offer.fields} - {name}
    if others & reader.said(node.offer, node.pick.clause):
        return []
    at = clause.start
    return [{name: one._replace(start=one.start + at, end=one.end + at)} for one in found]


def _list(field: Field, text: str, spans: Spans) -> Sequence[Found]:
    """The values for `field` in `text`, if they are several, and one list; else ()."""
    asked = sought(field.name, field.schema)
    found = [
        one
        for one in spans.candidates(asked)
        if asked.kind == "file" or not problems(field.schema, one.value)
    ]
    return listed(asked, found, text)
