"""What the stand-ins of providers send fits the types of the SDKs, and has the form of what real ones have sent."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from anthropic.types import ErrorResponse, Message, RawMessageStreamEvent
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from batuta.testing.providers import Answer, Failure, ToolCall, anthropic, google, openai_chat
from batuta.testing.providers import openai_responses as responses
from tests.capabilities.model.recorded import RECORDINGS, recording, shapes

WIRES: dict[str, Any] = {
    "openai-chat": openai_chat,
    "openai-responses": responses,
    "anthropic": anthropic,
    "google": google,
}
# What a whole answer is, and what each event of a stream.
TYPES: dict[str, tuple[Any, Any]] = {
    "openai-chat": (ChatCompletion, ChatCompletionChunk),
    "openai-responses": (Response, ResponseStreamEvent),
    "anthropic": (Message, RawMessageStreamEvent),
    "google": (GenerateContentResponse, GenerateContentResponse),
}
ANSWERS = {
    "text": Answer("Four, I think."),
    "tool": Answer(tools=(ToolCall("look", {"id": 7}),)),
    "tools beside words": Answer("One moment.", tools=(ToolCall("a"), ToolCall("b", {"x": []}))),
    "thoughts": Answer("Four.", thinking="Two and two."),
    "refusal": Answer(refusal="No."),
    "cut": Answer("Fo", end="length"),
    "filtered": Answer("F", end="filter"),
    "nothing": Answer(""),
}
ARGUMENTS = (".input", ".args")
# The types have it, and it is younger than the recordings; or another question was asked.
ELSE = {
    ".response.usage.input_tokens_details.cache_write_tokens: number",
    ".response.instructions: null",
}
EVERY = [(wire, name) for wire in WIRES for name in ANSWERS]


def whole(wire: str, answer: Answer) -> dict[str, Any]:
    return json.loads(json.dumps(WIRES[wire].whole(answer, "tiny", 9)))


def events(wire: str, answer: Answer) -> list[dict[str, Any]]:
    """The data of each event of a stream."""
    sent = b"".join(WIRES[wire].events(answer, "tiny", 9)).decode().replace("\r\n", "\n")
    data = [line.removeprefix("data: ") for line in sent.split("\n") if line.startswith("data: ")]
    return [json.loads(one) for one in data if one != "[DONE]"]


def unknown(value: Any, at: str = "") -> Iterator[str]:
    """The keys that a type of an SDK does not have; the types themselves let them pass."""
    if isinstance(value, BaseModel):
        yield from (f"{at}.{key}" for key in value.model_extra or {})
        for key in type(value).model_fields:
            yield from unknown(getattr(value, key), f"{at}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from unknown(one, f"{at}[]")


@pytest.mark.parametrize(("wire", "name"), EVERY)
def test_every_answer_fits_the_types_of_the_sdk_whole_and_streamed(wire: str, name: str) -> None:
    for_whole, for_event = (TypeAdapter(kind) for kind in TYPES[wire])
    answer = ANSWERS[name]
    assert list(unknown(for_whole.validate_python(whole(wire, answer)))) == []
    found = [for_event.validate_python(one) for one in events(wire, answer)]
    assert found
    assert [flaw for one in found for flaw in unknown(one)] == []


def shape(values: Iterable[Any]) -> dict[str, set[str]]:
    """Which keys there are, by path, and of which JSON types."""
    found: dict[str, set[str]] = {}

    def see(value: Any, at: str) -> None:
        found.setdefault(at, set()).add(_kind(value))
        if at.endswith(ARGUMENTS):
            return  # of a tool, which are the tool's affair
        if isinstance(value, dict):
            for key, one in value.items():
                see(one, f"{at}.{key}")
        elif isinstance(value, list):
            for one in value:
                see(one, f"{at}[]")

    for value in values:
        see(value, "")
    return found


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(value)]


def invented(sent: dict[str, set[str]], seen: dict[str, set[str]]) -> set[str]:
    """What was sent that nobody has seen a provider send."""
    made_up = {
        f"{path}: {kind}" for path, kinds in sent.items() for kind in kinds - seen.get(path, set())
    }
    return made_up - ELSE


def seen_of(wire: str, ending: str) -> list[Any]:
    """The recorded answers of `wire`: whole, or the events of streams."""
    found = [
        recording(name) for name in RECORDINGS if name.startswith(wire) and name.endswith(ending)
    ]
    return [one for each in found for one in (each.events or [each.body])]


def by_kind(values: Iterable[dict[str, Any]]) -> dict[str, dict[str, set[str]]]:
    """The shapes of events, each kind for itself."""
    kinds: dict[str, list[Any]] = {}
    for one in values:
        kinds.setdefault(str(one.get("type", "chunk")), []).append(one)
    return {kind: shape(some) for kind, some in kinds.items()}


def streamed(wire: str) -> dict[str, dict[str, set[str]]]:
    """The shapes of recorded events."""
    known = shapes().get(wire)
    if known is None:
        return by_kind(seen_of(wire, "-stream"))
    return {
        kind: {
            ("" if path == "." else path): set(types.split("|")) for path, types in paths.items()
        }
        for kind, paths in known.items()
    }


# What was recorded of each, and is compared.
WHOLE = {
    "openai-chat": ("text", "tool", "refusal", "cut"),
    "openai-responses": ("text",),
    "anthropic": ("text", "tool", "tools beside words"),
}
STREAMED = {
    "openai-chat": ("text", "tool", "cut"),
    "openai-responses": ("text",),
    "anthropic": ("text", "tool", "tools beside words", "thoughts", "refusal", "cut"),
    "google": ("text", "tool"),
}


@pytest.mark.parametrize("wire", WHOLE)
def test_nothing_in_a_whole_answer_is_made_up(wire: str) -> None:
    sent = shape(whole(wire, ANSWERS[name]) for name in WHOLE[wire])
    assert invented(sent, shape(seen_of(wire, "-whole"))) == set()


@pytest.mark.parametrize("wire", STREAMED)
def test_nothing_in_a_stream_is_made_up(wire: str) -> None:
    sent = by_kind(one for name in STREAMED[wire] for one in events(wire, ANSWERS[name]))
    seen = streamed(wire)
    assert {kind: invented(sent[kind], seen[kind]) for kind in sent} == {
        kind: set() for kind in sent
    }
    assert set(seen) - set(sent) <= {"ping"}


def test_errors_have_the_form_of_recorded_ones() -> None:
    recorded = shape([recording("anthropic-rate-limited").body])
    assert invented(shape([anthropic.error(Failure("rate_limited"))[1]]), recorded) == set()
    TypeAdapter(ErrorResponse).validate_python(anthropic.error(Failure("overloaded"))[1])
    known = shapes()["openai-error"]["body"]
    seen = {("" if path == "." else path): set(kinds.split("|")) for path, kinds in known.items()}
    nulls = {".error.code: null", ".error.param: null"}  # nothing was wrong with a parameter
    for kind in ("rate_limited", "quota", "too_long", "bad_key", "broken"):
        assert invented(shape([openai_chat.error(Failure(kind))[1]]), seen) <= nulls
