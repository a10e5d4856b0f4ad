"""The scripted providers against the clients that people use: what one says, the other understands."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.request import urlopen

import httpx2
import pytest
from pydantic_ai import exceptions
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import ModelRequest, ModelResponse, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition

from batuta.testing.providers import Answer, Asked, Failure, Garbage, Providers, ToolCall
from batuta.testing.providers.script import FailureKind

PROTOCOLS = ["openai-chat", "openai-responses", "anthropic", "google"]
LOOK = ToolDefinition(
    name="look",
    parameters_json_schema={"type": "object", "properties": {"at": {"type": "string"}}},
)


@pytest.fixture
def providers() -> Iterator[Providers]:
    with Providers() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=90) as made:
        yield made


def model_of(protocol: str, providers: Providers, client: httpx2.AsyncClient) -> Model[Any]:
    given: dict[str, Any] = {"api_key": "key", "http_client": client}
    openai = {"base_url": providers.url("openai"), **given}
    match protocol:
        case "openai-chat":
            return OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(**openai))
        case "openai-responses":
            return OpenAIResponsesModel("gpt-5-mini", provider=OpenAIProvider(**openai))
        case "anthropic":
            given["base_url"] = providers.url("anthropic")
            return AnthropicModel("claude-haiku-4-5", provider=AnthropicProvider(**given))
        case _:
            given["base_url"] = providers.url("google")
            return GoogleModel("gemini-2.5-flash", provider=GoogleProvider(**given))


async def ask(model: Model[Any], *, streams: bool, tools: bool = False) -> ModelResponse:
    messages = [ModelRequest.user_text_prompt("what is it?", instructions="be brief")]
    settings: Any = {"max_retries": 0, "max_tokens": 50}
    wanted = ModelRequestParameters(function_tools=[LOOK] if tools else [])
    given: Any = {"model_settings": settings, "model_request_parameters": wanted}
    if not streams:
        return await model_request(model, messages, **given)
    async with model_request_stream(model, messages, **given) as stream:
        async for _ in stream:
            pass
    return stream.get()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_answer_arrives_as_it_was_scripted(
    providers: Providers, client: httpx2.AsyncClient, protocol: str, streams: bool
) -> None:
    providers.say([Answer("Nine lives,\nthey say.", input_tokens=7, output_tokens=5)])
    answer = await ask(model_of(protocol, providers, client), streams=streams)
    assert answer.text == "Nine lives,\nthey say."
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 5)
    (asked,) = providers.requests
    assert (asked.protocol, asked.streams, asked.flaws) == (protocol, streams, ())
    assert asked.text == "be brief\nwhat is it?"


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_tools_are_called_in_parallel(
    providers: Providers, client: httpx2.AsyncClient, protocol: str, streams: bool
) -> None:
    calls = (ToolCall("look", {"at": "a"}), ToolCall("jump", {"at": "b"}))
    providers.say([Answer("Let me see.", tools=calls)])
    answer = await ask(model_of(protocol, providers, client), streams=streams, tools=True)
    called = [part for part in answer.parts if isinstance(part, ToolCallPart)]
    assert [(one.tool_name, one.args_as_dict()) for one in called] == [
        ("look", {"at": "a"}),
        ("jump", {"at": "b"}),
    ]
    assert providers.requests[0].flaws == ()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (Answer("cut he", end="length"), "length"),
        (Answer("", end="filter"), "content_filter"),
        (Answer(refusal="I will not."), "content_filter"),
        (Answer(), "stop"),
    ],
)
async def test_every_end_is_told(
    providers: Providers,
    client: httpx2.AsyncClient,
    protocol: str,
    streams: bool,
    answer: Answer,
    end: str,
) -> None:
    providers.say([answer])
    got = await ask(model_of(protocol, providers, client), streams=streams)
    assert got.finish_reason == end


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", exceptions.ModelRateLimitError),
        ("quota", exceptions.ModelQuotaExceededError),
        ("overloaded", exceptions.ModelOverloadedError),
        ("too_long", exceptions.ModelContextWindowExceededError),
        ("bad_key", exceptions.ModelAuthenticationError),
        ("no_model", exceptions.ModelNotFoundError),
        ("broken", exceptions.ModelServerError),
    ],
)
async def test_every_failure_is_told_apart(
    providers: Providers,
    client: httpx2.AsyncClient,
    protocol: str,
    kind: FailureKind,
    error: type[exceptions.ModelAPIError],
) -> None:
    providers.say([Failure(kind, retry_after_s=2)])
    with pytest.raises(error) as caught:
        await ask(model_of(protocol, providers, client), streams=True)
    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_stream_can_fail_and_break_half_way(
    providers: Providers, client: httpx2.AsyncClient, protocol: str
) -> None:
    model = model_of(protocol, providers, client)
    providers.say([Failure("overloaded", streamed=2)])
    with pytest.raises(exceptions.ModelOverloadedError):
        await ask(model, streams=True)
    providers.say([Answer("one two three four", breaks_after=2)])
    for streams in (True, False):
        with pytest.raises(exceptions.ModelConnectionError):
            await ask(model, streams=streams)


def test_replies_come_in_order_and_the_last_one_stays(providers: Providers) -> None:
    providers.say([Answer("one"), Failure("broken"), Garbage(b"<html>"), Answer("two")])
    assert [posted(providers)[0] for _ in range(5)] == [200, 500, 200, 200, 200]


def test_a_script_may_be_a_function_of_the_request() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(asked.text.upper())

    with Providers(answer) as providers:
        assert posted(providers)[1]["choices"][0]["message"]["content"] == "HELLO"


def test_a_request_that_no_provider_would_take_is_told(providers: Providers) -> None:
    posted(providers, messages=[{"role": "nobody", "content": 1}], prompt="?")
    first, *others = providers.requests[0].flaws
    assert first == "there is no key 'prompt'"
    assert [one.partition(":")[0] for one in others] == ["messages.0"]


def test_it_says_which_models_there_are() -> None:
    with Providers(models=["a", "b"]) as providers, urlopen(f"{providers.url()}/models") as answer:
        assert [one["id"] for one in json.load(answer)["data"]] == ["a", "b"]


def posted(providers: Providers, **body: Any) -> tuple[int, Any]:
    whole = {"model": "m", "messages": [{"role": "user", "content": "hello"}]} | body
    with httpx2.Client() as client:
        answer = client.post(f"{providers.url()}/chat/completions", json=whole)
    found = answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json() if found else answer.text
