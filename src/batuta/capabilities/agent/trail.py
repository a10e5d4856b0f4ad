"""What was found out about the rounds of a conversation. Each turn looks at all of them once more, and brings one.

The engine hands the same value of a round to every later thought, and nobody changes it: a conversation is known by
the identity of its rounds, and only what has come since is looked at.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from batuta.capabilities.agent.rounds import Exchange, Past, Round, as_json, made, shown_round

__all__ = ["REPEATED", "Trail", "call_key", "past_of", "sound_in", "trail_of"]

# The code of a call that was not made because it had been made before, and nothing new had come of it.
REPEATED = "repeated"
# Of all conversations of the process, by the size of their rounds as JSON.
_BYTES_MAX = 32 * 1_024 * 1_024


class Trail:
    """The rounds of one conversation. To be used at once: another one that begins alike may make it longer.

    Attributes:
        rounds: oldest first.
        shown: what a model is shown of each. `sizes`: the bytes of that as JSON.
        summary_at: the place of the latest one that summarized those before it; -1 if none did.
        messages: what the library is told, by the names that tools have there.
        ids: of all calls, also of those that were refused; this and what follows once it is `indexed`.
        made: by `call_key`, what came of each call that became a step.
        repeated: tool (as the model names it) and arguments of the calls that were refused as repeated.
    """

    def __init__(self) -> None:
        self.rounds: list[Round] = []
        self.shown: list[Round] = []
        self.sizes: list[int] = []
        self.summary_at = -1
        self.messages: dict[tuple[tuple[str, str], ...], list[Any]] = {}
        self.ids: set[str] = set()
        self.made: dict[bytes, list[Exchange]] = {}
        self.repeated: list[tuple[str, Any]] = []
        self.bytes = 0
        self._indexed = 0

    def add(self, one: Round) -> None:
        """The next round."""
        whole, size, shown = shown_round(one)
        if one.get("summary"):
            self.summary_at = len(self.rounds)
        self.rounds.append(one)
        self.shown.append(shown)
        self.sizes.append(size)
        self.bytes += whole

    def indexed(self) -> "Trail":
        """The same, with `ids`, `made` and `repeated` of all rounds."""
        for one in self.rounds[self._indexed :]:
            self._indexed += 1
            said = one["said"]
            self.ids.update([call["id"] for call in said["calls"]])
            for each in made(one):
                self.made.setdefault(call_key(each.tool, each.arguments), []).append(each)
            for call in said.get("refused", ()):
                self.ids.add(call["id"])
                if call["error"]["code"] == REPEATED:
                    self.repeated.append((call["tool"], call["arguments"]))
        return self


# By the identity of the first round, which the trail keeps alive.
_trails: OrderedDict[int, Trail] = OrderedDict()
_bytes = 0


def trail_of(rounds: Sequence[Round]) -> Trail:
    """The trail of sound `rounds`."""
    global _bytes
    if not rounds:
        return Trail()
    key = id(rounds[0])
    trail = _trails.pop(key, None)
    if trail is not None:
        _bytes -= trail.bytes
        if rounds[: len(trail.rounds)] != trail.rounds:
            trail = None
    if trail is None:
        trail = Trail()
    for one in rounds[len(trail.rounds) :]:
        trail.add(one)
    _trails[key] = trail
    _bytes += trail.bytes
    # The newest stays, however long it is: it comes back with the next turn.
    while _bytes > _BYTES_MAX and len(_trails) > 1:
        _, dropped = _trails.popitem(last=False)
        _bytes -= dropped.bytes
    return trail


def sound_in(rounds: Sequence[Any]) -> int:
    """How many of `rounds`, from the first one on, are known to be sound: they have a trail."""
    trail = _trails.get(id(rounds[0])) if rounds else None
    if trail is None or rounds[: len(trail.rounds)] != trail.rounds:
        return 0
    return len(trail.rounds)


def call_key(tool: str, arguments: Any) -> bytes:
    """The same for calls that are the same."""
    return as_json([tool, arguments])


def past_of(args: Mapping[str, Any]) -> Past:
    """What the arguments of a thought, which are sound, say of the past."""
    history: list[Round] = args.get("history") or []
    trail = trail_of(history)
    rounds, summary, summed, turn = history, "", 0, len(history)
    if "summary" in args:
        # A thought inside of a round that has just summarized: what it is given is the rest.
        summary, turn = args["summary"], args["turn"]
        summed = turn - len(history)
    elif trail.summary_at >= 0:
        one = history[trail.summary_at]
        rounds, summary, summed = history[one["upto"] :], one["summary"], one["upto"]
    return Past(rounds, summary, turn, summed, trail.sizes[len(history) - len(rounds) :])
