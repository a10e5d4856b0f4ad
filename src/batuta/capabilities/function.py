"""Python functions as capabilities.

    @capability(effect="write", reach="egress", timeout="30s")
    async def pay(account: str, amount: Decimal, call: Call) -> dict: ...

`pay` stays what it was, to be called and tested as such; only while a workflow is recorded, calling it records a step.
Nothing is registered anywhere; a catalog is given functions and wraps them.
"""

import asyncio
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, Unpack, overload

from batuta.capabilities.declaration import Declaration, Options, declared
from batuta.capabilities.schema import Signature, place_of, read_signature
from batuta.capabilities.threads import Threads
from batuta.errors import NotDone, Place, WorkspaceError
from batuta.plans.record.target import plain_function, recordable
from batuta.spec.call import Call, Done, Expand, Failed, Outcome, Waiting
from batuta.spec.card import Card
from batuta.spec.failures import shown

__all__ = ["FunctionCapability", "capability", "declaration_of"]

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__batuta_capability__"
_OUTCOMES = frozenset({Done, Failed, Waiting, Expand})


class _Agent(Protocol):
    """As much of an agent of pydantic-ai as tells it from a function."""

    @property
    def deps_type(self) -> Any: ...
    @property
    def output_type(self) -> Any: ...


@overload
def capability(function: F, /) -> F: ...
@overload
def capability(
    agent: _Agent,
    /,
    *,
    name: str | None = None,
    deps: Callable[..., Any] | None = None,
    **options: Unpack[Options],
) -> Callable[..., Any]: ...
@overload
def capability(name: str | None = None, /, **options: Unpack[Options]) -> Callable[[F], F]: ...
@overload
def capability(*, name: str, **options: Unpack[Options]) -> Callable[[F], F]: ...
def capability(
    thing: Any = None,
    /,
    *,
    name: str | None = None,
    deps: Callable[..., Any] | None = None,
    **options: Unpack[Options],
) -> Any:
    """Declare a function, sync or async, to be a capability; it stays the function it was.

    `name` is its name in plans, the function's own by default; for the other words see `Options`. Without any of
    them the decorator may be used bare.

    An agent of pydantic-ai is given instead of a function: `support = capability(agent, name="support")`. `deps` makes
    its dependencies; what it takes, a call takes beside the prompt.

    Raises:
        WorkspaceError: a value is not one of those it may be; with the place of the function.
    """
    if _is_agent(thing):
        # The library is there already, for somebody has made an agent.
        from batuta.capabilities.model.borrowed import borrowed

        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - an agent has no place of its own
        place = Place(frame.f_code.co_filename, frame.f_lineno, 1)
        lent = borrowed(thing, name, deps, options, place)
        lent.function.__module__ = str(frame.f_globals.get("__name__", ""))
        return _attached(lent.function, lent.declaration)
    if deps is not None:
        raise WorkspaceError("deps is for agents of pydantic-ai", remedy="take it out")

    def declare(function: F) -> F:
        named = thing if isinstance(thing, str) else name
        own = named or getattr(function, "__name__", "")
        return _attached(function, declared(own, function, options, place_of(function)))

    return declare if thing is None or isinstance(thing, str) else declare(thing)


def _attached(function: F, declaration: Declaration) -> F:
    attached = recordable(function, declaration.name)
    setattr(attached, _ATTRIBUTE, declaration)
    return attached


def _is_agent(thing: object) -> bool:
    """True for an agent of pydantic-ai, found out without importing it."""
    return any(
        one.__name__ == "AbstractAgent" and one.__module__.startswith("pydantic_ai.")
        for one in type(thing).__mro__
    )


def declaration_of(function: object) -> Declaration | None:
    """What `@capability` has attached to `function`, if it has."""
    declaration = getattr(function, _ATTRIBUTE, None)
    return declaration if isinstance(declaration, Declaration) else None


