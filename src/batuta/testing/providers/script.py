"""What a scripted provider answers, in words of its own: the wire formats are made of these."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

__all__ = [
    "SIGNATURE",
    "Answer",
    "Asked",
    "Failure",
    "FailureKind",
    "Garbage",
    "Reply",
    "Script",
    "ToolCall",
]

FailureKind = Literal[
    "rate_limited", "quota", "overloaded", "too_long", "bad_key", "no_model", "broken"
]
# What a provider signs thoughts with, base64.
SIGNATURE = "c2lnbmVkIGJ5IHRoZSBwcm92aWRlcg=="
_PIECE = re.compile(r"\s*\S+\s*\Z|\s*\S+")


class ToolCall(msgspec.Struct, frozen=True):
    """A tool that the model wants called. `arguments` may be a text, to send what is no JSON.

    `id`: what the call is known by; "" for one that the provider would make. Google has none unless it is given.
    """

    name: str
    arguments: dict[str, Any] | str = {}
    id: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a model says.

    Attributes:
        text: its words.
        tools: the tools it calls, all at once.
        thinking: what it thought before, with a signature that has to come back; OpenAI Chat has none.
        refusal: why it will not, in words of the provider.
        end: `stop`, `length` (it was cut at the most tokens) or `filter`.
        input_tokens, output_tokens: what is billed; None: about as many as there are words.
        first_s, pause_s: seconds before the first piece of a stream, and between pieces. A whole answer takes both.
        breaks_after: the connection breaks behind so many pieces of a stream (or half of a whole answer).
    """

    text: str = ""
    tools: tuple[ToolCall, ...] = ()
    thinking: str = ""
    refusal: str = ""
    end: Literal["stop", "length", "filter"] = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    first_s: float = 0.0
    pause_s: float = 0.0
    breaks_after: int | None = None

    @property
    def pieces(self) -> list[str]:
        """The text as it is streamed, word by word."""
        return _PIECE.findall(self.text) or ([self.text] if self.text else [])

    @property
    def output_count(self) -> int:
        """Tokens of the answer."""
        return max(1, len(self.pieces)) if self.output_tokens is None else self.output_tokens


class Failure(msgspec.Struct, frozen=True):
    """An error, as the provider words it. `retry_after_s`: when it wants to be asked again, in seconds.

    `streamed`: it comes inside of a stream that began well, behind so many words.
    """

    kind: FailureKind
    retry_after_s: float | None = None
    streamed: int | None = None


class Garbage(msgspec.Struct, frozen=True):
    """Bytes as they are: what no provider sends, or what one has sent and somebody has recorded."""

    body: bytes = b"<html>502 Bad Gateway</html>"
    status: int = 200
    content_type: str = "text/html"


Reply = Answer | Failure | Garbage


class Asked(msgspec.Struct, frozen=True):
    """A request as it came.

    Attributes:
        protocol: openai-chat, openai-responses, anthropic or google.
        model: which model it names.
        text: everything that was said so far: instructions, then messages, in order, with line ends between.
        body: the JSON. `headers`: by lower-case name.
        tools: the names of the tools that may be called.
        streams: it wants the answer piece by piece.
        flaws: where it does not fit the schema that the provider publishes in its SDK; nothing if it does.
    """

    protocol: str
    model: str
    text: str
    body: dict[str, Any]
    headers: dict[str, str]
    streams: bool
    tools: tuple[str, ...] = ()
    flaws: tuple[str, ...] = ()


# Replies in order, the last one for ever; or what makes one of a request.
Script = Sequence[Reply] | Callable[[Asked], Reply]


def input_count(answer: Answer, text: str) -> int:
    """Tokens of the request, as it is billed."""
    return max(1, len(text.split())) if answer.input_tokens is None else answer.input_tokens
