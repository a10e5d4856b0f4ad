"""The calls that a model asks for: which become steps, and which are answered with an error instead. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from batuta.capabilities.agent.rounds import Round, as_json
from batuta.capabilities.agent.tools import Tool
from batuta.capabilities.agent.trail import REPEATED, Trail, call_key, trail_of
from batuta.errors import InputError
from batuta.language.rescue import rescue
from batuta.reading.nearest import did_you_mean
from batuta.spec.value import plain

__all__ = ["CALLS_AT_ONCE_MAX", "Asked", "Sorted", "sort_calls"]

# Of one answer of a model: more at once is no plan, but a flood.
CALLS_AT_ONCE_MAX = 16
# So many are told that they were too many; what is beyond them is forgotten.
_CALLS_KEPT_MAX = 64
# The same call with the same answer so often, and the next one is not made.
_SAME_MAX = 2
_ARGUMENTS_CHARS_KEPT = 2_000
# Of the name of a tool that is none; providers take 64 for one.
_TOOL_CHARS_KEPT = 128


class Asked(NamedTuple):
    """A call as the model asks for it: `tool` by the name it knows, `arguments` parsed or as text."""

    id: str
    tool: str
    arguments: Any


class Sorted(NamedTuple):
    """What becomes of the calls of one answer.

    Attributes:
        calls: those that become steps: `{id, tool, arguments}`, the tool by the name of its capability.
        refused: the others: `{id, tool, arguments, error}`, the tool by the name that the model gave.
        places: for each call that is kept, in the model's order: the list it is in, and where.
        hand_over: the agent that the conversation is left to; "" if it is not. `note`: what it is told.
        looping: the tool that is called over and over, although the model was told; "" if none is.
    """

    calls: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    places: list[tuple[str, int]]
    hand_over: str = ""
    note: str = ""
    looping: str = ""


def sort_calls(
    asked: Sequence[Asked], tools: Mapping[str, Tool], rounds: Sequence[Round]
) -> Sorted:
    """Sort `asked` by what `tools` take, and by what happened in `rounds`."""
    alone = tools.get(asked[0].tool) if len(asked) == 1 else None
    if alone is not None and alone.hands_over:
        given, flaw = _arguments(asked[0].arguments, alone)
        note = "" if flaw else given.get("note", "")
        return Sorted([], [], [], hand_over=alone.capability, note=note)
    past = _Past(trail_of(rounds).indexed(), tools)
    calls: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    places: list[tuple[str, int]] = []
    looping = ""
    seen: set[str] = set()
    asked_now: set[bytes] = set()
    for one in asked[:_CALLS_KEPT_MAX]:
        arguments, error = _read(one, tools, len(calls), twice=one.id in seen)
        tool = tools.get(one.tool)
        if not error and tool is not None:
            key = call_key(tool.capability, arguments)
            if past.told(key):
                looping = tool.capability
            if key in asked_now and tool.changes:
                error = _error("duplicate", "the same call stands in this answer already")
            elif past.often(key, changes=tool.changes):
                error = _error(
                    REPEATED,
                    "this was called with the same arguments before, and nothing new came of it;"
                    " do something else, or answer with what you know",
                )
            asked_now.add(key)
        id = _unused(one.id, lambda name: name in seen or past.has(name))
        seen.add(one.id)
        seen.add(id)
        if error or tool is None:
            places.append(("refused", len(refused)))
            named = one.tool[:_TOOL_CHARS_KEPT]
            refused.append({"id": id, "tool": named, "arguments": arguments, "error": error})
        else:
            places.append(("call", len(calls)))
            calls.append({"id": id, "tool": tool.capability, "arguments": arguments})
    return Sorted(calls, refused, places, looping=looping)


class _Past:
    """Which calls were made before, how often without anything new, and which ones the model was told of."""

    def __init__(self, trail: Trail, tools: Mapping[str, Tool]) -> None:
        self._trail = trail
        self._tools = tools

    def has(self, id: str) -> bool:
        """True if a call had this id."""
        return id in self._trail.ids

    def often(self, key: bytes, *, changes: bool) -> bool:
        """True if the call was made so often that it is not to be made again."""
        count, before = 0, b""
        for one in self._trail.made.get(key, ()):
            answer = as_json([one.value, one.error])
            # What answers something new is watched, and may be asked as often as there are turns.
            again = answer == before or (changes and one.error is None)
            count, before = count + 1 if again else 1, answer
        return count >= _SAME_MAX

    def told(self, key: bytes) -> bool:
        """True if the model was told that the call was made before."""
        for shown, arguments in self._trail.repeated:
            tool = self._tools.get(shown)
            if tool is not None and call_key(tool.capability, arguments) == key:
                return True
        return False


def _read(
    one: Asked, tools: Mapping[str, Tool], count: int, *, twice: bool
) -> tuple[Any, dict[str, Any] | None]:
    """The arguments of a call, and why it cannot be made (None if it can)."""
    tool = tools.get(one.tool)
    try:
        kept = plain(one.arguments)
    except InputError as error:
        return "", _error("invalid", error.message)
    if isinstance(kept, str):
        kept = kept[:_ARGUMENTS_CHARS_KEPT]
    if twice:
        return kept, _error("duplicate", "another call of the same answer has this id; call again")
    if tool is None:
        near = did_you_mean(one.tool, tools, "tools")
        return kept, _error("unknown_tool", f"there is no tool {one.tool[:64]!r}; {near}")
    if tool.hands_over:
        return kept, _error("not_alone", "hand over in an answer of its own, without other calls")
    if count >= CALLS_AT_ONCE_MAX:
        text = f"only {CALLS_AT_ONCE_MAX} calls are made at once; call again, if it is needed"
        return kept, _error("too_many", text)
    arguments, flaw = _arguments(one.arguments, tool)
    if flaw:
        return kept, _error("invalid", f"the arguments do not fit: {flaw}")
    return arguments, None


def _arguments(given: Any, tool: Tool) -> tuple[Any, str]:
    check, fits = tool.check, False
    if given is None or given == "":
        given = {}
    if isinstance(given, str):
        read = rescue(given, check)
        if read.flaw or read.cut:
            return None, read.flaw or "their end is missing"
        given, fits = read.value, not read.forgiven
    try:
        given = plain(given)
    except InputError as error:
        return None, error.message
    if not isinstance(given, dict):
        return None, "they are no map"
    return cast("dict[str, Any]", given), "" if fits else check(given) or ""


def _error(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def _unused(id: str, taken: Callable[[str], bool]) -> str:
    found, count = id or "call", 2
    while taken(found):
        found, count = f"{id or 'call'}_{count}", count + 1
    return found
