"""What a planner is asked, and what it answers."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

import msgspec

from batuta.planning.candidate import Route
from batuta.planning.slots import Inputs
from batuta.plans.build import Sourced

__all__ = ["NONE", "Planner", "Proposal", "Wish"]

NONE = Route("", 0.0, "")


def _nothing(_path: str) -> bool:
    return False


class Wish(msgspec.Struct, frozen=True):
    """A request in words.

    Attributes:
        today: what "next Friday" counts from.
        trusted: whoever asks may have a plan made; others get one of the registered plans, or none.
        exists: whether there is a file of that path.
        without: capabilities that no plan for it may call, because they have just failed.
        tried: the plan that has failed, for who writes another one: {plan, done, failed, does_not_work}.
        anew: who asks has named the planner, and wants to know what it says now.
        most_nusd: what making a plan may cost, in nano-dollars; None: what the workspace allows.
    """

    words: str
    today: date
    trusted: bool = True
    exists: Callable[[str], bool] = _nothing
    without: frozenset[str] = frozenset()
    tried: Mapping[str, Any] | None = None
    anew: bool = False
    most_nusd: int | None = None


class Proposal(msgspec.Struct, frozen=True):
    """What one planner makes of a wish.

    Attributes:
        planner: its name.
        route: which plan, how sure, and why; also what it did not choose.
        sourced: the plan; None if it has none to offer.
        inputs: what the words say of the inputs of that plan.
        cost_nusd: what planning cost, in nano-dollars.
        took_s: how long it took, in seconds.
        approved: who said yes to this plan before, for a request like this one; "" if nobody has.
    """

    planner: str
    route: Route = NONE
    sourced: Sourced | None = None
    inputs: Inputs = Inputs(())
    cost_nusd: int = 0
    took_s: float = 0.0
    approved: str = ""

    @property
    def makes(self) -> bool:
        """True if its plan was made for a request, this one or one like it, rather than registered."""
        return self.planner not in ("named", "route")


class Planner(Protocol):
    """One way to come from words to a plan. It asks no person, and carries out nothing of what was asked for."""

    @property
    def name(self) -> str: ...

    @property
    def makes(self) -> bool:
        """True if its plans are made for the request, rather than registered by somebody beforehand."""
        ...

    async def propose(self, wish: Wish) -> Proposal:
        """Its best plan for `wish`, or why it has none. Raises `JournalError`, `CallFailed`."""
        ...
