"""References: what stands for a value while a plan is recorded.

Fields and items of a reference are references; comparing and calculating with it gives an expression. Whatever needs
the value itself (`if`, a loop, `len`) is refused at the line where it stands.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, cast, overload

from batuta.plans.record.session import Scope, Session, current, refuse
from batuta.plans.record.text import (
    ADD,
    AND,
    ATOM,
    EQUAL,
    MEMBER,
    MULTIPLY,
    OR,
    UNARY,
    Words,
    arithmetic,
    binary,
    divided,
    field,
    quoted,
    scalar,
)
from batuta.plans.record.valueless import MARK, USE_CEL, Parts, Valueless, told

__all__ = ["Reference", "expression", "made", "reference", "words_of"]

# Methods of str that the expression language has under another name.
_METHODS = {"startswith": "startsWith", "endswith": "endsWith"}


class Reference(Valueless):
    """The value of an input, of a step or of an expression, which will be there when the plan runs.

    It has no methods of its own, because every name may be that of a field.
    """

    __slots__ = ()

    # ── parts ──

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _part(self, name)

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, Reference):
            return made("[]", lambda of, index: field(of, index), self, key)
        if isinstance(key, bool) or not isinstance(key, str | int):
            what = "a slice" if isinstance(key, slice) else f"a {type(key).__name__}"
            refuse("B701", f"{told(self)} cannot be asked for {what}", USE_CEL)
        if isinstance(key, int) and key < 0:
            last = 'the last one of a list is cel(f"{rows}[size({rows}) - 1]")'
            refuse("B701", f"items of {told(self)} are counted from its beginning, from 0", last)
        return _part(self, key)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        parts = self.__batuta__
        method = _METHODS.get(parts.last)
        if method is None or parts.owner is None or len(args) != 1 or kwargs:
            refuse(
                "B701", f"{told(self)} is a value of the plan, and nothing to be called", USE_CEL
            )
        owner = Reference(Parts(parts.session, parts.owner, parts.scopes))
        return made(
            parts.last,
            lambda of, what: Words(f"{of.within(MEMBER)}.{method}({what.text})", MEMBER),
            owner,
            args[0],
        )

    # ── conditions ──

    def __eq__(self, other: object) -> Any:
        return _binary("==", self, other, EQUAL)

    def __ne__(self, other: object) -> Any:
        return _binary("!=", self, other, EQUAL)

    def __lt__(self, other: object) -> Any:
        return _binary("<", self, other, EQUAL)

    def __le__(self, other: object) -> Any:
        return _binary("<=", self, other, EQUAL)

    def __gt__(self, other: object) -> Any:
        return _binary(">", self, other, EQUAL)

    def __ge__(self, other: object) -> Any:
        return _binary(">=", self, other, EQUAL)

    def __and__(self, other: object) -> Any:
        return _binary("&&", self, other, AND)

    def __rand__(self, other: object) -> Any:
        return _binary("&&", other, self, AND)

    def __or__(self, other: object) -> Any:
        return _binary("||", self, other, OR)

    def __ror__(self, other: object) -> Any:
        return _binary("||", other, self, OR)

    def __invert__(self) -> Any:
        return made("~", lambda one: Words(f"!{one.within(UNARY)}", UNARY), self)

    # ── numbers and texts ──

    def __add__(self, other: object) -> Any:
        return _arithmetic("+", self, other, ADD)

    def __radd__(self, other: object) -> Any:
        return _arithmetic("+", other, self, ADD)

    def __sub__(self, other: object) -> Any:
        return _arithmetic("-", self, other, ADD)

    def __rsub__(self, other: object) -> Any:
        return _arithmetic("-", other, self, ADD)

    def __mul__(self, other: object) -> Any:
        return _arithmetic("*", self, other, MULTIPLY)

    def __rmul__(self, other: object) -> Any:
        return _arithmetic("*", other, self, MULTIPLY)

    def __truediv__(self, other: object) -> Any:
        return _divided(self, other)

    def __rtruediv__(self, other: object) -> Any:
        return _divided(other, self)

    def __neg__(self) -> Any:
        return made("-", lambda one: Words(f"-{one.within(UNARY)}", UNARY, one.double), self)

    # ── texts with values in them ──

    def __format__(self, spec: str) -> str:
        if spec:
            refuse(
                "B701",
                f"{told(self)} is put into a text as it is; {spec!r} cannot be done with it",
                "let a capability write the text, or leave the format out",
            )
        return f"${{{words_of(self).text}}}"

    def __str__(self) -> str:
        return self.__format__("")

    def __repr__(self) -> str:
        return f"{MARK}{told(self)}>"

    # ── being a Python object ──

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> "Reference":
        return self

    def __deepcopy__(self, memo: object) -> "Reference":
        return self

    def __await__(self) -> Generator[Any, None, "Reference"]:
        """A call that a workflow awaits is a step like any other."""
        return self
        yield  # is never reached, and makes this a generator, which an awaitable has to give


def reference(session: Session, text: str, *scopes: Scope) -> Any:
    """A reference to what the path `text` names."""
    return Reference(Parts(session, Words(text), frozenset(scopes)))


def expression(session: Session, words: Words, scopes: Iterable[Scope] = ()) -> Any:
    """An expression, as a reference to its value."""
    return Reference(Parts(session, words, frozenset(scopes)))


@overload
def made(what: str, make: Callable[[Words], Words], a: object, /) -> Any: ...
@overload
def made(what: str, make: Callable[[Words, Words], Words], a: object, b: object, /) -> Any: ...
@overload
def made(
    what: str, make: Callable[[Words, Words, Words], Words], a: object, b: object, c: object, /
) -> Any: ...
@overload
def made(what: str, make: Callable[..., Words], /, *operands: object) -> Any: ...
def made(what: str, make: Callable[..., Words], /, *operands: object) -> Any:
    """The expression that `make` writes from the words of the operands, references and constants alike."""
    session = current()
    if session is None:
        refuse(
            "B704",
            f"{what} means something only while a workflow is recorded",
            "use it inside of a function with @workflow, on what that function was given",
        )
    scopes: set[Scope] = set()
    for operand in operands:
        if isinstance(operand, Reference):
            scopes |= operand.__batuta__.scopes
    return expression(session, make(*[words_of(one) for one in operands]), scopes)


def words_of(value: object) -> Words:
    """A reference or a constant as words of an expression. Refuses references of others, and what is no JSON."""
    if isinstance(value, Reference):
        parts = value.__batuta__
        if current() is not parts.session:
            refuse(
                "B704",
                f"{parts.words.text} belongs to the workflow {parts.session.name}, which is not being recorded here",
                "give it to this workflow as an input, or call the one workflow inside of the other",
            )
        if not parts.scopes <= parts.session.scopes:
            refuse(
                "B704",
                f"{parts.words.text} means something only inside of its own each or repeat",
                "use the list that each(…) returns; its items stand in the order of the list",
            )
        return parts.words
    if isinstance(value, list | tuple):
        items = ", ".join(words_of(one).text for one in cast("list[object]", value))
        return Words(f"[{items}]")
    if isinstance(value, dict):
        entries = cast("dict[object, object]", value).items()
        return Words(
            f"{{{', '.join(f'{_key(key)}: {words_of(one).text}' for key, one in entries)}}}"
        )
    return _constant(value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        refuse("B703", f"the key {key!r} is no text", "keys of a map are texts")
    return quoted(key)


def _constant(value: object) -> Words:
    try:
        plain = scalar(value)
    except TypeError:
        refuse(
            "B703",
            f"a {type(value).__name__} cannot be part of an expression",
            "use None, bool, int, float, str, lists and dicts of them, and references",
        )
    except ValueError as error:
        refuse("B703", str(error), "write it as a text")
    if isinstance(plain, str):
        if MARK in plain:
            refuse("B701", "a text holds a reference as Python shows it", "put it in as {value}")
        return Words(quoted(plain))
    if plain is None or isinstance(plain, bool):
        return Words({None: "null", True: "true", False: "false"}[plain])
    return Words(repr(plain), ATOM if plain >= 0 else UNARY, isinstance(plain, float))


def _part(of: Reference, key: str | int) -> Any:
    parts = of.__batuta__
    last = key if isinstance(key, str) else ""
    words = field(parts.words, key)
    return Reference(Parts(parts.session, words, parts.scopes, parts.words, last))


def _binary(operator: str, left: object, right: object, level: int) -> Any:
    return made(operator, lambda a, b: binary(a, operator, b, level), left, right)


def _arithmetic(operator: str, left: object, right: object, level: int) -> Any:
    return made(operator, lambda a, b: arithmetic(a, operator, b, level), left, right)


def _divided(left: object, right: object) -> Any:
    """As Python divides: `/` of two whole numbers is a fraction, which in the expression language it is not."""
    return made("/", divided, left, right)
