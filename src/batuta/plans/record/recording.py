"""A workflow: a function that stands for the plan it records.

What records it is imported when a plan is first asked for: whoever runs plans of files does not pay for it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar

from batuta.plans.build import Sourced
from batuta.plans.record.current import CURRENT
from batuta.plans.record.places import RecordedPlaces
from batuta.spec.budget import Budget
from batuta.spec.plan import Plan

__all__ = ["Recorded", "Recording"]

P = ParamSpec("P")
R = TypeVar("R")


class Recorded(NamedTuple):
    """What came of a recording: the plan, the places of its parts, and the functions that it calls by name."""

    plan: Plan
    places: RecordedPlaces
    functions: Mapping[str, Callable[..., Any]]

    @property
    def sourced(self) -> Sourced:
        """Plan and places, as from a file."""
        return Sourced(self.plan, self.places)


class Recording(Generic[P, R]):
    """A function that stands for a plan. It is recorded when the plan is first asked for.

    `limit`, `budget`, `timeout` and `examples` are those of the plan.
    """

    def __init__(
        self,
        function: Callable[P, Any],
        *,
        name: str = "",
        limit: int = 0,
        budget: Budget | Mapping[str, float] | None = None,
        timeout: float | str | None = None,
        examples: str | Sequence[str] = (),
    ) -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", "workflow")
        self.__name__ = self.name
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self.__wrapped__ = function
        self._settings = {
            "examples": [examples] if isinstance(examples, str) else [*examples],
            "limit": limit,
            "budget": budget,
            "timeout": timeout,
        }
        self._recorded: Recorded | None = None

    @property
    def plan(self) -> Plan:
        """The plan. Raises `PlanError` with all flaws, each at its line of Python."""
        return self.recorded.plan

    @property
    def places(self) -> RecordedPlaces:
        """Where the parts of the plan stand in Python files."""
        return self.recorded.places

    @property
    def recorded(self) -> Recorded:
        """The plan with all that belongs to it. Raises `PlanError`."""
        if self._recorded is None:
            from batuta.plans.record.take import take

            self._recorded = Recorded(*take(self.function, self.name, self._settings))
        return self._recorded

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Inside another workflow: its steps, as part of that one.

        Raises:
            PlanError: it is called anywhere else.
        """
        if CURRENT.get() is None:
            from batuta.plans.record.session import refuse

            refuse(
                "B704",
                f"{self.name} is a workflow, and calling it does not run it",
                f"write {self.name}.run(…), or `await {self.name}.start(…)` where an event loop runs",
            )
        from batuta.plans.record.called import settled

        value: Any = settled(self.function(*args, **kwargs))
        return value

    def __repr__(self) -> str:
        return f"<workflow {self.name}>"
