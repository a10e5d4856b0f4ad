"""What requests came to when they were asked: that is what a page shows, and what is edited and said yes to."""

from collections import OrderedDict

from batuta.desk import Desk
from batuta.planning.understood import Understood

__all__ = ["Understandings"]

# So many are remembered: planners take a while, and models cost.
_KNOWN_MAX = 32


class Understandings:
    """What `desk` made of the latest requests, by their words and the plan that was named beside them ("": none)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: OrderedDict[tuple[str, str], Understood] = OrderedDict()

    async def now(self, words: str, plan: str) -> Understood:
        """What they come to now. Raises as `Desk.understand` does."""
        understood = await self._desk.understand(words, plan=plan)
        self._known[words, plan] = understood
        self._known.move_to_end((words, plan))
        while len(self._known) > _KNOWN_MAX:
            self._known.popitem(last=False)
        return understood

    async def before(self, words: str, plan: str) -> Understood:
        """What they came to when they were asked last, if that is known. Raises as `Desk.understand` does."""
        return self._known.get((words, plan)) or await self.now(words, plan)
