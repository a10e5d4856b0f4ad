"""The answer to whether a value of one type may stand where another is wanted."""

from typing import Literal, TypeAlias

import msgspec

__all__ = ["YES", "Fit", "Verdict"]

Verdict: TypeAlias = Literal["yes", "maybe", "no"]
Way: TypeAlias = tuple[str | int | None, ...]


class Fit(msgspec.Struct, frozen=True):
    """The answer: `why` not (or not certainly), and the `path` into the value where that is.

    A part of the path is the name of a field, the index of an item, or None for every item or field.
    """

    verdict: Verdict
    why: str = ""
    path: Way = ()

    @property
    def place(self) -> str:
        """The path as it is written: `items[].amount`."""
        parts = (
            "[]" if p is None else f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path
        )
        return "".join(parts).removeprefix(".")

    def __str__(self) -> str:
        return f"{self.place}: {self.why}" if self.path else self.why or self.verdict


YES = Fit("yes")
