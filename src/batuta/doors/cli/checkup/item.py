"""One thing that `doctor` looked at, and what it found."""

from typing import Literal, NamedTuple

__all__ = ["Looked", "State", "problem", "warning", "well"]

State = Literal["ok", "warning", "problem"]


class Looked(NamedTuple):
    """What was looked at (`name`), how it is, in which words, and what to do about it."""

    name: str
    state: State
    said: str
    remedy: str = ""


def well(name: str, said: str) -> Looked:
    """It is as it should be."""
    return Looked(name, "ok", said)


def warning(name: str, said: str, remedy: str) -> Looked:
    """It works, and will not always."""
    return Looked(name, "warning", said, remedy)


def problem(name: str, said: str, remedy: str) -> Looked:
    """It does not work."""
    return Looked(name, "problem", said, remedy)