class FunctionCapability:
    """A declared function as the engine calls it. `threads` run it if it is not async.

    Raises:
        WorkspaceError: the function is not declared, or has a parameter that JSON cannot fill.
    """

    __slots__ = ("_async", "_reconcile", "_signature", "_threads", "card", "function")

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        threads: Threads | None = None,
        kind: str = "",
    ) -> None:
        declaration = declaration_of(function)
        if declaration is None:
            raise WorkspaceError(
                f"{getattr(function, '__name__', function)!s} is no capability",
                remedy="decorate it with @capability",
                place=place_of(function),
            )
        self.function = function = plain_function(function)
        self._signature = read_signature(function)
        self._async = inspect.iscoroutinefunction(function)
        self._threads = threads or Threads()
        self._reconcile = _Reconciler(declaration.reconcile, self._threads)
        self.card = Card(
            name=declaration.name,
            description=declaration.description,
            input=self._signature.input,
            output=declaration.output or self._signature.output,
            effect=declaration.effect or "write",
            reach=declaration.reach or "egress",
            price_nusd=declaration.price_nusd,
            priced=declaration.priced,
            scopes=declaration.scopes,
            in_doubt=declaration.in_doubt,
            timeout_s=declaration.timeout_s,
            concurrency=declaration.concurrency,
            kind=kind or declaration.kind,
            declared=declaration.effect is not None and declaration.reach is not None,
            waits=declaration.waits,
            expands=declaration.expands,
        )

    async def __call__(self, call: Call) -> Outcome:
        """Call the function with the arguments of `call`; what it raises is the doorway's to read."""
        signature = self._signature
        arguments = signature.convert(call.args)
        if isinstance(arguments, Failed):
            return arguments
        if signature.call_name:
            arguments = {**arguments, signature.call_name: call}
        if self._async:
            try:
                value = await self.function(**arguments)
            except SystemExit as error:
                raise _left(error) from None
        else:
            value = await _off_loop(self._threads, self.function, arguments)
        return value if type(value) in _OUTCOMES else Done(signature.value(value))

    async def reconcile(self, call: Call) -> Outcome:
        """What became of `call`: `Done`, `Failed(may_retry=True)` if it did not happen, else nobody knows."""
        return await self._reconcile(call)


class _Reconciler:
    """The function that finds out what became of a call. Whatever goes wrong in it, nobody knows."""

    def __init__(self, function: Callable[..., Any] | None, threads: Threads) -> None:
        self._function = function
        self._threads = threads
        self._signature: Signature | None = (
            read_signature(function) if function is not None else None
        )

    async def __call__(self, call: Call) -> Outcome:
        function, signature = self._function, self._signature
        if function is None or signature is None:
            return _unknown("the capability has no reconcile function")
        known = signature.input["properties"]
        arguments = signature.convert({n: v for n, v in call.args.items() if n in known})
        if isinstance(arguments, Failed):
            return _unknown(arguments.message)
        if signature.call_name:
            arguments = {**arguments, signature.call_name: call}
        try:
            if inspect.iscoroutinefunction(function):
                value = await function(**arguments)
            else:
                value = await _off_loop(self._threads, function, arguments)
        except NotDone as error:
            return Failed("not_done", error.message, may_retry=True)
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            # Above all no `may_retry` from an unreachable service: it would be read as "it did not happen".
            return _unknown(shown(error))
        if type(value) in _OUTCOMES:
            return value
        if value is None:
            return _unknown("the reconcile function returned None; to say no, it raises NotDone")
        return Done(signature.value(value))


async def _off_loop(
    threads: Threads, function: Callable[..., Any], arguments: dict[str, Any]
) -> Any:
    try:
        value = await threads.run(functools.partial(function, **arguments))
        return await value if inspect.isawaitable(value) else value
    except (SystemExit, KeyboardInterrupt) as error:
        raise _left(error) from None


def _left(error: SystemExit | KeyboardInterrupt) -> RuntimeError:
    """What a function has raised that wanted to end the process, which is not its to end."""
    return RuntimeError(f"it raised {error!r}")


def _unknown(message: str) -> Failed:
    return Failed("unknown", message, in_doubt=True)
