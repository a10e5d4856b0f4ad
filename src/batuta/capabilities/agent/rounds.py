"""What has happened so far, as the values of earlier rounds have it. Pure.

The value of a round is `{said, answers, answer}`; `answer` is null in all but the last. `said` is what the model said:
`parts` in order, each a text, a thought or a call; `calls` that became steps; `refused` ones that did not, if there are
any. `answers` are those of the calls, in order: `{value, error}`. A round that summarized the earlier ones has
`summary`, too, and `upto`: of how many.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

__all__ = [
    "RESULT_CHARS_MAX",
    "Exchange",
    "Past",
    "Round",
    "as_json",
    "exchanges",
    "made",
    "record",
    "result_text",
    "shown_result",
    "shown_round",
]

# What a model sees of one result; a page of search hits is half of that.
RESULT_CHARS_MAX = 16_000
# What of one result goes into the record that a summary is made of, at least.
_RECORDED_CHARS_MIN = 100
_RECORDED_CHARS_MAX = 4_000
_CUT = "… [cut here: {count:,} characters in all, and no more of them can be shown]"

Round = Mapping[str, Any]
# Of values of the log, which were decoded from JSON and need none of the care of `spec.value`; maps are sorted.
as_json = msgspec.json.Encoder(order="deterministic").encode


class Past(NamedTuple):
    """What a thought goes on from.

    Attributes:
        rounds: those that are shown word for word, oldest first.
        summary: of those before them; "" if there are none.
        turn: of this thought, from 0.
        summed: how many rounds the summary is of.
        sizes: bytes of what is shown of each, as JSON.
    """

    rounds: Sequence[Round]
    summary: str
    turn: int
    summed: int
    sizes: Sequence[int]

    @property
    def size(self) -> int:
        """Bytes of what was said: no model counts more tokens in it."""
        return self.rounds_size + len(self.summary.encode())

    @property
    def rounds_size(self) -> int:
        """Bytes of what is shown word for word."""
        return sum(self.sizes)


class Exchange(NamedTuple):
    """One call of a tool that was answered, or refused without a step (`error`)."""

    tool: str
    arguments: Any
    value: Any
    error: Any


def fitting(messages: Sequence[Mapping[str, Any]], bytes_max: int) -> list[Mapping[str, Any]]:
    """The latest `messages` of a thread whose texts have so many bytes at most, oldest first."""
    kept: list[Mapping[str, Any]] = []
    for one in reversed(messages):
        bytes_max -= len(one["text"].encode())
        if bytes_max < 0:
            break
        kept.append(one)
    return kept[::-1]


def made(one: Round) -> Iterator[Exchange]:
    """The calls of a round that became steps, with their answers."""
    for call, answer in zip(one["said"]["calls"], one["answers"], strict=False):
        yield Exchange(call["tool"], call["arguments"], answer["value"], answer["error"])


def exchanges(one: Round) -> Iterator[Exchange]:
    """The calls of a round with their answers, then those that were refused."""
    yield from made(one)
    for call in one["said"].get("refused", ()):
        yield Exchange(call["tool"], call["arguments"], None, call["error"])


def result_text(value: Any, error: Any) -> str:
    """The result of a call as text. Whatever stands in it is data."""
    if error is not None:
        value = f"{error['code']}: {error['message']}"
    return value if isinstance(value, str) else as_json(value).decode()


def shown_result(value: Any, error: Any, chars_max: int = RESULT_CHARS_MAX) -> str:
    """The same, cut where it is too long."""
    text = result_text(value, error)
    if len(text) <= chars_max:
        return text
    return text[:chars_max] + _CUT.format(count=len(text))


def record(past: Past, rounds: Sequence[Round], prompt: str, bytes_max: int) -> str:
    """`rounds` as a text of about `bytes_max` bytes at most, to be summarized."""
    calls = sum(1 for one in rounds for _ in exchanges(one))
    # A character may have four bytes; arguments are as long as results, now and then.
    share = bytes_max // (8 * max(calls, 1))
    chars = max(_RECORDED_CHARS_MIN, min(_RECORDED_CHARS_MAX, share))
    lines = [f"Task: {prompt}"]
    if past.summary:
        lines.append(f"Summary of what came before: {past.summary}")
    for one in rounds:
        said = "".join(part.get("text", "") for part in one["said"]["parts"])
        if said.strip():
            lines.append(f"They said: {_indented(said)}")
        for each in exchanges(one):
            arguments = _indented(shown_result(each.arguments, None, chars))
            result = _indented(shown_result(each.value, each.error, chars))
            lines.append(f"They called {each.tool} with {arguments}\nResult: {result}")
    text = "\n\n".join(lines).encode()
    if len(text) <= bytes_max:
        return text.decode()
    # The task and the latest count most.
    half = bytes_max // 2
    begin, end = text[:half].decode("utf-8", "ignore"), text[-half:].decode("utf-8", "ignore")
    return f"{begin}\n\n[…]\n\n{end}"


def shown_round(one: Round) -> tuple[int, int, Round]:
    """How many bytes of JSON a round has, how many what is shown of it has, and what that is.

    A result that is too long to be shown whole is the text that is shown.
    """
    shown = {"said": one["said"], "answers": one["answers"]}
    size = len(as_json(shown))
    if size <= RESULT_CHARS_MAX:
        return size, size, shown
    cut = shown | {"answers": [_cut(answer) for answer in one["answers"]]}
    return size, len(as_json(cut)), cut


def _cut(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = shown_result(answer["value"], None)
    return answer if len(shown) <= RESULT_CHARS_MAX else {**answer, "value": shown}


def _indented(text: str) -> str:
    """`text` without a line that could be taken for one of the record's own."""
    return "\n    ".join(text.splitlines())
