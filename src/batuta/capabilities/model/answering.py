"""From question to outcome: ask, read, hold against the schema, ask once more, reckon what it cost.

Imported with the library.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.model.attached import attached
from batuta.capabilities.model.booked import Booked
from batuta.capabilities.model.card import Asked, tokens_at_most
from batuta.capabilities.model.failures import failed_from
from batuta.capabilities.model.heard import Heard, kept
from batuta.capabilities.model.prices import Prices
from batuta.capabilities.model.thought import think
from batuta.errors import CallFailed
from batuta.language.rescue import Check, Rescue, rescue
from batuta.reading.models import ModelConfig
from batuta.spec.call import Done, Failed, Outcome
from batuta.spec.model_call import ModelCall
from batuta.spec.value import canonical, digest, encode

__all__ = ["Answering", "Talk", "kept", "read_answer"]

_FLAW_CHARS = 600
_REFUSED_MAX = 1_000
_BY_WORDS = "Answer with one JSON value that fits this JSON Schema, and with nothing else:"
_AGAIN = "That is not the JSON that was asked for: {flaw}. Answer once more, with the corrected JSON and nothing else."


class Talk(NamedTuple):
    """What there is to a question besides itself.

    Attributes:
        read: what came of an answer: an outcome, or what is wrong with it and may be put right. The second argument is
            what the call has cost so far, in nano-dollars.
        before: what was said before the question.
        behind: what was said after the question; it ends with a request.
        tools: what the model may call. `last`: it may not any more.
    """

    read: Callable[[ModelResponse, int], Outcome | Rescue]
    before: Sequence[ModelMessage] = ()
    behind: Sequence[ModelMessage] = ()
    tools: Sequence[ToolDefinition] = ()
    last: bool = False


class Answering:
    """Puts questions to `model`."""

    def __init__(
        self, model: Model[Any], config: ModelConfig, prices: Prices | None, folder: Folder
    ) -> None:
        self._model = model
        self._config = config
        self._prices = prices
        self._folder = folder
        self._native = bool(model.profile.get("supports_json_schema_output"))
        self._compatible = config.provider == "openai-compatible"
        # Schemas that its server does not take. Not every one takes every schema; all of them take words.
        self._refused: set[str] = set()
        # The tools that were declared last, and how.
        self._declared: tuple[Sequence[ToolDefinition], ModelRequestParameters]
        self._declared = (), ModelRequestParameters()
        # The latest question: its words, its instructions, and the message.
        self._latest: tuple[Any, str | None, ModelRequest] = None, None, ModelRequest(parts=[])
        # Older models of Google take tools, or a schema.
        combines = model.profile.get("google_supports_tool_combination", True)
        self._combines = config.provider != "google" or bool(combines)

    async def __call__(
        self, asked: Asked, talk: Talk, heard: Heard, ledger: list[ModelCall]
    ) -> Outcome:
        """The outcome of one call: what `talk` reads in the answer, which `heard` is told while it comes.

        Each question is put into `ledger`.
        """
        try:
            content = await self._content(asked)
        except CallFailed as error:
            return Failed(error.code, error.message, may_retry=error.may_retry)
        if isinstance(content, Failed):
            return content
        native = self._is_native(asked, talk)
        found = await self._answered(asked, talk, content, heard, ledger, native=native)
        if not (native and self._compatible and _is_bad(found)):
            return found
        told = await self._answered(asked, talk, content, heard, ledger, native=False)
        if not _is_bad(told):  # so it was the schema, and nothing else of the question
            if len(self._refused) >= _REFUSED_MAX:
                self._refused.clear()
            self._refused.add(_name_of(asked.schema))
        return told

    async def _answered(
        self,
        asked: Asked,
        talk: Talk,
        content: Any,
        heard: Heard,
        ledger: list[ModelCall],
        *,
        native: bool,
    ) -> Outcome:
        settings, parameters, instructions = self._request(asked, talk, native)
        question = self._question(content, instructions)
        messages: list[ModelMessage] = [*talk.before, question]
        if talk.behind:
            last = talk.behind[-1]
            assert isinstance(last, ModelRequest), "what was said ends with a request"
            messages += talk.behind[:-1]
            messages.append(ModelRequest(parts=last.parts, instructions=instructions))
        spent = 0
        for again in (False, True):
            heard.begin()
            try:
                with Booked(ledger, heard) as booked:
                    answer = await think(self._model, messages, settings, parameters, heard.piece)
                    booked.answer = answer
            except Exception as error:
                failed = failed_from(error)
                if failed is None:
                    raise
                return _with_cost(heard.told_in(failed), spent)
            spent += self._cost_nusd(answer)
            read = talk.read(answer, spent)
            if not isinstance(read, Rescue):
                return read
            if again:
                return _misfit(answer, read, spent)
            heard.message(f"asks once more: {read.flaw}")
            question = ModelRequest.user_text_prompt(
                _AGAIN.format(flaw=read.flaw[:_FLAW_CHARS]), instructions=instructions
            )
            messages += [answer, question]
        raise AssertionError("the second answer is the last")

    async def _content(self, asked: Asked) -> Any:
        words = asked.words
        if not asked.files:
            return "\n\n".join(words)
        parts, text_bytes = await asyncio.to_thread(attached, self._folder, asked.files)
        tokens, most = tokens_at_most(asked, text_bytes), self._config.max_input
        if tokens > most:
            return Failed(
                "too_long",
                f"with its files, the question may have {tokens:,} tokens, at most {most:,};"
                " send less, or raise `max_input`",
            )
        return [*words, *parts]

    def _is_native(self, asked: Asked, talk: Talk) -> bool:
        """True if the provider itself holds the answer against the schema: one of an object with known keys."""
        schema = asked.schema
        if not self._native or schema is None:
            return False
        if schema.get("type") != "object" or not schema.get("properties"):
            return False
        return (self._combines or not talk.tools) and _name_of(schema) not in self._refused

    def _request(
        self, asked: Asked, talk: Talk, native: bool
    ) -> tuple[ModelSettings, ModelRequestParameters, str | None]:
        most = self._config.max_tokens
        settings: ModelSettings = {"max_tokens": min(asked.max_tokens or most, most)}
        if asked.temperature is not None:
            settings["temperature"] = asked.temperature
        schema, instructions = asked.schema, asked.instructions
        if talk.tools and talk.last:
            # They stay in the request: some providers refuse a history with calls of tools that are not declared.
            settings["tool_choice"] = "none"
        parameters = self._parameters(talk.tools)
        if schema is None:
            return settings, parameters, instructions or None
        if native:
            wanted = OutputObjectDefinition(json_schema=schema, name="answer")
            parameters = dataclasses.replace(parameters, output_mode="native", output_object=wanted)
        if not native or self._compatible:
            # A grammar alone does not tell a small model what is wanted.
            words = f"{_BY_WORDS}\n{encode(schema).decode()}"
            instructions = f"{instructions}\n\n{words}" if instructions else words
        return settings, parameters, instructions or None

    def _question(self, content: Any, instructions: str | None) -> ModelRequest:
        """The question itself, which is also the same at each turn of an agent."""
        said, under, question = self._latest
        if not isinstance(content, str) or content != said or instructions != under:
            question = ModelRequest(parts=[UserPromptPart(content)], instructions=instructions)
            self._latest = content, instructions, question
        return question

    def _parameters(self, tools: Sequence[ToolDefinition]) -> ModelRequestParameters:
        """What declares `tools`. Nobody changes it: an agent asks for the same at each turn."""
        known, parameters = self._declared
        if known is not tools:
            parameters = ModelRequestParameters(function_tools=list(tools))
            self._declared = tools, parameters
        return parameters

    def _cost_nusd(self, answer: ModelResponse) -> int:
        """What an answer cost, as its usage says; at most what was reserved if it does not say."""
        usage, prices = answer.usage, self._prices
        if prices is None:
            return 0
        if not usage.input_tokens and not usage.output_tokens:
            return prices.cost_nusd(self._config.max_input, self._config.max_tokens)
        if self._config.prices is None:
            try:
                dollars = answer.cost().total_price
                return int((dollars * 1_000_000_000).to_integral_value("ROUND_CEILING"))
            except (LookupError, ValueError, ArithmeticError):
                pass
        return prices.cost_nusd(usage.input_tokens, usage.output_tokens)


def read_answer(answer: ModelResponse, spent: int, check: Check | None) -> Outcome | Rescue:
    """What came of an answer in words; `check` holds it against the schema that was asked for."""
    text = answer.text or ""
    end = answer.finish_reason
    if end == "content_filter":
        # OpenAI says why beside the answer, not in it.
        why = text or str((answer.provider_details or {}).get("refusal") or "")
        return Failed("refused", f"it will not answer this{kept(why)}", cost_nusd=spent)
    if not text.strip():
        if end == "length":
            return _cut(text, spent)
        return Failed("empty", "its answer has no text", may_retry=True, cost_nusd=spent)
    if check is None:
        return Done(_value(answer, text, None, ()), cost_nusd=spent)
    read = rescue(text, check)
    # Whose end the provider has cut off is less than was meant, even if it fits.
    if end == "length" and (read.flaw or read.cut):
        return _cut(text, spent)
    if read.flaw:
        return read
    return Done(_value(answer, text, read.value, read.forgiven), cost_nusd=spent)


def _value(
    answer: ModelResponse, text: str, value: Any, forgiven: tuple[str, ...]
) -> dict[str, Any]:
    usage = answer.usage
    return {
        "text": text,
        "value": value,
        "end": "length" if answer.finish_reason == "length" else "stop",
        "model": answer.model_name or "",
        "tokens": {"input": usage.input_tokens, "output": usage.output_tokens},
        "forgiven": list(forgiven),
    }


def _cut(text: str, spent: int) -> Failed:
    said = "its answer was cut at `max_tokens`; raise it, or ask for less"
    return Failed("cut", f"{said}{kept(text)}", cost_nusd=spent)


def _misfit(answer: ModelResponse, read: Rescue, spent: int) -> Failed:
    said = f"its answer is not what was asked for, also when asked again: {read.flaw[:_FLAW_CHARS]}"
    return Failed(
        "invalid_answer", f"{said}{kept(answer.text or '')}", may_retry=True, cost_nusd=spent
    )


def _is_bad(outcome: Outcome) -> bool:
    """True if the question is refused as it is, and nothing was answered before."""
    return isinstance(outcome, Failed) and outcome.code == "bad_request" and not outcome.cost_nusd


def _name_of(schema: Any) -> str:
    return digest(canonical(schema))


def _with_cost(failed: Failed, spent: int) -> Failed:
    """`failed` with what earlier answers of the same call cost, too."""
    if not spent or failed.cost_nusd < 0:
        return failed
    return Failed(
        failed.code,
        failed.message,
        may_retry=failed.may_retry,
        retry_after_s=failed.retry_after_s,
        cost_nusd=failed.cost_nusd + spent,
    )
