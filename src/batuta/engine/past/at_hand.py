"""Questions about a recorded run, with the values that they need at hand."""

from collections.abc import Callable
from typing import TypeVar

from batuta.engine.engine import Engine
from batuta.engine.rules.view import NotLoaded, stored_in, wanted
from batuta.errors import NotFound
from batuta.spec.run import Node, Run
from batuta.spec.value import Value

__all__ = ["AtHand"]

# A value that is not at hand is loaded, and the question asked again; more often than this, the values that one
# decision needs do not fit into memory together.
_LOADS_MAX = 8

_T = TypeVar("_T")


class AtHand:
    """The values of `run`."""

    def __init__(self, engine: Engine, run: Run) -> None:
        self._engine = engine
        self._run = run

    async def asked(self, question: Callable[[], _T], node: Node | None) -> _T:
        """The answer to `question`, which is about `node`. Raises `NotFound` if its values are too many, or erased."""
        for _ in range(_LOADS_MAX):
            try:
                return question()
            except NotLoaded:
                await self._engine.load(self._wanted(node))
        raise NotFound("the values that one decision needs do not fit into memory together")

    def _wanted(self, node: Node | None) -> list[Value]:
        if node is None:
            return [] if self._run.root is None else stored_in(self._run.root)
        inside = [] if node.subscope is None else stored_in(node.subscope)
        return [*wanted(node), *inside]
