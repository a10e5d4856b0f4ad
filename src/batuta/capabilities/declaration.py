"""What the author of a capability has said about it, and whether it can be so."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, get_args

import msgspec

from batuta.capabilities.settings import Name, seconds_of
from batuta.errors import Place, WorkspaceError
from batuta.spec.budget import nusd
from batuta.spec.card import Effect, InDoubt, Reach

__all__ = ["Declaration", "Options", "declared"]


class Declaration(msgspec.Struct, frozen=True):
    """What the author of a function has said about it; None where nothing was said.

    `output`: the schema of its value, where its annotations do not have it.
    """

    name: str
    effect: Effect | None = None
    reach: Reach | None = None
    price_nusd: int = 0
    priced: bool = True
    scopes: tuple[str, ...] = ()
    in_doubt: InDoubt = "ask"
    reconcile: Callable[..., Any] | None = None
    timeout_s: float = 300.0
    concurrency: int = 0
    description: str = ""
    waits: bool = False
    expands: bool = False
    kind: str = "function"
    output: dict[str, Any] | None = None


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


def declared(
    name: str, function: Callable[..., Any], options: Options, place: Place
) -> Declaration:
    """The declaration of `function`, which is at `place`. Raises `WorkspaceError`: a value is not one it may be."""
    reconcile = options.get("reconcile")
    scopes = options.get("scopes", ())
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
