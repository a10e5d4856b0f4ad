"""Expressions: compiled once, evaluated on whatever a lookup gives.

    steps.fetch.total > 100 && has(inputs.limit)

The language is CEL with its standard functions. What differs is decided here and tested:

- A name is null-safe when asked: `has(a.b)` is true if `a.b` is there and not null; `a.b == null` is true if it is
  null or missing. Otherwise a missing path is an error that says what is there instead.
- Values are JSON. Integers are 64 bits and exact among themselves; with a double, an integer becomes a double first.
  An unsigned result is an int; bytes, timestamps, durations and types are refused: `string(...)` converts them.
  NaN and infinities are refused.
- Maps that are computed have their keys in order, and loops over maps go in that order: the library's own order
  differs from process to process, a replay must not.
- Patterns of `matches` and time zones are literals. Texts have at most 4,096 characters and 200 operations, loops nest
  two deep, and one evaluation costs at most about 100 ms.
"""

from functools import lru_cache
from typing import Any

from batuta.errors import ExpressionError
from batuta.spec.expr.build import build
from batuta.spec.expr.cel import check
from batuta.spec.expr.kernel import Frame, Kernel, Path, run
from batuta.spec.expr.paths import Lookup, Reference, kind_of, missing, read_bare
from batuta.spec.expr.scan import TEXT_CHARS_MAX, Braced, split
from batuta.spec.expr.tree import Checked

__all__ = [
    "Expression",
    "compile_condition",
    "compile_expression",
    "evaluate_condition",
]

# Compiled expressions kept; one takes some kilobytes.
_CACHE_MAX = 4_096


class Expression:
    """A compiled expression; immutable and safe to share between threads.

    `references` are the names it uses, in the order of the text. `is_bare` is the reference if the text is nothing
    but a path: its value is passed on as it is, without a copy and without CEL. `checked` is the syntax tree; None for
    a bare reference that was read without a parser.
    """

    __slots__ = ("_kernel", "checked", "is_bare", "references", "text")

    def __init__(
        self,
        text: str,
        references: tuple[Reference, ...],
        is_bare: Reference | None,
        kernel: Kernel | None,
        checked: Checked | None = None,
    ) -> None:
        self.text = text
        self.checked = checked
        self.references = references
        self.is_bare = is_bare
        self._kernel = kernel

    def evaluate(self, lookup: Lookup) -> Any:
        """The JSON value. Raises ExpressionError, with the offset in `text` where it is known."""
        bare = self.is_bare
        if bare is not None:
            try:
                return lookup(bare)
            except KeyError:
                raise missing(bare, lookup) from None
        assert self._kernel is not None, "what is not bare has a kernel"
        return run(self._kernel, Frame(lookup))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


@lru_cache(maxsize=_CACHE_MAX)
def compile_expression(text: str, roots: frozenset[str]) -> Expression:
    """Compile `text`, in which the names `roots` may be used.

    Raises ExpressionError with the offset of the first flaw: syntax, an unknown name or function, types that do
    not fit, or a bound exceeded.
    """
    if len(text) > TEXT_CHARS_MAX:
        message = f"too long: {len(text)} characters, {TEXT_CHARS_MAX} at most"
        raise ExpressionError(message, remedy="split it over steps", offset=TEXT_CHARS_MAX)
    if not text.strip():
        raise ExpressionError("empty expression", offset=0)
    bare = read_bare(text, roots)
    if bare is not None:
        return Expression(text, (bare,), bare, None)
    checked = check(text, roots)
    kernel, references = build(checked, roots)
    only = kernel.slots[0] if kernel.program is None else None
    if isinstance(only, Path) and only.use == "value":
        return Expression(text, references, only.reference, None, checked)
    return Expression(text, references, None, kernel, checked)


def compile_condition(text: str, roots: frozenset[str]) -> Expression:
    """Compile a condition, written bare (`a > 1`) or in braces (`${a > 1}`); offsets count in `text` as given."""
    if "${" in text:
        pieces = [piece for piece in split(text) if not piece.isspace()]
        only = pieces[0]
        if len(pieces) > 1 or not isinstance(only, Braced):
            message = "a condition is one expression, with or without ${...} around the whole of it"
            raise ExpressionError(message, offset=text.index("${"))
        text = " " * only.offset + str(only)  # so that offsets stay
    return compile_expression(text, roots)


def evaluate_condition(expression: Expression, lookup: Lookup) -> bool:
    """The truth of `expression`. Raises ExpressionError if it cannot be evaluated or is no bool."""
    value = expression.evaluate(lookup)
    if not isinstance(value, bool):
        raise ExpressionError(
            f"a condition is true or false, this is {kind_of(value)}",
            remedy="compare it: ... == ..., ... != null, size(...) > 0",
            offset=0,
        )
    return value
