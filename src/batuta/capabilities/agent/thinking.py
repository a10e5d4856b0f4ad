"""One thought: what a model says in a conversation with tools, and what becomes of it. Imported with the library."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from pydantic_ai.messages import ModelResponse
from pydantic_ai.tools import ToolDefinition

from batuta.capabilities.agent.calls import Sorted, sort_calls
from batuta.capabilities.agent.history import before, behind, calls_in, said_of
from batuta.capabilities.agent.plans import hand_over_plan, tools_plan
from batuta.capabilities.agent.rounds import Past, record
from batuta.capabilities.agent.tools import Tool
from batuta.capabilities.model.answering import Talk, kept, read_answer
from batuta.language.rescue import Check, Rescue
from batuta.reading.agents import AgentConfig
from batuta.spec.call import Call, Done, Expand, Failed, Outcome

__all__ = ["Thought", "talk_of"]

_LAST = "This is your last turn: no tool can be called any more. Answer now, with what you know."
# Of what it still wants to call after its last turn, in the message that says so.
_NAMES_SHOWN, _NAME_CHARS_SHOWN = 5, 64
# Of a conversation that another agent goes on with.
_HANDED_BYTES_MAX = 32_000


class Thought(NamedTuple):
    """What a thought goes by.

    Attributes:
        defined: the tools in the library's words.
        earlier: messages of the thread that it is a part of.
    """

    name: str
    config: AgentConfig
    tools: dict[str, Tool]
    defined: Sequence[ToolDefinition]
    past: Past
    call: Call
    earlier: Sequence[Mapping[str, Any]]
    check: Check | None

    @property
    def last(self) -> bool:
        """No turn is left after this one."""
        return self.past.turn + 1 >= self.config.turns


def talk_of(thought: Thought) -> Talk:
    """What there is around the question: what was said before, the tools, and how the answer is read."""
    words = [_LAST] if thought.last and thought.tools else []
    return Talk(
        read=partial(_read, thought),
        before=before(thought.earlier),
        behind=behind(thought.past.rounds, thought.tools, words),
        tools=thought.defined,
        last=thought.last,
    )


def _read(thought: Thought, answer: ModelResponse, spent: int) -> Outcome | Rescue:
    calls = calls_in(answer)
    if not calls or answer.finish_reason == "content_filter":
        return _answered(thought, answer, spent)
    turns = thought.config.turns
    if thought.last:
        named = ", ".join(
            dict.fromkeys(one.tool[:_NAME_CHARS_SHOWN] for one in calls[:_NAMES_SHOWN])
        )
        said = kept(answer.text or "")
        text = f"it wants to go on with {named}, and has had {turns} turns{said}"
        return Failed("turns", text, cost_nusd=spent)
    found = sort_calls(calls, thought.tools, thought.past.rounds)
    if found.looping:
        text = (
            f"it calls {found.looping} over and over with the same arguments, although it was told"
        )
        return Failed("looping", f"{text}{kept(answer.text or '')}", cost_nusd=spent)
    said = said_of(answer, found)
    if found.hand_over:
        return _handed_over(thought, found, said, spent)
    if not found.calls:
        return Done({"said": said, "answers": [], "answer": None}, cost_nusd=spent)
    names = [one["tool"] for one in found.calls]
    thought.call.report({"message": f"calls {', '.join(names)}"})
    return Expand(tools_plan(thought.name, tuple(names)), {"said": said}, cost_nusd=spent)


def _answered(thought: Thought, answer: ModelResponse, spent: int) -> Outcome | Rescue:
    read = read_answer(answer, spent, thought.check)
    if not isinstance(read, Done):
        return read
    final = {
        "text": read.value["text"],
        "value": read.value["value"],
        "end": read.value["end"],
        "turns": thought.past.turn + 1,
        "agent": thought.name,
    }
    value: dict[str, Any] = {"said": None, "answers": [], "answer": final}
    return msgspec.structs.replace(read, value=value)


def _handed_over(thought: Thought, found: Sorted, said: dict[str, Any], spent: int) -> Expand:
    """The other agent gets the question as it was asked, and what was said and found out since."""
    args, past = thought.call.args, thought.past
    context: dict[str, Any] = {
        "from": thought.name,
        "note": found.note,
        "before": args.get("context"),
        "so far": record(past, past.rounds, args["prompt"], _HANDED_BYTES_MAX),
    }
    inputs: dict[str, Any] = {
        "said": said,
        "prompt": args["prompt"],
        "files": args.get("files") or [],
        "context": {name: value for name, value in context.items() if value},
    }
    thought.call.report({"message": f"hands over to {found.hand_over}"})
    return Expand(hand_over_plan(thought.name, found.hand_over), inputs, cost_nusd=spent)
