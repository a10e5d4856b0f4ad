"""What is known of an expression before it runs."""

import msgspec

from batuta.plans.types.shape import Type

__all__ = ["Inferred", "Problem"]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong in an expression: `offset` counts its characters from 0.

    `code`: `missing` (a part that is not there), `type` (types that do not go together), `undeclared` (a field that
    may be there, next to declared ones that are not it), `cut` (a quotient that has a fraction or none, as numbers
    come), `invalid` (it does not compile). `names` are the names that are known where one is missing.
    """

    offset: int
    code: str
    message: str
    remedy: str = ""
    names: tuple[str, ...] = ()


class Inferred(msgspec.Struct, frozen=True):
    """The `type` of the result, if there is one.

    Attributes:
        problems: why every evaluation fails.
        doubts: why an evaluation fails that comes to that part (a branch, the body of a loop), or may well fail, or
            gives what is hardly meant.
        constant: the result, if it is a condition that is always true or always false.
        why: the reason for `constant`.
    """

    type: Type
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Problem, ...] = ()
    constant: bool | None = None
    why: str = ""
