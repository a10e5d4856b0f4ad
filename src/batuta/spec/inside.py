"""What belongs to a step instance (items, rounds, the steps of the plan it was answered with), and what it has done."""

from collections.abc import Iterator

from batuta.spec import run as r
from batuta.spec.card import EFFECTS, KEYED
from batuta.spec.failures import UNSURE
from batuta.spec.run import Node

__all__ = ["effect_of", "has_acted", "unsure_before", "was_taken_back", "with_inside"]

# What a write has failed with when nobody can be sure that it has done nothing.
_UNSURE = UNSURE | {"in_doubt", "lost"}


def with_inside(node: Node) -> Iterator[Node]:
    """`node`, and every instance inside of it."""
    yield node
    for child in node.children:
        yield from with_inside(child)
    if node.subscope is not None:
        for inner in node.subscope.nodes.values():
            yield from with_inside(inner)


def was_taken_back(node: Node) -> bool:
    """True if an effect of it was, or may have been, taken back."""
    return any(one.undo_node is not None and one.undo_node.attempt > 0 for one in with_inside(node))


def has_acted(node: Node) -> bool:
    """True if a call of the instance itself has had an effect, or may have had one."""
    if node.unsure:
        return True
    if node.effect not in KEYED or not (node.attempt or node.inherited):
        return False
    if node.inherited:
        return True
    # A write that has answered with a failure has done nothing; of what has a key, that is not known.
    if node.state != r.FAILED or node.effect != "write":
        return True
    return node.sent_again or node.code in _UNSURE


def effect_of(node: Node) -> str:
    """The gravest effect that `node`, and whatever is inside of it, has had or may have had; "" without any."""
    effects = {"write" if one.unsure else one.effect for one in with_inside(node) if has_acted(one)}
    return max(effects, key=EFFECTS.index, default="")


def unsure_before(node: Node) -> str:
    """Why what `node` is about to do may be done already, by what it is called in the place of; "" if it is not."""
    one: Node | None = node
    while one is not None:
        if one.unsure:
            return one.unsure
        one = one.parent
    return ""
