"""One turn that a chat client has sent: the run it begins, and the reply, piece by piece or whole."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from fastapi import Request

from batuta.doors.cli.failures import as_ours, code_of
from batuta.doors.http.access.principal import EVERY_SCOPE
from batuta.doors.http.journal_of_requests import tell
from batuta.doors.http.problems import Problem
from batuta.doors.http.starting import check_room
from batuta.doors.http.state import caller_of, service_of
from batuta.errors import BatutaError, Bug, RunFailed
from batuta.serving.course import Turn
from batuta.serving.talk import Begun, Said, Speaker, Talk

__all__ = ["Speaking", "error_of"]

# A run that takes longer goes on, and the next turn asks what became of it; in seconds.
_PATIENCE_S = 600.0
_PIECE_CHARS = 400


class Speaking:
    """One turn, from the request to the reply."""

    def __init__(
        self,
        request: Request,
        model: str,
        turns: Sequence[Turn],
        given: Mapping[str, Any],
        key: str,
    ) -> None:
        self._service = service_of(request)
        principal = caller_of(request)
        self._talk = Talk(
            self._service,
            model,
            turns,
            Speaker(principal.name, principal.caller, principal.trusted),
            given=given,
            key=key,
        )
        if self._talk.answers and not principal.has("answer"):
            raise Problem(
                403,
                "scope",
                "this needs the scope 'answer'",
                remedy=f"ask for a key that may {EVERY_SCOPE['answer']}",
            )
        check_room(self._service, principal)
        self.said: Said | None = None

    async def begin(self) -> Begun | Said:
        """What the turn leads to. Raises as `Talk.begin`."""
        return await self._talk.begin()

    async def whole(self, begun: Begun | Said) -> Said:
        """The reply. Raises as `Talk.said`."""
        if isinstance(begun, Said):
            return begun
        return await self._talk.said(begun, _PATIENCE_S)

    async def pieces(self, begun: Begun | Said) -> AsyncIterator[str]:
        """The reply as it comes; "" now and then, so that the connection lives. `said` is there afterwards.

        What was sent is not taken back: where a model begins again, this ends with an error. Raises as `whole` does.
        """
        sent = ""
        if isinstance(begun, Begun) and begun.streams:
            async for piece in self._reported(begun):
                sent += piece
                yield piece
        work = asyncio.ensure_future(self.whole(begun))
        try:
            while not (await asyncio.wait({work}, timeout=10.0))[0]:
                yield ""
            self.said = work.result()
        finally:
            work.cancel()
        text = self.said.text
        if not text.startswith(sent):
            raise RunFailed("the model has begun again, and what was sent does not count")
        for at in range(len(sent), len(text), _PIECE_CHARS):
            yield text[at : at + _PIECE_CHARS]

    async def _reported(self, begun: Begun) -> AsyncIterator[str]:
        """What a model reports of its answer, until the run has ended."""
        async with aclosing(self._service.feeds.follow(begun.run)) as frames:
            async for frame in frames:
                self._talk.go(begun)  # now that nothing is missed
                told = frame.progress
                if told is None:
                    if not frame.data:
                        yield ""
                    continue
                if told.reset:
                    raise RunFailed("the model has begun again, and what was sent does not count")
                data: Any = told.data
                said = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
                if isinstance(said.get("text"), str):
                    yield said["text"]


def error_of(error: Exception) -> dict[str, Any]:
    """An error in the middle of a stream, as OpenAI's clients read one."""
    if isinstance(error, Problem):
        return {"message": error.detail, "type": "invalid_request_error", "code": error.code}
    ours = error if isinstance(error, BatutaError) else as_ours(error)
    message = ours.in_one_line
    if isinstance(ours, Bug):
        tell("bug", error=ours.message)
        message = "this should not have happened; the log of the server says more"
    return {"message": message, "type": "server_error", "code": code_of(ours)}
