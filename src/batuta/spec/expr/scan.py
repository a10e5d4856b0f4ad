"""Where the expressions of a text stand: `Hi ${inputs.name}, you owe ${"$" + string(inputs.sum)}`.

A `}` ends an expression unless it closes a brace of its own or stands in a string or comment. `$${` is a literal `${`.
"""

import re
from collections.abc import Iterator

from batuta.errors import ExpressionError

__all__ = ["TEXT_CHARS_MAX", "Braced", "split"]

# An expression longer than this is refused: its parse alone would take tens of milliseconds.
TEXT_CHARS_MAX = 4_096

_OPEN = re.compile(r"\$\$\{|\$\{")

# What CEL reads as one piece: strings (raw ones have no escapes; the longest quotes first), comments, quoted names.
_PIECE = re.compile(
    r"""
    (?P<string>
        (?<![A-Za-z0-9_]) (?:[rR][bB]?|[bB][rR]) (?: \"{3}.*?\"{3} | '{3}.*?'{3} | "[^"\n]*" | '[^'\n]*' )
      | \"{3} (?:\\.|[^\\])*? \"{3}
      | '{3} (?:\\.|[^\\])*? '{3}
      | " (?:\\.|[^"\\\n])* "
      | ' (?:\\.|[^'\\\n])* '
    )
  | (?P<comment> //[^\n]* )
  | (?P<name> `[^`\n]*` )
  | (?P<mark> [{}] )
  | (?P<quote> ["'] )
    """,
    re.VERBOSE | re.DOTALL,
)


class Braced(str):
    """The text between `${` and `}`; `offset` is where it starts in the whole (characters from 0)."""

    __slots__ = ("offset",)

    offset: int

    @classmethod
    def at(cls, text: str, offset: int) -> "Braced":
        """`text`, which starts at `offset`."""
        braced = cls(text)
        braced.offset = offset
        return braced


def split(text: str) -> Iterator[str]:
    """The pieces of `text` in order: literal strings, never empty, and `Braced` expressions.

    Raises ExpressionError with the offset of a `${` that is not closed.
    """
    literal, at = "", 0
    while (opening := _OPEN.search(text, at)) is not None:
        literal += text[at : opening.start()]
        if opening[0] == "$${":
            literal, at = literal + "${", opening.end()
            continue
        if literal:
            yield literal
        end = _end(text, opening)
        yield Braced.at(text[opening.end() : end], opening.end())
        literal, at = "", end + 1
    if literal + text[at:]:
        yield literal + text[at:]


def _end(text: str, opening: re.Match[str]) -> int:
    depth, start = 0, opening.end()
    limit = start + TEXT_CHARS_MAX + 1
    for piece in _PIECE.finditer(text, start, limit):
        if piece["quote"]:
            raise ExpressionError("a string is not closed", offset=piece.start())
        if piece["mark"] == "{":
            depth += 1
        elif piece["mark"] == "}":
            if depth == 0:
                return piece.start()
            depth -= 1
    if len(text) > limit:
        message = f"`${{` is not closed within {TEXT_CHARS_MAX} characters"
        raise ExpressionError(message, offset=opening.start())
    raise ExpressionError(
        "`${` is not closed",
        remedy="close it with }, or write $${ for a literal ${",
        offset=opening.start(),
    )
