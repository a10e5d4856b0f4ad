"""Between the messages of the library and the values of rounds. Imported with the library.

Of what a model said, everything is kept that its provider wants back: texts, thoughts with their signatures, calls with
their ids. What is the default there is left out, so that the log holds little more than what was said.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition

from batuta.capabilities.agent.calls import Asked, Sorted
from batuta.capabilities.agent.rounds import Round, made, result_text
from batuta.capabilities.agent.tools import Tool, name_shown
from batuta.capabilities.agent.trail import trail_of

__all__ = ["before", "behind", "calls_in", "definitions", "said_of"]

# No provider is told of it; a look at the clock for each part of a history took longer than the part.
_THEN = datetime.fromtimestamp(0, UTC)
# A round is what the model has said, and what it was answered.
_MESSAGES = 2
# What all parts may have besides their words: in the library's words, and in ours.
_MORE = (("id", "id"), ("signature", "signature"), ("provider_details", "details"))
_MORE_NAMES = frozenset(ours for _, ours in _MORE)


def definitions(tools: Mapping[str, Tool]) -> list[ToolDefinition]:
    """`tools` as they are declared to a model."""
    return [
        ToolDefinition(
            name=tool.shown, description=tool.description, parameters_json_schema=tool.schema
        )
        for tool in tools.values()
    ]


def calls_in(answer: ModelResponse) -> list[Asked]:
    """The calls that an answer asks for, in order."""
    return [
        Asked(part.tool_call_id, part.tool_name, part.args)
        for part in answer.parts
        if isinstance(part, ToolCallPart)
    ]


def said_of(answer: ModelResponse, found: Sorted) -> dict[str, Any]:
    """What an answer says, with its calls as they were sorted, as JSON."""
    places = iter(found.places)
    parts: list[dict[str, Any]] = []
    for part in answer.parts:
        if isinstance(part, TextPart):
            parts.append({"text": part.content, **_more(part)})
        elif isinstance(part, ThinkingPart):
            parts.append({"thinking": part.content, **_more(part)})
        elif isinstance(part, ToolCallPart):
            place = next(places, None)
            if place is not None:
                parts.append({place[0]: place[1], **_more(part)})
    said: dict[str, Any] = {"parts": parts, "calls": found.calls}
    if found.refused:
        said["refused"] = found.refused
    if not all(map(_MORE_NAMES.isdisjoint, parts)):
        said["provider"] = answer.provider_name or ""
    return said


def before(messages: Sequence[Mapping[str, Any]]) -> list[ModelMessage]:
    """The messages of a thread: `{role, text}` each."""
    return [
        ModelRequest(parts=[UserPromptPart(one["text"])])
        if one["role"] == "user"
        else ModelResponse(parts=[TextPart(one["text"])])
        for one in messages
    ]


def behind(
    rounds: Sequence[Round], tools: Mapping[str, Tool], words: Sequence[str] = ()
) -> list[ModelMessage]:
    """What was said in `rounds`, after the question; `words` of ours stand at the end."""
    shown = tuple([(one.capability, one.shown) for one in tools.values() if not one.hands_over])
    trail = trail_of(rounds)
    # To make them anew at every turn took a fifth of the time of a turn.
    made: list[ModelMessage] = trail.messages.setdefault(shown, [])
    for one in trail.shown[len(made) // _MESSAGES :]:
        made += _messages(one, shown)
    messages = made.copy()
    if words:
        last = messages.pop() if messages else ModelRequest(parts=[])
        added = [UserPromptPart(text) for text in words]
        messages.append(ModelRequest(parts=[*last.parts, *added]))  # pyright: ignore[reportArgumentType]
    return messages


def _messages(one: Round, shown: tuple[tuple[str, str], ...]) -> tuple[ModelMessage, ModelMessage]:
    """What was said in one round, and what was answered; `shown`: the model's name of each capability."""
    said, known = one["said"], dict(shown)
    names = [known.get(call["tool"]) or name_shown(call["tool"]) for call in said["calls"]]
    response = ModelResponse(parts=list(_parts(said, names)), timestamp=_THEN)
    return response, ModelRequest(parts=list(_returns(one, names)))


def _parts(said: Mapping[str, Any], names: list[str]) -> Iterator[ModelResponsePart]:
    provider = said.get("provider") or None
    for part in said["parts"]:
        more: dict[str, Any] = {}
        if not _MORE_NAMES.isdisjoint(part):
            more = {theirs: part[ours] for theirs, ours in _MORE if ours in part}
            more["provider_name"] = provider
        if "text" in part:
            yield TextPart(part["text"], **more)
        elif "thinking" in part:
            yield ThinkingPart(part["thinking"], **more)
        elif "call" in part:
            at: int = part["call"]
            call = said["calls"][at]
            yield ToolCallPart(names[at], call["arguments"], call["id"], **more)
        else:
            call = said["refused"][part["refused"]]
            name = name_shown(call["tool"])
            yield ToolCallPart(name, call["arguments"], call["id"], **more)


def _returns(one: Round, names: list[str]) -> Iterator[ModelRequestPart]:
    """Results in the order of the calls."""
    answered = list(made(one))
    said = one["said"]
    for part in said["parts"]:
        if "call" in part:
            at: int = part["call"]
            done = answered[at]
            yield _return(names[at], said["calls"][at]["id"], done.value, done.error)
        elif "refused" in part:
            call = said["refused"][part["refused"]]
            yield _return(name_shown(call["tool"]), call["id"], None, call["error"])


def _return(name: str, id: str, value: Any, error: Any) -> ToolReturnPart:
    failed = error is not None
    outcome = "failed" if failed else "success"
    return ToolReturnPart(name, result_text(value, error), id, timestamp=_THEN, outcome=outcome)


def _more(part: TextPart | ThinkingPart | ToolCallPart) -> dict[str, Any]:
    more: dict[str, Any] = {}
    for theirs, ours in _MORE:
        if value := getattr(part, theirs, None):
            more[ours] = value
    return more
