"""The named parameters of an SQL statement, found as a database would: not in texts, names and comments.

Nothing here keeps a statement from doing harm; that the database does. This only says which values it wants.
"""

import re
from collections.abc import Callable
from functools import cache

__all__ = ["parameters_of", "with_parameters"]

# What is passed over as a whole, and `:name`, which is looked for. In Postgres `::` is a cast, and `a[1:n]` a slice.
_TOKEN = r"""
      \b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)     # E'text' with backslashes
    | '(?:[^']|'')*(?:'|\Z)
    | "(?:[^"]|"")*(?:"|\Z)
    | `(?:[^`]|``)*(?:`|\Z)
    | --[^\n]*
    | \$(?P<tag>[A-Za-z_\x80-\U0010ffff]*[A-Za-z0-9_]*)\$.*?(?:\$(?P=tag)\$|\Z)
    | (?P<comment>/\*)
    | ::
    | (?<![\w\]]):(?P<name>[A-Za-z_][A-Za-z0-9_]{0,63})
    """
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@cache
def _token() -> re.Pattern[str]:
    # When first asked: a workspace without a database starts 3 ms sooner.
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL)


def parameters_of(sql: str) -> tuple[str, ...]:
    """The names of the parameters of `sql` (`:name`), each once, in order.

    >>> parameters_of("select ':no', x::int from t where a = :a and b = :b or a > :a -- :no")
    ('a', 'b')
    """
    names: dict[str, None] = {}

    def noted(name: str) -> str:
        names[name] = None
        return ""

    with_parameters(sql, noted)
    return tuple(names)


def with_parameters(
    sql: str, spelled: Callable[[str], str], literal: Callable[[str], str] | None = None
) -> str:
    """`sql` with each `:name` as `spelled(name)`, and everything else as `literal` has it.

    >>> with_parameters("select :a::int", lambda name: f"%({name})s")
    'select %(a)s::int'
    """
    parts: list[str] = []
    kept = literal or _same
    at = done = 0
    token = _token()
    while found := token.search(sql, at):
        at = found.end()
        if found["comment"]:
            at = _end_of_comment(sql, at)
        elif found["name"]:
            parts += (kept(sql[done : found.start()]), spelled(found["name"]))
            done = at
    parts.append(kept(sql[done:]))
    return "".join(parts)


def _same(text: str) -> str:
    return text


def _end_of_comment(sql: str, at: int) -> int:
    """Where the comment ends that began before `at`; comments of Postgres may hold others."""
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(sql, at)
        if edge is None:
            return len(sql)
        at = edge.end()
        depth += 1 if edge[0] == "/*" else -1
    return at
