"""Workflows: plans written as Python functions, and running them.

@workflow
def answer(ticket: str) -> str:
    topic = classify(text=ticket)
    draft = write(topic=topic.label, ticket=ticket)
    return draft.text

answer.plan                                          the plan that was recorded
answer.run(ticket="…")                               its result, in a script
await answer.start(ticket="…")                       its result, where an event loop runs
async for event in answer.start(ticket="…"): ...     what happens meanwhile
"""

import asyncio
import copy
import inspect
import typing
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar, cast, overload

import msgspec

from batuta.app import App
from batuta.capabilities.function import FunctionCapability
from batuta.config import find_workspace
from batuta.errors import Finding, InputError, error_of_run
from batuta.plans.check import check
from batuta.plans.record.recording import Recording
from batuta.ports import Progress
from batuta.progress import Event, Follower
from batuta.reading.annotations import decode_model, is_model
from batuta.spec.budget import Budget

__all__ = ["Event", "Running", "Workflow", "workflow"]

P = ParamSpec("P")
R = TypeVar("R")


class Workflow(Recording[P, R]):
    """A function with `@workflow`: a plan with named inputs, which can be run. It is not run by calling it."""

    _where: str | Path | App | None = None

    def at(self, where: str | Path | App) -> Self:
        """The same workflow, to be run in the workspace in the folder `where`, or in an open `App`."""
        other = copy.copy(self)
        other._where = where
        return other

    def check(self, app: App, inputs: Mapping[str, Any] | None = None) -> list[Finding]:
        """What is wrong with the plan in the workspace of `app`, each at its line; warnings too. [] if nothing is."""
        recorded = self.recorded
        brought = [FunctionCapability(one) for one in recorded.functions.values()]
        cards = {one.card.name: one.card for one in brought} | dict(app.cards)
        return check(recorded.plan, cards, recorded.places, inputs)

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it, and give its result, where no event loop runs: in a script, or in a thread.

        The workspace is that of `at`, by default the nearest one from the current folder upwards; capabilities that
        it does not have are those the workflow itself calls.

        Raises:
            PlanError, InputError, WorkspaceError: nothing was done. RunFailed, RunCancelled, Denied: it ended without
            a result. RunWaiting: it waits for an answer. JournalError.
        """
        if _loop_runs():
            raise InputError(
                f"{self.name}.run() was called where an event loop runs, and would stop it",
                remedy=f"write `await {self.name}.start(…)`",
            )
        return asyncio.run(self.start(*args, **kwargs).result())

    def start(self, *args: P.args, **kwargs: P.kwargs) -> "Running[R]":
        """A run of it: to be awaited for its result, or gone through with `async for` to see what happens."""
        names = [name for name in inspect.signature(self.function).parameters if name not in kwargs]
        if len(args) > len(names):
            raise InputError(
                f"{self.name} has {len(names)} inputs, and {len(args)} were given without a name",
                remedy="write name=value",
            )
        return Running(self, dict(zip(names, args, strict=False)) | kwargs, self._where)


class Running(Generic[R]):
    """A run of a workflow.

    result = await answer.start(ticket="…")

    async with answer.start(ticket="…") as running:      (accepted: `running.id` is known, the workspace open)
        async for event in running:
            if event.kind == "question":
                await running.answer(event.step, True)
        print(await running)

    Leaving it early lets go of the run, as if the process had died: it can be resumed. In an `App` that was given
    to `at`, that app goes on with it.
    """

    def __init__(
        self, workflow: Workflow[..., R], inputs: Mapping[str, Any], where: str | Path | App | None
    ) -> None:
        self.id = ""
        self._workflow = workflow
        self._inputs = inputs
        self._where = where
        self._app: App | None = where if isinstance(where, App) else None
        self._follower: Follower | None = None

    async def __aenter__(self) -> Self:
        recorded = self._workflow.recorded
        if self._app is None:
            folder = find_workspace() if self._where is None else cast("str | Path", self._where)
            functions = recorded.functions.values()
            self._app = await App.open(folder, spare=functions, sink=self._report)
        try:
            if not self.id:
                self.id = await self._app.start(self._workflow, _plain(self._inputs))
            self._follower = Follower(self._app, self.id)
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._leave()

    def __await__(self) -> Generator[Any, None, R]:
        return self.result().__await__()

    async def result(self) -> R:
        """The result, as the function says it returns it. Raises as `Workflow.run` does."""
        if self._follower is None:
            async with self:
                return await self.result()
        assert self._app is not None
        document = await self._app.resume(self.id)
        error = error_of_run(document["status"], document["error"])
        if error is not None:
            error.remedy = f"`batuta show {self.id}` shows what happened, and what it waits for"
            raise error
        return _typed(self._workflow, document["result"], self.id)

    async def __aiter__(self) -> AsyncIterator[Event]:
        if self._follower is None:
            async with self:
                async for event in self:
                    yield event
            return
        async for event in self._follower.events():
            yield event

    async def answer(self, step: str, value: Any, *, who: str = "") -> None:
        """Answer the question of `step`; durable when this returns. Raises as `App.answer` does."""
        await self._open().answer(self.id, step, value, who=who)

    async def cancel(self, *, why: str = "") -> None:
        """Ask for the end of the run. Raises as `App.cancel` does."""
        await self._open().cancel(self.id, why=why)

    def _open(self) -> App:
        if self._app is None or not self.id:
            raise InputError(
                "the run has not begun, or was left",
                remedy=f"write `async with {self._workflow.name}.start(…) as running:`",
            )
        return self._app

    def _report(self, progress: Progress) -> None:
        if self._follower is not None:
            self._follower.report(progress)

    async def _leave(self) -> None:
        app, self._follower = self._app, None
        if app is not None and app is not self._where:
            self._app = None
            await app.close()


class _Decorator(Protocol):
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> Workflow[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Workflow[P, R]: ...


@overload
def workflow(function: Callable[P, Coroutine[Any, Any, R]], /) -> Workflow[P, R]: ...
@overload
def workflow(function: Callable[P, R], /) -> Workflow[P, R]: ...
@overload
def workflow(
    *,
    name: str = "",
    limit: int = 0,
    budget: Budget | Mapping[str, float] | None = None,
    timeout: float | str | None = None,
    examples: str | Sequence[str] = (),
) -> _Decorator: ...
def workflow(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    limit: int = 0,
    budget: Budget | Mapping[str, float] | None = None,
    timeout: float | str | None = None,
    examples: str | Sequence[str] = (),
) -> Any:
    """Make a plan of a function: its parameters are the inputs, its calls of capabilities the steps.

    `name` of the plan, that of the function by default; `limit` calls at once; `budget` and `timeout` of a whole run;
    `examples` of how people ask for it ("the weather in {city}").
    The function is called when the plan is first asked for, once, with references in place of values.
    """

    def declare(function: Callable[..., Any]) -> Workflow[..., Any]:
        return Workflow(
            function, name=name, limit=limit, budget=budget, timeout=timeout, examples=examples
        )

    return declare if function is None else declare(function)


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _typed(workflow: Workflow[..., R], value: Any, run_id: str) -> R:
    """The JSON `value` as what the function says it returns; as it is if that says nothing."""
    try:
        hint = typing.get_type_hints(inspect.unwrap(workflow.function)).get("return", Any)
        return cast("R", msgspec.convert(value, hint, str_keys=True, dec_hook=decode_model))
    except msgspec.ValidationError as error:
        raise InputError(
            f"the result of run {run_id} is not what {workflow.name} says it returns: {error}",
            remedy="correct the annotation; the result itself is in the document of the run",
        ) from None
    except (NameError, NotImplementedError, TypeError):
        return cast("R", value)


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with pydantic models as plain data; the rest is what JSON can hold."""
    return {
        name: value.model_dump(mode="json") if is_model(type(value)) else value
        for name, value in inputs.items()
    }
