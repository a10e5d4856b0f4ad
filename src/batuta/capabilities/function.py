"""Python functions as capabilities.

    @capability(effect="write", reach="egress", timeout="30s")
    async def pay(account: str, amount: Decimal, call: Call) -> dict: ...

`pay` stays what it was, to be called and tested as such; only while a workflow is recorded, calling it records a step.
Nothing is registered anywhere; a catalog is given functions and wraps them.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, TypeVar, Unpack, cast, get_args, overload

import msgspec

from batuta.capabilities.schema import Signature, place_of, read_signature
from batuta.capabilities.settings import Name, seconds_of
from batuta.capabilities.threads import Threads
from batuta.errors import CallFailed, NotDone, WorkspaceError
from batuta.plans.record.target import plain_function, recordable
from batuta.spec.budget import nusd
from batuta.spec.call import Call, Done, Expand, Failed, Outcome, Waiting
from batuta.spec.card import Card, Effect, InDoubt, Reach
from batuta.spec.failures import shown

__all__ = ["Declaration", "FunctionCapability", "Options", "capability", "declaration_of"]

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__batuta_capability__"
_OUTCOMES = frozenset({Done, Failed, Waiting, Expand})


class Declaration(msgspec.Struct, frozen=True):
    """What the author of a function has said about it; None where nothing was said."""

    name: str
    effect: Effect | None = None
    reach: Reach | None = None
    price_nusd: int = 0
    scopes: tuple[str, ...] = ()
    in_doubt: InDoubt = "ask"
    reconcile: Callable[..., Any] | None = None
    timeout_s: float = 300.0
    concurrency: int = 0
    description: str = ""
    waits: bool = False
    expands: bool = False


class Options(TypedDict, total=False):
    """What `@capability` can be told; everything by keyword, everything optional.

    Attributes:
        effect: `pure`, `read`, `idempotent` or `write`; unsaid, it is taken for a write.
        reach: `local`, `egress` or `irreversible`; unsaid, it is taken for egress.
        price_usd: the most one call can cost, in dollars.
        scopes: what a caller must be granted.
        in_doubt: what becomes of a write that was sent and not answered; `reconcile` if that is given, else `ask`.
        reconcile: a function that finds out what became of a call. It takes the `Call`, or any of the arguments,
            and returns what the call would have returned if it happened, raises `NotDone` if it did not, and
            returns None if nobody can know.
        timeout: longest time of one attempt: seconds, or a text like "30s"; 300 by default.
        concurrency: at most so many calls at once in a process (0: no bound of its own).
        description: for people and planners; the first paragraph of the docstring by default.
        waits: True if it may return `Waiting`.
        expands: True if it may return `Expand`.
    """

    effect: Effect | None
    reach: Reach | None
    price_usd: float
    scopes: Sequence[str]
    in_doubt: InDoubt
    reconcile: Callable[..., Any]
    timeout: float | str
    concurrency: int
    description: str
    waits: bool
    expands: bool


@overload
def capability(name: F, /) -> F: ...
@overload
def capability(name: str | None = None, **options: Unpack[Options]) -> Callable[[F], F]: ...
def capability(name: Any = None, **options: Unpack[Options]) -> Any:
    """Declare a function, sync or async, to be a capability; it stays the function it was.

    `name` is its name in plans, the function's own by default; for the other words see `Options`. Without any of
    them the decorator may be used bare.

    Raises:
        WorkspaceError: a value is not one of those it may be; with the place of the function.
    """

    def declare(function: F) -> F:
        declaration = _declared(name or getattr(function, "__name__", ""), function, options)
        declared = recordable(function, declaration.name)
        setattr(declared, _ATTRIBUTE, declaration)
        return declared

    if callable(name):
        function, name = cast("Any", name), None
        return declare(function)
    return declare


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
        kind: str = "function",
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
            output=self._signature.output,
            effect=declaration.effect or "write",
            reach=declaration.reach or "egress",
            price_nusd=declaration.price_nusd,
            scopes=declaration.scopes,
            in_doubt=declaration.in_doubt,
            timeout_s=declaration.timeout_s,
            concurrency=declaration.concurrency,
            kind=kind,
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


def _left(error: SystemExit | KeyboardInterrupt) -> CallFailed:
    """The failure of a function that wanted to end the process, which is not its to end."""
    return CallFailed(f"it raised {error!r}")


def _unknown(message: str) -> Failed:
    return Failed("unknown", message, in_doubt=True)


def _declared(name: str, function: Callable[..., Any], options: Options) -> Declaration:
    reconcile = options.get("reconcile")
    scopes = options.get("scopes", ())
    place = place_of(function)
    unknown = options.keys() - Options.__annotations__.keys()
    if unknown:
        raise WorkspaceError(
            f"{name}: @capability knows no {min(unknown)}",
            remedy=f"it knows {', '.join(sorted(Options.__annotations__))}",
            place=place,
        )
    try:
        declaration = Declaration(
            name=name,
            effect=options.get("effect"),
            reach=options.get("reach"),
            price_nusd=nusd(options.get("price_usd", 0)),
            scopes=(scopes,) if isinstance(scopes, str) else tuple(scopes),
            in_doubt=options.get("in_doubt", "ask" if reconcile is None else "reconcile"),
            reconcile=reconcile,
            timeout_s=seconds_of(options.get("timeout", 300.0), "timeout"),
            concurrency=options.get("concurrency", 0),
            description=options.get("description", _paragraph(function)),
            waits=options.get("waits", False),
            expands=options.get("expands", False),
        )
        wrong = _flaw(declaration)
    except (WorkspaceError, ArithmeticError, TypeError, ValueError) as error:
        wrong = getattr(error, "message", str(error))
    else:
        if not wrong:
            return declaration
    raise WorkspaceError(f"{name}: {wrong}", place=place)


def _paragraph(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    return " ".join(text.split("\n\n")[0].split())


def _flaw(declaration: Declaration) -> str:
    """What is wrong with `declaration`, "" if nothing is."""
    if not Name.fullmatch(declaration.name):
        return "a name starts with a letter or _ and goes on with letters, digits, _ . -"
    if declaration.effect not in (None, *get_args(Effect)):
        return f"effect is {declaration.effect!r}; it is one of {', '.join(get_args(Effect))}"
    if declaration.reach not in (None, *get_args(Reach)):
        return f"reach is {declaration.reach!r}; it is one of {', '.join(get_args(Reach))}"
    if declaration.in_doubt not in get_args(InDoubt):
        return f"in_doubt is {declaration.in_doubt!r}; it is one of {', '.join(get_args(InDoubt))}"
    if (declaration.in_doubt == "reconcile") != (declaration.reconcile is not None):
        return 'in_doubt="reconcile" and a reconcile function go together'
    if declaration.concurrency < 0 or declaration.price_nusd < 0:
        return "concurrency and price_usd are not negative"
    return ""
