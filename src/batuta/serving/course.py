"""What a turn of a conversation goes on with: marks at the end of replies, and what was said since the request.

Nothing is kept between two turns. What a reply waits for stands in its last line, and clients send it back.
"""

import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "TAIL_CHARS",
    "Course",
    "Turn",
    "course_of",
    "marked",
    "needs_mark",
    "run_mark",
    "yes_mark",
]

_MARK = re.compile(
    r"\(batuta: (?:run (?P<run>r[0-9a-z]{8,40})|yes (?P<yes>[0-9a-f]{32})(?: (?P<once>[0-9a-f]{16}))?"
    r"|needs (?P<needs>[A-Za-z_]\w{0,63}))\)\s*\Z"
)
# The mark stands in so many of the last characters.
TAIL_CHARS = 200


class Turn(NamedTuple):
    """What somebody said: `role` is system, user or assistant."""

    role: str
    text: str


class Course(NamedTuple):
    """A request and what was said of it since.

    `given`: by name of an input, the text that somebody gave for it. `needs`: the input that was asked for last, and
    `yes`: the approval; what was said last is the answer to the one that is not "". `once`: by what the proposal is
    known that was said yes to.
    """

    words: str
    given: dict[str, str]
    needs: str = ""
    yes: str = ""
    once: str = ""


def run_mark(run: str) -> str:
    """The next turn goes on with `run`."""
    return f"(batuta: run {run})"


def yes_mark(approval: str) -> str:
    """The next turn says yes or no to `approval`, and a yes to this proposal counts once."""
    return f"(batuta: yes {approval} {secrets.token_hex(8)})"


def needs_mark(name: str) -> str:
    """The next turn gives the input `name`."""
    return f"(batuta: needs {name})"


def marked(turns: Sequence[Turn], name: str) -> str:
    """What the last reply says of `name` ("run", "yes", "once", "needs"); "" if it does not."""
    found = _mark(turns, len(turns) - 1)
    return (found[name] or "") if found else ""


def course_of(turns: Sequence[Turn]) -> Course:
    """The request that the last turn belongs to: what was said before the first of the replies that wait for more."""
    at = len(turns) - 1
    given: dict[str, str] = {}
    while (found := _mark(turns, at)) and not found["run"]:
        if found["needs"]:
            given.setdefault(found["needs"], turns[at].text)
        at -= 2
    last = (marked(turns, name) for name in ("needs", "yes", "once"))
    return Course(turns[at].text, given, *last)


def _mark(turns: Sequence[Turn], at: int) -> re.Match[str] | None:
    """The mark of the reply before the turn at `at`, if a user spoke before that."""
    if at < 2 or turns[at - 1].role != "assistant" or turns[at - 2].role != "user":
        return None
    return _MARK.search(turns[at - 1].text[-TAIL_CHARS:])
