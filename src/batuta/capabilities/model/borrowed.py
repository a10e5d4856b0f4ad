"""An agent of pydantic-ai as one opaque function. What it does inside, and with which client, is its own affair.

Imported with that library.
"""

import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable
from decimal import ROUND_CEILING
from typing import Any, NamedTuple, cast

import msgspec
from pydantic import TypeAdapter
from pydantic_ai.agent import AbstractAgent
from pydantic_ai.exceptions import FallbackExceptionGroup
from pydantic_ai.messages import FunctionToolCallEvent, ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, ToolDenied
from pydantic_ai.usage import RunUsage

from batuta.capabilities.declaration import Declaration, Options, declared
from batuta.capabilities.model.borrowed_shape import flat, output_schema, parameters_of
from batuta.capabilities.model.card import Asked
from batuta.capabilities.model.failures import failed_from
from batuta.capabilities.model.thought import piece_of
from batuta.capabilities.schema import PLACE, read_signature
from batuta.errors import Place, WorkspaceError
from batuta.spec.call import Call, Done, Failed, Outcome, Question, Waiting
from batuta.spec.value import encode

__all__ = ["Borrowed", "borrowed"]

KIND = "borrowed"
_USAGE = TypeAdapter(RunUsage)
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
_BEGUN = "not retried, for it had begun to act"


class Borrowed(NamedTuple):
    """An agent as a function, and what is said of it."""

    function: Callable[..., Any]
    declaration: Declaration


def borrowed(
    agent: Any, name: str | None, deps: Callable[..., Any] | None, options: Options, place: Place
) -> Borrowed:
    """`agent` as a function of `prompt` and its dependencies: those that `deps` takes, or `deps` of the agent's type.

    Raises:
        WorkspaceError: it has no name, or its dependencies cannot come out of JSON; with `place`.
    """
    lender = cast("AbstractAgent[Any, Any]", agent)
    named = name or lender.name or ""
    if not named:
        raise WorkspaceError(
            "the agent has no name", remedy='capability(agent, name="…")', place=place
        )
    own = parameters_of(lender, deps, named, place)
    outputs = flat(lender.output_type)
    answers = [one for one in outputs if one is not DeferredToolRequests]
    lent = _Agent(lender, named, deps, answers == [str], options.get("effect") or "write")

    async def run(call: Call, prompt: str, context: Any = None, **given: Any) -> Outcome:
        return await lent(call, "\n\n".join(Asked(prompt, context=context).words), given)

    shape: Any = run
    shape.__name__ = shape.__qualname__ = named
    shape.__signature__ = inspect.Signature(own)
    shape.__annotations__ = {
        one.name: one.annotation for one in own if one.annotation is not one.empty
    }
    shape.__doc__ = str(lender.description or f"Asks {named}, an agent of pydantic-ai.")
    setattr(shape, PLACE, place)
    read_signature(shape)
    said = declared(named, shape, options, place)
    declaration = msgspec.structs.replace(
        said,
        priced="price_usd" in options,
        waits=DeferredToolRequests in outputs,
        kind=KIND,
        output=output_schema(lender, answers),
    )
    return Borrowed(shape, declaration)


