"""A plan as data: what people, planners and the Python form write, and what a digest names.

Plans are frozen Structs. Reading YAML with places, and checking, happens in `batuta.plans`; nothing here has I/O.
The names of fields are the keys of the YAML form (`with_` is written `with`).
"""

import re
from typing import Any

import msgspec

from batuta.spec.budget import Budget
from batuta.spec.value import canonical, digest

__all__ = [
    "FANOUT_DEFAULT_MAX",
    "FANOUT_MAX",
    "PLACEHOLDER",
    "Alternative",
    "Plan",
    "Repeat",
    "Retry",
    "Step",
    "Undo",
]

# An `each` without `at_most` refuses longer lists: a fan-out nobody bounded is a bill nobody expected.
FANOUT_DEFAULT_MAX = 10_000
# No `at_most` may exceed this; every item is a step instance with facts of its own.
FANOUT_MAX = 100_000
# In an example, where an input stands: "what is the weather in {city}".
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w{0,63})\}")


class Retry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How often and how a failed call is tried again.

    Attributes:
        at_most: further attempts after the first, 0 to 100.
        backoff_s: wait before the first retry, in seconds.
        factor: each wait is this many times the one before.
        ceiling_s: no wait is longer, in seconds.
        jitter: share of the wait that is random, 0 to 1 (full jitter is 1).
    """

    at_most: int = 0
    backoff_s: float = msgspec.field(default=0.5, name="backoff")
    factor: float = 2.0
    ceiling_s: float = msgspec.field(default=60.0, name="ceiling")
    jitter: float = 0.5


class Repeat(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Run the step again until `until` is true, `at_most` times in all, `wait_s` seconds apart.

    Inside, `index` is the round (from 0), `previous` the value of the round before (null at first) and `rounds` the
    values of all rounds before, the oldest first; in `until`, `steps.<this step>` is the value of the round that has
    just ended, and the last of `rounds`.
    """

    until: str
    at_most: int
    wait_s: float = msgspec.field(default=0.0, name="wait")


class Alternative(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fallback: another capability, with its own arguments or (None) those of the step."""

    use: str
    with_: Any = msgspec.field(default=None, name="with")


class Undo(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What takes the effect of the step back; sees everything the step saw, and its own value."""

    use: str
    with_: Any = msgspec.field(default=None, name="with")


class Step(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One node of a plan. Field by field as in `docs/reference/plan.md`.

    Attributes:
        use: name of the capability.
        with_: the arguments, a map with expressions in it.
        when: condition; false skips the step and whatever needs it.
        after: names of steps that must have ended first, without passing data.
        each: expression for a list; the step runs once per item and its value is the list of results.
        limit: at most so many items of `each` at once (0: as many as the run may).
        at_most: at most so many items of `each` in all.
        timeout_s: longest time for one attempt, in seconds (None: the capability's own).
        join: how many of the steps it uses must succeed: "all", "first" or "any(k)".
        may_fail: if it fails for good, it counts as skipped and the run goes on; of an `each`, so does every item.
    """

    use: str
    with_: Any = msgspec.field(default_factory=dict[str, Any], name="with")
    when: str | None = None
    after: tuple[str, ...] = ()
    each: str | None = None
    limit: int = 0
    at_most: int = FANOUT_DEFAULT_MAX
    repeat: Repeat | None = None
    retry: Retry = Retry()
    timeout_s: float | None = msgspec.field(default=None, name="timeout")
    fallback: tuple[Alternative, ...] = ()
    join: str = "all"
    undo: Undo | None = None
    budget: Budget | None = None
    may_fail: bool = False

    @property
    def uses(self) -> tuple[str, ...]:
        """Its capability, and those it falls back to, in the order in which they are tried."""
        return (self.use, *(other.use for other in self.fallback))

    def arguments_of(self, other: Alternative | Undo) -> Any:
        """The arguments that `other` is called with: its own, or those of the step."""
        return self.with_ if other.with_ is None else other.with_

    @property
    def quorum(self) -> int:
        """How many of the used steps must succeed before this one starts; 0 stands for all of them."""
        if self.join == "all":
            return 0
        return 1 if self.join == "first" else int(self.join[4:-1])


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A finite acyclic graph of steps with a named result.

    Attributes:
        inputs: JSON Schema of each input by name; a `default` makes it optional.
        result: any JSON shape with expressions in it (None: the run has no result).
        limit: at most so many calls of the run at once (0: the process decides).
        timeout_s: wall time of the whole run in seconds, waiting included (None: no limit of its own).
        examples: how people ask for it; `{city}` in one stands for the input of that name.
    """

    name: str
    description: str = ""
    inputs: dict[str, dict[str, Any]] = {}
    steps: dict[str, Step] = {}
    result: Any = None
    limit: int = 0
    budget: Budget | None = None
    timeout_s: float | None = msgspec.field(default=None, name="timeout")
    examples: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The canonical JSON of the plan; `digest` is made of it."""
        return canonical(self)

    def digest(self) -> str:
        """What an approval is bound to: equal plans have equal digests, wherever they were written."""
        return digest(self.encode())
