"""The recorder: calls become steps, as the data of the YAML form, with the place of each."""

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import CodeType
from typing import Any, NoReturn, cast

from batuta.plans.read import RESERVED_STEPS, STEPS_MAX
from batuta.plans.record.called import positional, settled
from batuta.plans.record.draft import Draft
from batuta.plans.record.places import Origin, Path
from batuta.plans.record.reference import Reference, reference, words_of
from batuta.plans.record.session import Scope, Session, current, refuse
from batuta.plans.record.shape import shape_of
from batuta.plans.record.source import Spot, outer_frame
from batuta.plans.record.target import Target
from batuta.plans.record.text import AND, Words, binary
from batuta.plans.record.valueless import told

__all__ = ["Recorder", "recording"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_UNUSABLE = RESERVED_STEPS | {"true", "false", "null", "in", "_"}


class _Capture:
    """While a function given to `each` and the like is called: the calls it makes, which are no steps yet."""

    __slots__ = ("drafts", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.drafts: list[Draft] = []


class Recorder(Session):
    """One recording of one workflow.

    Attributes:
        steps: the steps so far, by name, in the order of their calls.
        origins: where the parts of the plan stand, by path.
    """

    def __init__(self, name: str, root: CodeType) -> None:
        super().__init__(name, root)
        self.steps: dict[str, dict[str, Any]] = {}
        self.origins: dict[Path, Origin] = {}
        self._targets: dict[str, Target] = {}
        self._conditions: list[tuple[Words, Origin]] = []
        self._captures: list[_Capture] = []
        # The last number that was put behind a name: a loop makes thousands of one name.
        self._counts: dict[str, int] = {}

    # ── calls ──

    def call(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of a capability: one more step, and a reference to its value."""
        draft = self.draft(target, args, kwargs)
        self.emit(draft)
        return draft.value

    def draft(
        self, target: Target, args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str = ""
    ) -> Draft:
        """The step that a call of `target` makes; `name` if the user has named it."""
        spot = self.here()
        self.register(target)
        given = self._bound(target, args, kwargs, spot)
        if name and (not _NAME.fullmatch(name) or name in _UNUSABLE):
            self.stop(
                "B702",
                f"{name!r} cannot be the name of a step",
                "use a-z, A-Z, 0-9 and _, no digit first, 64 at most; item, index, previous, undo are taken",
                spot,
            )
        name = name or self.name_here(target.name)
        value = reference(self, f"steps.{name}")
        draft = Draft(name, {"use": target.name}, spot, value)
        if isinstance(given, dict):
            arguments: dict[str, Any] = {}
            for key, (one, selector) in cast("dict[str, Any]", given).items():
                arguments[key] = shape_of(one, f"the argument {key}")
                draft.origins[("with", key)] = Origin(spot, selector)
            draft.put("with", arguments, Origin(spot))
        else:
            draft.put("with", shape_of(given, "the map of arguments"), Origin(spot, 0))
        for condition, origin in self._conditions:
            self.narrow(draft, condition, origin)
        return draft

    def emit(self, draft: Draft) -> None:
        """Add the step to the plan, or hand it to the function that wants it."""
        if self._captures:
            self._captures[-1].drafts.append(draft)
            return
        if draft.name in self.steps:
            self.stop(
                "B702",
                f"there are two steps called {draft.name}",
                "give one of them another name",
                draft.origins[()].spot,
            )
        if len(self.steps) >= STEPS_MAX:
            self.stop(
                "B115",
                f"the plan has more than {STEPS_MAX:,} steps",
                "repeat work over a list with each(…)",
            )
        self.steps[draft.name] = draft.data
        for path, origin in draft.origins.items():
            self.origins["steps", draft.name, *path] = origin

    def register(self, target: Target) -> None:
        """Remember the function behind a capability, so that whoever runs the plan can bring it along."""
        if target.function is None:
            return
        known = self._targets.setdefault(target.name, target)
        if known.plain is not target.plain:
            self.stop(
                "B705",
                f"there are two capabilities called {target.name}",
                'give one another name: @capability("other_name")',
            )

    def _bound(
        self, target: Target, args: tuple[Any, ...], kwargs: Mapping[str, Any], spot: Spot
    ) -> Any:
        """The arguments by name, each with what finds it in the source; or the one map that holds all of them."""
        if target.function is None and len(args) == 1 and not kwargs:
            return args[0]
        names = target.parameters()
        if len(args) > len(names):
            known = f"it has {', '.join(names)}" if names else "name every argument"
            self.stop(
                "B702",
                f"{target.name} has no name for argument {len(names) + 1}",
                f"write name=value; {known}",
                spot,
            )
        bound: dict[str, Any] = {
            name: (one, index) for index, (name, one) in enumerate(zip(names, args, strict=False))
        }
        twice = sorted(bound.keys() & kwargs.keys())
        if twice:
            self.stop(
                "B702", f"the argument {twice[0]} is given twice", "keep one of the two", spot
            )
        return bound | {name: (one, name) for name, one in kwargs.items()}

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions behind the capabilities that steps use, by name of the capability."""
        found = {name: target.function for name, target in self._targets.items()}
        return {name: function for name, function in found.items() if function is not None}

    # ── names ──

    def name_here(self, capability: str) -> str:
        """The name of the step that is being called: that of the variable it goes to, or of the capability."""
        if self._captures and self._captures[-1].name:
            return self._captures[-1].name
        return self.variable_here() or self._free(capability.rpartition(".")[2])

    def variable_here(self) -> str:
        """A name after the variable that takes the value of the present call, "" if none does."""
        variable = self.codes.variable(outer_frame(), self.root)
        usable = _NAME.fullmatch(variable) and variable not in _UNUSABLE
        return self._free(variable) if usable else ""

    def _free(self, wanted: str) -> str:
        wanted = re.sub(r"[^A-Za-z0-9_]", "_", wanted)[:56] or "step"
        if wanted in _UNUSABLE:
            wanted = f"{wanted}_1"
        name, count = wanted, self._counts.get(wanted, 1)
        while name in self.steps:
            count += 1
            name = f"{wanted}_{count}"
        self._counts[wanted] = count
        return name

    # ── what functions of the user are called for ──

    def captured(self, function: Callable[..., Any], given: tuple[Any, ...], name: str) -> Draft:
        """The one call of a capability that `function` makes when it is given references."""
        capture = _Capture(name)
        self._captures.append(capture)
        try:
            value = settled(positional(function, given))
        finally:
            self._captures.pop()
        count = len(capture.drafts)
        if count > 1:
            self.stop(
                "B705",
                f"the function calls {count} capabilities, and a step is one call",
                "make a step of each call, the second over the values of the first; or one capability that does both",
                capture.drafts[1].origins[()].spot,
            )
        if not count or not isinstance(value, Reference) or value is not capture.drafts[0].value:
            self.stop(
                "B705",
                "the function does not return the call of a capability",
                "write for example: lambda row: pay(account=row.account)",
                capture.drafts[0].origins[()].spot if count else None,
            )
        return capture.drafts[0]

    @contextmanager
    def scope(self) -> Generator[Scope]:
        """While this is open, references to `item` and the like that were made with it mean something."""
        scope = Scope()
        self.scopes.add(scope)
        try:
            yield scope
        finally:
            self.scopes.discard(scope)

    # ── conditions ──

    @contextmanager
    def under(self, condition: Words, origin: Origin) -> Generator[None]:
        """While this is open, steps get `condition`."""
        self._conditions.append((condition, origin))
        try:
            yield
        finally:
            self._conditions.pop()

    def narrow(self, draft: Draft, condition: Words, origin: Origin) -> None:
        """Let the step run only if `condition` holds, too."""
        before = draft.data.get("when")
        words = condition if before is None else binary(before, "&&", condition, AND)
        draft.put("when", words, origin)

    def step_name(self, value: object) -> str:
        """The name of the step whose whole value `value` refers to. Refuses anything else."""
        if isinstance(value, Reference):
            words_of(value)  # refuses those of others
            root, _, name = told(value).partition(".")
            if root == "steps" and name in self.steps:
                return name
        what = told(value) if isinstance(value, Reference) else f"a {type(value).__name__}"
        remedy = "name the variable that holds the step, or a list of such"
        return self.stop("B705", f"{what} is no step", remedy)


def recording(what: str) -> Recorder:
    """The recording that goes on. Refuses if there is none."""
    session = current()
    if session is None:
        _outside(what)
    return cast("Recorder", session)


def _outside(what: str) -> NoReturn:
    refuse(
        "B704",
        f"{what} means something only while a workflow is recorded",
        "write it inside of a function with @workflow",
    )
