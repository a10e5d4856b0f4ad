"""What was found out about a round when it was looked at first. Each turn looks at all rounds before it once more.

The engine hands the same value of a round to every later thought, and nobody changes it: it is known by its identity.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from batuta.capabilities.agent.rounds import Past, Round, as_json, made, shown_round

__all__ = ["REPEATED", "Known", "are_sound", "call_key", "found_sound", "known", "past_of"]

# The code of a call that was not made because it had been made before, and nothing new had come of it.
REPEATED = "repeated"
# Of all conversations of the process, by the size of what is remembered as JSON.
_BYTES_MAX = 32 * 1_024 * 1_024


class Known:
    """One round. `encoded` is what is shown of it, as JSON; `sound`: it was held against the schema of rounds."""

    def __init__(self, one: Round) -> None:
        self.round = one
        self.size, self.encoded = shown_round(one)
        self.sound = False

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of its calls, also of those that were refused."""
        said = self.round["said"]
        return frozenset(call["id"] for call in (*said["calls"], *said.get("refused", ())))

    @cached_property
    def made(self) -> Mapping[bytes, list[tuple[bytes, bool]]]:
        """By `call_key`, what came of each call that became a step: the answer as JSON, and whether it is no error."""
        found: dict[bytes, list[tuple[bytes, bool]]] = {}
        for each in made(self.round):
            answer = as_json([each.value, each.error]), each.error is None
            found.setdefault(call_key(each.tool, each.arguments), []).append(answer)
        return found

    @cached_property
    def repeated(self) -> tuple[tuple[str, Any], ...]:
        """Tool (as the model names it) and arguments of the calls that were refused as repeated."""
        refused = self.round["said"].get("refused", ())
        return tuple(
            (one["tool"], one["arguments"]) for one in refused if one["error"]["code"] == REPEATED
        )


_kept: OrderedDict[int, Known] = OrderedDict()
_bytes = 0


def known(one: Round) -> Known:
    """What is known of `one`."""
    global _bytes
    found = _kept.get(id(one))
    if found is not None and found.round is one:
        return found
    found = Known(one)
    if found.size <= _BYTES_MAX // 8:
        _kept[id(one)] = found  # which keeps `one` alive, and its id with it
        _bytes += found.size
        while _bytes > _BYTES_MAX:
            _, dropped = _kept.popitem(last=False)
            _bytes -= dropped.size
    return found


def are_sound(rounds: Iterable[Round]) -> bool:
    """True if all of `rounds` are known to fit the schema of rounds."""
    for one in rounds:
        found = _kept.get(id(one))
        if found is None or found.round is not one or not found.sound:
            return False
    return True


def found_sound(rounds: Iterable[Round]) -> None:
    """All of `rounds` fit the schema."""
    for one in rounds:
        known(one).sound = True


def call_key(tool: str, arguments: Any) -> bytes:
    """The same for calls that are the same."""
    return as_json([tool, arguments])


def past_of(args: Mapping[str, Any]) -> Past:
    """What the arguments of a thought say of the past."""
    history: list[Round] = args.get("history") or []
    rounds, summary, summed, turn = history, "", 0, len(history)
    if "summary" in args:
        # A thought inside of a round that has just summarized: what it is given is the rest.
        summary, turn = args["summary"], args["turn"]
        summed = turn - len(history)
    else:
        for one in reversed(history):
            if one.get("summary"):
                rounds, summary, summed = history[one["upto"] :], one["summary"], one["upto"]
                break
    return Past(rounds, summary, turn, summed, [known(one).encoded for one in rounds])
