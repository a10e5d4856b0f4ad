"""The agents of a workspace: `agents: {support: {model: strong, instructions: …, tools: [orders.find, human]}}`."""

from typing import Any

import msgspec

from batuta.reading.budget import YEAR_S, read_budget
from batuta.reading.shapes import duration, integer, mapping, matching, record, sequence, text
from batuta.reading.typed import read_type
from batuta.spec.budget import Budget

__all__ = ["TURNS_MAX", "AgentConfig", "read_agents"]

AGENTS_MAX = 1_000
# More than a model chooses well from; providers take 128.
TOOLS_MAX = 100
HAND_OVERS_MAX = 20
# Every turn sends what was said before once more: nobody waits, or pays, for longer ones.
TURNS_MAX = 1_000
INSTRUCTIONS_CHARS_MAX = 100_000
# A history of less is no longer than the summary of it.
COMPACT_TOKENS_MIN = 500
COMPACT_TOKENS_MAX = 10_000_000


class AgentConfig(msgspec.Struct, frozen=True, rename={"timeout_s": "timeout"}):
    """One entry of `agents`.

    Attributes:
        model: which of the workspace's models thinks.
        instructions: who it is and what it is to keep to.
        tools: the capabilities that it may call; nothing else.
        turns: at most so many questions to the model; on the last one it has to answer.
        output: JSON Schema of the answer's `value`; None: it answers in words.
        hand_over: agents that it may leave the conversation to.
        budget: of one call of it, with all that its tools do.
        timeout_s: longest time of one call of it, waiting for people included; None: no bound of its own.
        compact: a longer conversation is summarized, in tokens; 0: when the model takes no more.
    """

    model: str
    instructions: str = ""
    tools: tuple[str, ...] = ()
    turns: int = 20
    output: dict[str, Any] | None = None
    hand_over: tuple[str, ...] = ()
    budget: Budget | None = None
    timeout_s: float | None = None
    description: str = ""
    compact: int = 0


# Its thoughts are called NAME.think.
_read_name = matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,121}", "the name of an agent", "support")
_read_tool = matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "the name of a capability", "orders.find")

_read_agent = record(
    AgentConfig,
    {
        "model": matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "the name of a model", "fast"),
        "instructions": text(0, INSTRUCTIONS_CHARS_MAX),
        "tools": sequence(_read_tool, TOOLS_MAX),
        "turns": integer(1, TURNS_MAX),
        "output": read_type,
        "hand_over": sequence(_read_name, HAND_OVERS_MAX),
        "budget": read_budget,
        "timeout": duration(0.001, YEAR_S),
        "description": text(0, 4_096),
        "compact": integer(COMPACT_TOKENS_MIN, COMPACT_TOKENS_MAX),
    },
    required=("model",),
    what="an agent: a map with at least `model`",
)

read_agents = mapping(_read_name, _read_agent, AGENTS_MAX)
