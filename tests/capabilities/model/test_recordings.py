"""Recorded answers of real providers through our own client: what comes of them is what they said."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelRequest, ModelResponse, ThinkingPart
from pydantic_ai.models import ModelRequestParameters

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.model.capability import ModelCapability
from batuta.capabilities.model.opening import Models
from batuta.capabilities.model.providers import make_model
from batuta.capabilities.model.thought import think
from batuta.outbound.exchange import LazyConnections
from batuta.outbound.headers import HeaderTemplates
from batuta.reading.models import ModelConfig, ModelPrices
from batuta.spec.call import Done, Failed
from batuta.testing.providers import Garbage, Providers
from tests.capabilities.calls import call_with
from tests.capabilities.model.recorded import RECORDINGS, recording

STREAMS = [name for name in RECORDINGS if name.endswith("-stream")]


def replaying(name: str) -> Providers:
    """A provider that answers what was recorded as `name`, byte for byte."""
    found = recording(name)
    return Providers([Garbage(found.wire, found.status, found.content_type)])


def config(providers: Providers) -> ModelConfig:
    url = providers.url("anthropic")
    return ModelConfig("anthropic", "claude-haiku-4-5", url=url, prices=ModelPrices(1, 10))


@pytest.fixture
async def model(tmp_path: Path) -> AsyncIterator[Callable[[Providers], ModelCapability]]:
    opened: list[Models] = []

    def made(providers: Providers) -> ModelCapability:
        environment = {"ANTHROPIC_API_KEY": "k"}
        opened.append(Models({"m": config(providers)}, Folder(tmp_path), (), environment))
        return opened[-1].capabilities[0]

    yield made
    for one in opened:
        await one.close()


async def thought(name: str) -> ModelResponse:
    """What our client makes of the recording `name`."""
    with replaying(name) as providers:
        own = config(providers)
        connections = LazyConnections([own.url.removeprefix("http://")], {})
        made = make_model(own, own.url, HeaderTemplates({}), connections, {})
        request = ModelRequest.user_text_prompt("Hm?")
        try:
            return await think(
                made.model, [request], {"max_tokens": 99}, ModelRequestParameters(), lambda _: None
            )
        finally:
            await made.client.aclose()
            await connections.close()


async def test_a_text_that_was_streamed_arrives_whole_and_is_billed_as_recorded(
    model: Callable[[Providers], ModelCapability],
) -> None:
    found = recording("anthropic-text-stream")
    said = "".join(e["delta"]["text"] for e in found.events if e["type"] == "content_block_delta")
    usage = next(e["usage"] for e in found.events if e["type"] == "message_delta")
    seen: list[Any] = []
    with replaying("anthropic-text-stream") as providers:
        outcome = await model(providers)(
            call_with({"prompt": "Hm?"}, deadline=4e9, report=seen.append)
        )
    assert isinstance(outcome, Done)
    assert (outcome.value["text"], outcome.value["end"]) == (said, "stop")
    assert "".join(one["text"] for one in seen) == said
    tokens = {"input": usage["input_tokens"], "output": usage["output_tokens"]}
    assert outcome.value["tokens"] == tokens
    assert outcome.cost_nusd == tokens["input"] * 1_000 + tokens["output"] * 10_000
    assert outcome.value["model"] == "claude-haiku-4-5-20251001"


async def test_a_value_that_was_streamed_fits_the_schema_that_was_asked_for(
    model: Callable[[Providers], ModelCapability],
) -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    with replaying("anthropic-structured-stream") as providers:
        outcome = await model(providers)(
            call_with({"prompt": "Which orders?", "schema": schema}, deadline=4e9)
        )
    assert isinstance(outcome, Done)
    assert (outcome.value["value"], outcome.value["forgiven"]) == ([12345, 67890], [])


async def test_a_rate_limit_is_one(model: Callable[[Providers], ModelCapability]) -> None:
    with replaying("anthropic-rate-limited") as providers:
        outcome = await model(providers)(call_with({"prompt": "Hm?"}, deadline=4e9))
        assert len(providers.requests) == 1
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry, outcome.cost_nusd) == ("rate_limited", True, 0)
    assert "20,000,000 prompt bytes per hour" in outcome.message


async def test_a_refusal_is_one_though_it_began_well(
    model: Callable[[Providers], ModelCapability],
) -> None:
    with replaying("anthropic-refusal-stream") as providers:
        outcome = await model(providers)(call_with({"prompt": "Hm?"}, deadline=4e9))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry) == ("refused", False)
    assert outcome.message.endswith("it said: Hi")
    assert outcome.cost_nusd == 28 * 1_000 + 106 * 10_000


async def test_thinking_is_kept_with_its_signature() -> None:
    (thinking,) = (
        part
        for part in (await thought("anthropic-refusal-stream")).parts
        if isinstance(part, ThinkingPart)
    )
    assert thinking.content.startswith("Simple educational question")
    assert thinking.signature


@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("anthropic-tool-stream", None, {"location": "San Francisco, CA", "units": "f"}),
        (
            "anthropic-tool-spoken-stream",
            "I'll check the current weather in Paris for you.",
            {"location": "Paris"},
        ),
    ],
)
async def test_tools_are_called_with_the_arguments_that_were_streamed_in_pieces(
    name: str, text: str | None, arguments: dict[str, Any]
) -> None:
    answer = await thought(name)
    (call,) = answer.tool_calls
    assert (call.tool_name, call.args_as_dict()) == ("get_weather", arguments)
    assert (answer.text, answer.finish_reason) == (text, "tool_call")


async def test_a_tool_whose_arguments_were_cut_off_is_known_to_be_cut() -> None:
    answer = await thought("anthropic-tool-cut-stream")
    (call,) = answer.tool_calls
    assert answer.finish_reason == "length"
    assert call.tool_name == "make_file"
    with pytest.raises(ValueError, match="EOF"):
        call.args_as_dict(raise_if_invalid=True)


@pytest.mark.parametrize("name", STREAMS)
async def test_every_recorded_stream_is_understood(name: str) -> None:
    answer = await thought(name)
    assert answer.parts
    assert answer.finish_reason is not None
    assert answer.usage.output_tokens > 0
