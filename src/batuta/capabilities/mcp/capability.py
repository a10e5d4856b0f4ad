"""One tool, prompt or resource of a server as a capability: one request, one outcome."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

from batuta.capabilities.answers import checker_of
from batuta.capabilities.mcp.answers import (
    failed_by,
    prompted,
    read_out,
    shown_blocks,
    tool_outcome,
    unreadable,
)
from batuta.capabilities.mcp.asking import answers_of, question_of, rest_of
from batuta.capabilities.mcp.holding import LIVE, Lines
from batuta.capabilities.mcp.sending import Sending
from batuta.capabilities.mcp.source import Source
from batuta.capabilities.replies import failure_without_answer
from batuta.errors import InputError
from batuta.imports.manifest import Entry
from batuta.outbound.exchange import Trouble
from batuta.spec.call import Call, Done, Failed, Outcome, Waiting
from batuta.spec.card import Card
from batuta.spec.value import encode

__all__ = ["McpCapability"]

REQUEST_BYTES_MAX = 1_024 * 1_024
# So much earlier than the caller do we stop waiting, to say ourselves whether the request had left (s).
_GRACE_S = 0.05
# A server that always wants to be asked once more is not.
_ROUNDS_MAX = 20
_ROUND_S = 0.1
# What a server wants back with the answer is kept in the log until then.
_STATE_CHARS_MAX = 256 * 1_024
# Of a difference, so much is in a failure; the rest is for those who are to accept it.
_CHANGE_CHARS_MAX = 500
_INVALID, _URL_FIRST, _HEADERS_OLD = -32602, -32042, -32020
# Under this name it is told which call this is; a server that knows it does not do the same thing twice.
_KEY = "batuta/idempotency-key"


class McpCapability:
    """What `entry` of `source` does. `lines` are the calls that are kept open while people are asked."""

    def __init__(self, card: Card, entry: Entry, source: Source, lines: Lines) -> None:
        self.card = card
        self._entry = entry
        self._source = source
        self._lines = lines

    async def __call__(self, call: Call) -> Outcome:
        """Ask the server."""
        card = self.card
        flaw = self._check_input(call.args)
        if flaw:
            return Failed("invalid", flaw)
        try:
            if len(encode(call.args)) > REQUEST_BYTES_MAX:
                return Failed("invalid", f"the arguments exceed {REQUEST_BYTES_MAX:,} bytes")
        except InputError as error:
            return Failed("invalid", error.message)
        if card.missing:
            return Failed("no_key", f"{card.missing}, which {self._source.name} needs")
        left_s = call.deadline - time.time() - _GRACE_S
        sending = Sending(asyncio.get_running_loop().time() + left_s)
        try:
            async with asyncio.timeout(left_s), self._source.turn:
                if card.waits and (not call.answered or _kept(call.state)):
                    return await self._lines.talk(call, card.effect, sending, self._live(call))
                return await self._talk(call, sending)
        except TimeoutError:
            trouble = self._source.late(max(left_s, 0), sending)
        except Trouble as error:
            trouble = error
        return failure_without_answer(card.effect, trouble)

    def _live(self, call: Call) -> Callable[[Sending], Any]:
        async def talk(sending: Sending) -> Outcome:
            return await self._talk(call, sending)

        return talk

    async def _talk(self, call: Call, sending: Sending) -> Outcome:
        """All that has to be said until there is an outcome, or a question to people."""
        if call.answered and _place(call.state) == "links" and not _approved(call.answer):
            return Failed("declined", "nobody opened the links that it wants to be opened first")
        params = self._params(call)
        for round_ in range(_ROUNDS_MAX):
            session = await self._source.session()
            change = await session.changed(self._entry.name)
            if change is not None:
                return self._quarantined(change.text)
            sending.left = False
            found = await self._round(session, params, call, sending)
            if isinstance(found, Done | Failed | Waiting):
                return found
            if found is not None:
                params["request_state"] = found
                params.pop("input_responses", None)
                await asyncio.sleep(min(_ROUND_S * 2**round_, 2.0))
        return unreadable(self.card.effect, f"it wanted to be asked more than {_ROUNDS_MAX} times")

    async def _round(
        self, session: Any, params: dict[str, Any], call: Call, sending: Sending
    ) -> Outcome | str | None:
        """One request: the outcome, or what to say when it is made again; None: as it was."""
        effect, kind = self.card.effect, self._kind
        try:
            result = await session.request(kind, params, sending, call.report)
        except (ValueError, RuntimeError, RecursionError) as error:
            # pydantic's errors are ValueErrors; which of the two came, the SDK does not say.
            said = str(error).splitlines()[0][:200]
            return unreadable(effect, f"its answer is none of MCP: {said}")
        except Exception as error:
            code = getattr(getattr(error, "error", None), "code", None)
            if not isinstance(code, int):
                raise
            known = cast("Any", error).error
            if known.code == _INVALID and "request_state" in params and not sending.again:
                # It has forgotten what it asked, as servers do that were started anew; so it is asked from the start.
                sending.again = True
                del params["request_state"]
                params.pop("input_responses", None)
                return None
            return await self._answered_with_error(session, known, sending)
        self._source.answered()
        if getattr(result, "result_type", None) == "input_required":
            return self._asked(result, params, call, sending)
        match kind:
            case "tool":
                outcome = tool_outcome(effect, result, self._check_output)
            case "prompt":
                outcome = prompted(effect, result)
            case "resources/read":
                outcome = read_out(effect, result.contents)
            case _:
                outcome = Done({"resources": shown_blocks(result.resources), **_more(result)})
        if isinstance(outcome, Failed) and sending.unasked:
            return Failed(outcome.code, f"{outcome.message} ({self._unasked(sending)})")
        return outcome

    async def _answered_with_error(
        self, session: Any, error: Any, sending: Sending
    ) -> Outcome | None:
        effect = self.card.effect
        if error.code == _URL_FIRST:
            return self._links_first(error.data)
        if sending.trouble is None and not sending.again:
            # In all three cases it has done nothing.
            if not sending.left and not session.alive:
                sending.again = True
                return None
            if error.code == _HEADERS_OLD:
                sending.again = True
                await session.look()
                return None
            if sending.refusal is not None and sending.refusal.status == 404 and not session.parks:
                sending.again, sending.refusal = True, None
                await self._source.drop(session)
                return None
        sending.trouble = sending.trouble or await session.trouble(sent=sending.left)
        return failed_by(effect, sending, error.code, error.message)

    def _asked(
        self, result: Any, params: dict[str, Any], call: Call, sending: Sending
    ) -> Waiting | Failed | str | None:
        """The question that the server answers with; or what it wants to hear again; None: it has an answer."""
        state: str | None = result.request_state
        if len(state or "") > _STATE_CHARS_MAX:
            return unreadable(self.card.effect, "what it wants to hear again is too long")
        requests: Mapping[str, Any] = result.input_requests or {}
        if not requests:
            return state or ""
        strange = [one.method for one in requests.values() if one.method != "elicitation/create"]
        if strange:
            return Failed("unsupported", f"it asks for {strange[0]}, which is not offered to it")
        asked = {key: one.params for key, one in requests.items()}
        question = question_of(self.card.name, asked)
        if isinstance(question, str):
            return unreadable(self.card.effect, question)
        rests = {key: rest_of(one) for key, one in asked.items()}
        if sending.again and call.answered and call.state.get("text") == question.text:
            params["request_state"] = state
            params["input_responses"] = _responses(rests, call.answer)
            return None
        return Waiting(
            question, {"on": "server", "state": state, "asked": rests, "text": question.text}
        )

    def _links_first(self, data: Any) -> Waiting | Failed:
        """It has done nothing yet: somebody has to open a link first."""
        from mcp import types  # it has come over the SDK, so this is there

        try:
            found = types.ElicitationRequiredErrorData.model_validate(data).elicitations
            question = question_of(self.card.name, {str(n): one for n, one in enumerate(found)})
        except (ValueError, RecursionError):
            question = "it wants links to be opened, and names none"
        if isinstance(question, str) or not question.text:
            return Failed("refused", str(question))
        return Waiting(question, {"on": "links"})

    def _params(self, call: Call) -> dict[str, Any]:
        params: dict[str, Any] = {}
        entry = self._entry
        match self._kind:
            case "tool" | "prompt":
                params = {"name": entry.called or entry.name, "arguments": call.args}
            case "resources/read":
                params = {"uri": call.args["uri"]}
            case _:
                return {"cursor": call.args["cursor"]} if "cursor" in call.args else {}
        if self.card.effect in ("idempotent", "write"):
            params["_meta"] = {_KEY: call.key}
        if call.answered and _place(call.state) == "server":
            params["request_state"] = call.state["state"]
            params["input_responses"] = _responses(call.state["asked"], call.answer)
        return params

    @property
    def _kind(self) -> str:
        return self._entry.called if self._entry.kind == "resource" else self._entry.kind

    @cached_property
    def _check_input(self) -> Callable[[Any], str | None]:
        return checker_of(self.card.input)

    @cached_property
    def _check_output(self) -> Callable[[Any], str | None] | None:
        return checker_of(self.card.output) if self.card.output is not None else None

    def _quarantined(self, text: str) -> Failed:
        said = "; ".join(line.strip() for line in text.splitlines())
        said = said if len(said) <= _CHANGE_CHARS_MAX else said[:_CHANGE_CHARS_MAX] + "…"
        accept = f"`batuta trust {self._source.name}` shows what is different, and asks"
        return Failed(
            "changed", f"it is not called, for it is not what was accepted: {said}; {accept}"
        )

    def _unasked(self, sending: Sending) -> str:
        return (
            f"it asked {sending.unasked}, and nobody was asked: `waits: true` in"
            f" mcp.{self._source.name}.tools.{self._entry.name} has people asked"
        )


def _responses(rests: Mapping[str, Any], answer: Any) -> dict[str, Any]:
    each = answers_of(rests, answer)
    return {key: {"method": "elicitation/create", **one} for key, one in each.items()}


def _place(state: Any) -> str:
    return str(cast("dict[str, Any]", state).get("on")) if isinstance(state, dict) else ""


def _approved(answer: Any) -> bool:
    given = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
    return all(
        one is True or _approved(one) for one in given.values() if isinstance(one, bool | dict)
    ) and bool(given)


def _kept(state: Any) -> bool:
    """True if the call that asked was kept on the line."""
    return _place(state) == LIVE


def _more(result: Any) -> dict[str, str]:
    return {"next": result.next_cursor} if result.next_cursor else {}