class _Agent:
    """Runs `agent` for one call after another. `wordy`: what it gives is its words, and no value."""

    def __init__(
        self,
        agent: AbstractAgent[Any, Any],
        name: str,
        deps: Callable[..., Any] | None,
        wordy: bool,
        effect: str,
    ) -> None:
        self._agent = agent
        self._name = name
        self._deps = deps
        self._wordy = wordy
        self._repeatable = effect != "write"

    async def __call__(self, call: Call, prompt: str, given: dict[str, Any]) -> Outcome:
        """The outcome of one call. Errors of the agent's own tools are not ours to read."""
        watched = _Watched(call.report)
        usage = RunUsage()
        asked: dict[str, Any] = {"user_prompt": prompt}
        if call.answered and call.state is not None:
            state = call.state
            usage = _USAGE.validate_python(state["usage"])
            asked = {
                "message_history": ModelMessagesTypeAdapter.validate_python(state["messages"]),
                "deferred_tool_results": _permitted(state["asked"], call.answer),
            }
            watched.nodes += 1  # what it was given leave for comes first
        asked |= {"deps": await self._made(given), "usage": usage}
        try:
            result = await self._run(watched, asked)
        except Exception as error:
            failed = failed_from(_last(error))
            if failed is None:
                raise
            return self._failed(failed, usage, acted=watched.nodes > 1)
        if isinstance(result.output, DeferredToolRequests):
            return self._asking(result.output, result.all_messages(), usage)
        return Done(self._value(result.output, usage), cost_nusd=_cost_nusd(usage))

    async def _made(self, given: dict[str, Any]) -> Any:
        if self._deps is None:
            return given.get("deps")
        made = self._deps(**given)
        return await made if inspect.isawaitable(made) else made

    async def _run(self, watched: "_Watched", asked: dict[str, Any]) -> Any:
        """The result, its words reported as they come, if its model can say them so."""
        own = self._agent.event_stream_handler

        async def handler(context: Any, events: AsyncIterable[Any]) -> None:
            seen = watched.see(events)
            if own is not None:
                await own(context, seen)
            async for _ in seen:
                pass

        try:
            return await self._agent.run(**asked, event_stream_handler=handler)
        except (AssertionError, NotImplementedError):
            # So says a model that cannot stream, as many do that people write for their tests.
            if watched.begun or own is not None:
                raise
            watched.nodes += 2  # nobody sees how far it comes
            return await self._agent.run(**asked)

    def _value(self, output: Any, usage: RunUsage) -> dict[str, Any]:
        plain = _ANYTHING.dump_python(output, mode="json")
        return {
            "text": plain if isinstance(plain, str) else encode(plain).decode(),
            "value": None if self._wordy else plain,
            "turns": usage.requests,
            "tool_calls": usage.tool_calls,
            "tokens": {"input": usage.input_tokens, "output": usage.output_tokens},
        }

    def _asking(
        self, wanted: DeferredToolRequests, messages: list[ModelMessage], usage: RunUsage
    ) -> Outcome:
        """The question whether it may call the tools that want leave."""
        if wanted.calls:
            names = ", ".join(sorted({one.tool_name for one in wanted.calls}))
            said = f"it leaves {names} to whoever asked it, and a plan does not call tools for it"
            return self._failed(Failed("unsupported", said), usage, acted=True)
        names = ", ".join(dict.fromkeys(one.tool_name for one in wanted.approvals))
        shown = [{"tool": one.tool_name, "arguments": one.args} for one in wanted.approvals]
        state = {
            "messages": ModelMessagesTypeAdapter.dump_python(messages, mode="json"),
            "usage": _USAGE.dump_python(usage, mode="json"),
            "asked": [one.tool_call_id for one in wanted.approvals],
        }
        question = Question(
            f"May {self._name} call {names}?", show=_ANYTHING.dump_python(shown, mode="json")
        )
        return Waiting(question, state)

    def _failed(self, failed: Failed, usage: RunUsage, *, acted: bool) -> Failed:
        """`failed` with what was spent; what has begun to act is tried again only if it may be done twice."""
        spent = _cost_nusd(usage) or 0
        cost = failed.cost_nusd if failed.cost_nusd < 0 and not spent else spent
        again = failed.may_retry and (self._repeatable or not acted)
        message = failed.message
        if failed.may_retry and not again:
            message = f"{message} ({_BEGUN})"
        wait = failed.retry_after_s if again else None
        return Failed(failed.code, message, may_retry=again, retry_after_s=wait, cost_nusd=cost)


class _Watched:
    """What is seen of a run: how many turns (`nodes`), of a model or of tools, have begun; if it has said something."""

    def __init__(self, report: Callable[[Any], None]) -> None:
        self._report = report
        self.nodes = 0
        self.begun = False

    async def see(self, events: AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Hand on `events`, words and calls of tools reported."""
        self.nodes += 1
        async for event in events:
            self.begun = True
            if isinstance(event, FunctionToolCallEvent):
                self._report({"message": f"calls {event.part.tool_name}"})
            elif piece := piece_of(event):
                self._report({"text": piece})
            yield event


def _permitted(asked: list[str], answer: Any) -> DeferredToolResults:
    """What a person has said to all that was asked at once."""
    said = cast("dict[str, Any]", answer if isinstance(answer, dict) else {})
    note = str(said.get("note") or "")
    leave = True if said.get("approved") is True else ToolDenied(note) if note else ToolDenied()
    return DeferredToolResults(approvals=dict.fromkeys(asked, leave))


def _last(error: Exception) -> Exception:
    """What the last model has said, where one after the other was asked."""
    if isinstance(error, FallbackExceptionGroup) and error.exceptions:
        return error.exceptions[-1]
    return error


def _cost_nusd(usage: RunUsage) -> int | None:
    """What was spent, if the library knows the prices of its models."""
    if usage.cost is None:
        return None
    return int((usage.cost * 1_000_000_000).to_integral_value(ROUND_CEILING))
