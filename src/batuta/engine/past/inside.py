"""What belongs to a step instance: its items and rounds, and the steps of the plan it was answered with."""

from collections.abc import Iterator

from batuta.spec.run import Node

__all__ = ["was_taken_back", "with_inside"]


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
