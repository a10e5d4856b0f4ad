"""The fault script: which arriving requests are stalled, failed, dropped or answered late.

A script lives in memory only: a restarted ledger starts without faults.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from batuta.testing.ledger.signals import Signal
from batuta.testing.ledger.wire import Refusal, Request

Do = Literal[
    "stall_before", "stall_after", "fail_before", "fail_after", "drop_before", "drop_after", "late"
]

# A stall that nobody releases goes on after this time, and no fault may ask for longer.
HOLD_S_MAX = 600.0
FAULTS_COUNT_MAX = 10_000

_PATTERNS = ("method", "path", "key", "reference")


@dataclass(slots=True)
class Fault:
    """One line of the script and how far it has got.

    It applies to the requests that match all of `match`: `method`, `key` and `reference` exactly,
    `path` with `*` as wildcard. Of these it lets pass those before the `nth` (from 1) and those
    after it has struck `times` times (None: strikes for ever).
    """

    id: int
    match: Mapping[str, str]
    do: Do
    nth: int = 1
    times: int | None = 1
    seconds: float | None = None
    status: int = 500
    seen: int = 0
    struck: int = 0

    def strikes(self, arrival: Mapping[str, str]) -> bool:
        """Return whether this fault is due for `arrival`, which it counts as seen."""
        if not _matches(self.match, arrival):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.struck < self.times)

    def shown(self) -> dict[str, Any]:
        """Return this fault as JSON."""
        return {
            "fault": self.id,
            "match": {**self.match, "nth": self.nth},
            "do": self.do,
            "seconds": self.seconds,
            "status": self.status,
            "times": self.times,
            "seen": self.seen,
            "struck": self.struck,
        }


@dataclass(slots=True)
class Stall:
    """One request that is being held, and whether its client is still there."""

    id: int
    arrival: Mapping[str, str]
    do: Do
    connected: Callable[[], bool]
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def shown(self) -> dict[str, Any]:
        """Return this stall as JSON."""
        return {
            "stall": self.id,
            "method": self.arrival["method"],
            "path": self.arrival["path"],
            "key": self.arrival.get("key"),
            "reference": self.arrival.get("reference"),
            "do": self.do,
            "connected": self.connected(),
        }


class Script:
    """The faults in the order they were added, and the requests they hold."""

    def __init__(self) -> None:
        self.changed = Signal()
        self.faults: list[Fault] = []
        self.stalls: dict[int, Stall] = {}
        self._next_id = 1

    def add(self, body: dict[str, Any]) -> Fault:
        """Add the fault described by `body`; `Refusal` 400 if it is not valid."""
        fault = _parse(self._new_id(), body)
        if len(self.faults) >= FAULTS_COUNT_MAX:
            raise Refusal(400, f"there are {FAULTS_COUNT_MAX} faults already", "DELETE /faults")
        self.faults.append(fault)
        return fault

    def clear(self) -> int:
        """Forget all faults and return how many; what is stalled stays so until released."""
        count, self.faults = len(self.faults), []
        return count

    def pick(self, arrival: Mapping[str, str]) -> Fault | None:
        """Return the first fault that strikes `arrival`; all that match count it as seen."""
        due = [fault for fault in self.faults if fault.strikes(arrival)]
        if not due:
            return None
        due[0].struck += 1
        return due[0]

    async def hold(
        self, fault: Fault, arrival: Mapping[str, str], connected: Callable[[], bool]
    ) -> None:
        """Hold a request until it is released, or for the fault's `seconds`."""
        stall = Stall(self._new_id(), arrival, fault.do, connected)
        self.stalls[stall.id] = stall
        self.changed.fire()
        try:
            async with asyncio.timeout(HOLD_S_MAX if fault.seconds is None else fault.seconds):
                await stall.gate.wait()
        except TimeoutError:
            pass
        finally:
            self.stalls.pop(stall.id, None)
            self.changed.fire()

    def release(self, match: dict[str, Any]) -> int:
        """Let the held requests that fit `match` go on; return how many those are."""
        patterns = _patterns(match, "the body")
        chosen = [stall for stall in self.stalls.values() if _matches(patterns, stall.arrival)]
        for stall in chosen:
            # Gone from the list at once, so that a test never sees what it has released.
            del self.stalls[stall.id]
            stall.gate.set()
        return len(chosen)

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def arrival_of(request: Request) -> dict[str, str]:
    """Return what faults can match of `request`: method, path, and if given key and reference."""
    arrival = {"method": request.method, "path": request.path}
    if request.key:
        arrival["key"] = request.key
    try:
        body = request.json()
    except Refusal:
        body = None
    if isinstance(body, dict):
        reference: Any = body.get("reference")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if isinstance(reference, str):
            arrival["reference"] = reference
    return arrival


def _matches(patterns: Mapping[str, str], arrival: Mapping[str, str]) -> bool:
    for name, pattern in patterns.items():
        value = arrival.get(name)
        if value is None:
            return False
        if not (fnmatchcase(value, pattern) if name == "path" else value == pattern):
            return False
    return True


def _patterns(match: Any, where: str) -> dict[str, str]:
    if not isinstance(match, dict):
        raise Refusal(400, f"{where} is not an object", f"use some of {', '.join(_PATTERNS)}")
    patterns: dict[str, str] = {}
    for name, value in match.items():  # pyright: ignore[reportUnknownVariableType]
        if name not in _PATTERNS or not isinstance(value, str):
            raise Refusal(
                400,
                f"{where} has {name!r}: not a known name with a text",
                f"use some of {', '.join(_PATTERNS)}",
            )
        patterns[name] = value
    return patterns


def _parse(fault_id: int, body: dict[str, Any]) -> Fault:
    known = {"match", "do", "seconds", "status", "times"}
    if unknown := sorted(set(body) - known):
        raise Refusal(400, f"unknown {unknown[0]!r}", f"use {', '.join(sorted(known))}")
    if body.get("do") not in get_args(Do):
        raise Refusal(400, f"do is {body.get('do')!r}", f"use one of {', '.join(get_args(Do))}")
    match: Any = body.get("match", {})
    if not isinstance(match, dict):
        raise Refusal(400, "match is not an object", "use {} to match every request")
    match = dict(match)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    nth = _number("nth", match.pop("nth", 1), 1, 10**9)
    seconds: Any = body.get("seconds")
    if seconds is not None and (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= HOLD_S_MAX
    ):
        raise Refusal(400, f"seconds is {seconds!r}", f"give 0 to {HOLD_S_MAX:g} seconds")
    if body["do"] == "late" and seconds is None:
        raise Refusal(400, "late without seconds", "give the seconds until the answer")
    times = body.get("times", 1)
    return Fault(
        id=fault_id,
        match=_patterns(match, "match"),
        do=body["do"],
        nth=nth,
        times=None if times is None else _number("times", times, 1, 10**9),
        seconds=seconds,
        status=_number("status", body.get("status", 500), 400, 599),
    )


def _number(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refusal(400, f"{name} is {value!r}", f"give a whole number from {least} to {most}")
    return value
