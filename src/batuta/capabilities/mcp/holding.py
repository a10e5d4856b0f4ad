"""Calls that stay on the line while people are asked: before 2026-07-28 a server cannot come back to its question.

The step parks, and the request stays open in this process, as long as `answer` in the workspace says. The answer finds
it here. After a restart there is nothing left of it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from batuta.capabilities.mcp.asking import answered, question_of, rest_of, wording
from batuta.capabilities.mcp.sending import Sending
from batuta.spec.call import Call, Failed, Outcome, Waiting
from batuta.spec.card import Effect

__all__ = ["Lines"]

# What people have to answer is kept on the line for so much longer than they have: the default is an answer, too (s).
_LONGER_S = 30.0
# Calls on the line at once; each is a task and a request.
_LINES_MAX = 1_000
LIVE = "live"

Talk = Callable[[Sending], Coroutine[Any, Any, Outcome]]


class Lines:
    """The calls that are on the line, by their keys. `answer_s`: how long a question may stand."""

    def __init__(self, answer_s: float) -> None:
        self._answer_s = answer_s
        self._lines: dict[str, _Line] = {}

    async def talk(self, call: Call, effect: Effect, sending: Sending, talk: Talk) -> Outcome:
        """The outcome of `talk`, or the question that comes before it."""
        line = self._lines.pop(call.key, None)
        if line is None:
            if call.answered and effect == "write":
                said = "it asked in the middle of the call, and nobody is on the line any more"
                return Failed(
                    "lost", f"{said}; what was asked for may have happened", in_doubt=True
                )
            line = _Line(call, sending, talk, self._answer_s)
        elif call.answered:
            line.answer(call.answer)
        try:
            outcome = await line.next()
        except BaseException:
            sending.left, sending.trouble = line.sending.left, line.sending.trouble
            line.close()
            raise
        if not line.task.done():
            if len(self._lines) >= _LINES_MAX:
                line.close()
                return Failed("unavailable", f"{_LINES_MAX} calls wait for answers already")
            self._lines[call.key] = line
            asyncio.get_running_loop().call_later(
                self._answer_s + 2 * _LONGER_S, self._forget, call.key, line
            )
        return outcome

    async def close(self) -> None:
        """Hang up everywhere."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            line.close()
        if lines:
            await asyncio.wait([line.task for line in lines.values()])

    def _forget(self, key: str, line: "_Line") -> None:
        if self._lines.get(key) is line:
            self._lines.pop(key).close()


class _Line:
    """One call in a task of its own, and the question it has come to."""

    def __init__(self, call: Call, sending: Sending, talk: Talk, answer_s: float) -> None:
        self._call = call
        self._answer_s = answer_s
        self._answer: asyncio.Future[Any] | None = None
        # A call that was asked for again, after a restart, has its answer with it.
        self._known = call.answered
        self.sending = sending
        sending.ask = self._ask
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[Waiting] = self._loop.create_future()
        self.task = asyncio.create_task(talk(sending))

    def answer(self, answer: Any) -> None:
        """What people have said to the last question."""
        self._asked = self._loop.create_future()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def next(self) -> Outcome:
        """The outcome, or the next question."""
        await asyncio.wait({self.task, self._asked}, return_when=asyncio.FIRST_COMPLETED)
        return self._asked.result() if self._asked.done() else self.task.result()

    def close(self) -> None:
        """Hang up."""
        self.task.cancel()

    async def _ask(self, params: Any) -> dict[str, Any]:
        """What the server is answered, as soon as people have answered."""
        if self._known:
            self._known = False
            if self._call.state.get("asked") == wording(params):
                return answered(rest_of(params), self._call.answer)
        question = question_of(self._call.capability, {"": params})
        if isinstance(question, str):
            self.sending.unasked = question
            return {"action": "cancel"}
        state = {"on": LIVE, "asked": wording(params)}
        self._answer = self._loop.create_future()
        # While people think, nobody counts the seconds of the call.
        until, self.sending.until, self.sending.ask = self.sending.until, None, None
        self._asked.set_result(Waiting(question, state, expires_s=self._answer_s))
        began = self._loop.time()
        try:
            async with asyncio.timeout(self._answer_s + _LONGER_S):
                answer = await self._answer
        except TimeoutError:
            answer = None
        finally:
            self.sending.ask = self._ask
            if until is not None:
                self.sending.until = until + self._loop.time() - began
        return answered(rest_of(params), answer)
