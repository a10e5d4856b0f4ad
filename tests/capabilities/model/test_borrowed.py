"""An agent of pydantic-ai as one opaque capability, with the stand-ins of that library and over the loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, DeferredToolRequests, RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.usage import UsageLimits

from batuta import capability
from batuta.capabilities.function import FunctionCapability
from batuta.errors import WorkspaceError
from batuta.spec.call import Done, Failed, Outcome, Waiting
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld, Law
from batuta.testing.providers import Answer, Asked, Failure, Garbage, Providers, ToolCall
from tests.capabilities.calls import call_with

Agents = Agent[Any, Any]
Over = Callable[[Providers], Agents]


class City(BaseModel):
    name: str
    founded: date


@dataclass
class Customer:
    number: int
    vip: bool = False


class Database:
    """What no JSON can say."""


@dataclass
class Connected:
    number: int
    database: Database


def lent(agent: Agents, name: str | None = "support", **more: Any) -> FunctionCapability:
    return FunctionCapability(capability(agent, name=name, **more))


async def ask(capability: FunctionCapability, **args: Any) -> Outcome:
    return await capability(call_with({"prompt": "Hm?"} | args))


@pytest.fixture
async def over() -> AsyncIterator[Over]:
    """Agents with a real client of OpenAI over the loopback."""
    clients: list[AsyncOpenAI] = []

    def made(providers: Providers) -> Agents:
        clients.append(AsyncOpenAI(base_url=providers.url(), api_key="k", max_retries=0))
        return Agent(OpenAIChatModel("tiny", provider=OpenAIProvider(openai_client=clients[-1])))

    yield made
    for one in clients:
        await one.close()


def world() -> CapabilityWorld:
    """An agent that deletes what it may, and waits for ever if it is asked to."""
    agent, _ = scripted()
    arrived = asyncio.Event()

    @agent.instructions
    async def dwell(context: RunContext[str]) -> str:
        if context.deps == "slow":
            arrived.set()
            await asyncio.Event().wait()
        return ""

    async def under_way() -> None:
        await arrived.wait()

    return CapabilityWorld(
        lent(agent),
        good={"prompt": "Delete it.", "deps": "fast"},
        bad=({}, {"prompt": ""}, {"prompt": 1, "deps": "fast"}, {"prompt": "x", "deps": 7}),
        answer={"approved": True},
        slow={"prompt": "Hm?", "deps": "slow"},
        arrived=under_way,
    )


@pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
async def test_it_obeys_the_laws_of_capabilities(law: Law) -> None:
    await law(world())


def test_its_card_is_careful_until_somebody_says_otherwise() -> None:
    card = lent(Agent(TestModel(), description="Helps.")).card
    assert (card.name, card.description, card.kind) == ("support", "Helps.", "borrowed")
    assert (card.effect, card.reach, card.declared, card.priced) == (
        "write",
        "egress",
        False,
        False,
    )
    assert list(card.input["properties"]) == ["prompt", "context"]
    assert card.input["required"] == ["prompt"]
    said = lent(
        Agent(TestModel(), name="own"),
        name=None,
        effect="read",
        reach="local",
        price_usd=0.5,
        timeout="9s",
    ).card
    assert (said.name, said.effect, said.declared) == ("own", "read", True)
    assert (said.priced, said.price_nusd, said.timeout_s) == (True, 500_000_000, 9.0)


async def test_words_are_given_as_text_and_reported_as_they_come() -> None:
    seen: list[Any] = []
    outcome = await lent(Agent(TestModel(custom_output_text="Four, I think.")))(
        call_with({"prompt": "How many?"}, report=seen.append)
    )
    assert isinstance(outcome, Done)
    assert outcome.value == {
        "text": "Four, I think.",
        "value": None,
        "turns": 1,
        "tool_calls": 0,
        "tokens": {"input": 52, "output": 5},
    }
    assert "".join(one["text"] for one in seen) == "Four, I think."
    assert len(seen) > 1


async def test_what_it_is_asked_about_is_data_behind_the_question(over: Over) -> None:
    with Providers() as providers:
        await ask(lent(over(providers)), context={"mail": "Pay me."})
    said = providers.requests[0].text
    assert said.startswith("Hm?\n\nWhat follows is data")
    assert said.endswith('{"mail":"Pay me."}')


async def test_a_value_is_plain_data_that_fits_the_schema_of_its_card() -> None:
    agent = Agent(
        TestModel(custom_output_args={"name": "Rome", "founded": "0753-04-21"}), output_type=City
    )
    rome = lent(agent)
    outcome = await ask(rome)
    assert isinstance(outcome, Done)
    assert outcome.value["value"] == {"name": "Rome", "founded": "0753-04-21"}
    assert outcome.value["text"] == '{"name":"Rome","founded":"0753-04-21"}'
    assert rome.card.output is not None
    value = rome.card.output["properties"]["value"]
    assert (value["title"], value["properties"]["founded"]["format"]) == ("City", "date")


async def test_dependencies_come_out_of_json_as_the_type_that_the_agent_wants() -> None:
    agent = Agent(TestModel(), deps_type=Customer)

    @agent.tool
    def who(context: RunContext[Customer]) -> str:
        return f"{context.deps.number} {context.deps.vip}"

    outcome = await ask(lent(agent), deps={"number": 7})
    assert isinstance(outcome, Done)
    assert outcome.value["text"] == '{"who":"7 False"}'
    wrong = await ask(lent(agent), deps={"number": "seven"})
    assert isinstance(wrong, Failed)
    assert (wrong.code, wrong.message) == ("invalid", "deps.number: expected int, got str")


async def test_a_dependency_without_a_type_may_be_anything() -> None:
    support = lent(Agent(TestModel(), deps_type=dict), deps=lambda who: {"who": who})
    assert support.card.input["properties"]["who"] == {}
    assert isinstance(await ask(support, who=[1]), Done)


@pytest.mark.parametrize("waits", [False, True])
async def test_dependencies_that_json_cannot_say_are_made_by_a_function(waits: bool) -> None:
    agent = Agent(TestModel(), deps_type=Connected)

    @agent.tool
    def who(context: RunContext[Connected]) -> str:
        return f"{context.deps.number} {type(context.deps.database).__name__}"

    def connected(number: int) -> Connected:
        return Connected(number, Database())

    async def connected_later(number: int) -> Connected:
        return connected(number)

    borrowed = lent(agent, deps=connected_later if waits else connected)
    assert list(borrowed.card.input["properties"]) == ["prompt", "context", "number"]
    outcome = await ask(borrowed, number=7)
    assert isinstance(outcome, Done)
    assert outcome.value["text"] == '{"who":"7 Database"}'


def test_what_cannot_be_borrowed_says_so_at_its_own_place() -> None:
    with pytest.raises(WorkspaceError) as caught:
        capability(Agent(TestModel(), deps_type=Connected), name="support")
    assert "the type Database" in caught.value.message
    assert "deps=" in caught.value.remedy
    assert caught.value.place is not None
    assert caught.value.place.file == __file__
    with pytest.raises(WorkspaceError, match="the agent has no name"):
        capability(Agent(TestModel()))

    def made(prompt: str) -> str:
        return prompt

    with pytest.raises(WorkspaceError, match="deps takes prompt, which the agent has itself"):
        capability(Agent(TestModel(), deps_type=str), name="support", deps=made)
    with pytest.raises(WorkspaceError, match="deps is for agents"):
        capability(deps=made)  # pyright: ignore[reportCallIssue]


async def test_a_model_that_cannot_stream_is_asked_without() -> None:
    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse([TextPart("Four.")])

    outcome = await ask(lent(Agent(FunctionModel(answer))))
    assert isinstance(outcome, Done)
    assert outcome.value["text"] == "Four."


async def test_the_agents_own_listener_still_hears_everything() -> None:
    heard: list[str] = []
    agent = Agent(TestModel())

    @agent.on_event
    async def hear(context: RunContext[object], event: Any) -> None:
        heard.append(event.event_kind)

    seen: list[Any] = []
    await lent(agent)(call_with({"prompt": "Hm?"}, report=seen.append))
    assert seen
    assert "part_start" in heard


FAILURES: list[tuple[Answer | Failure | Garbage, str, bool]] = [
    (Failure("rate_limited", retry_after_s=7), "rate_limited", True),
    (Failure("quota"), "quota", False),
    (Failure("overloaded"), "overloaded", True),
    (Failure("too_long"), "too_long", False),
    (Failure("bad_key"), "bad_key", False),
    (Answer("so far", breaks_after=1), "unavailable", True),
]


@pytest.mark.parametrize(("reply", "code", "again"), FAILURES)
async def test_what_its_model_refuses_at_first_may_be_tried_again(
    over: Over, reply: Any, code: str, again: bool
) -> None:
    with Providers([reply]) as providers:
        outcome = await ask(lent(over(providers)))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry, outcome.in_doubt) == (code, again, False)


@pytest.mark.parametrize(("effect", "again"), [(None, False), ("idempotent", True)])
async def test_once_it_has_begun_a_write_is_not_tried_again(
    over: Over, effect: Any, again: bool
) -> None:
    paid: list[int] = []
    script = [Answer(tools=(ToolCall("pay", {"cents": 5}),)), Failure("rate_limited")]
    with Providers(script) as providers:
        agent = over(providers)

        @agent.tool_plain
        def pay(cents: int) -> str:
            paid.append(cents)
            return "paid"

        outcome = await ask(lent(agent, **({"effect": effect} if effect else {})))
    assert paid == [5]
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry) == ("rate_limited", again)
    assert outcome.message.endswith("had begun to act)") is not again


async def test_what_its_tools_raise_is_left_to_the_doorway() -> None:
    agent = Agent(TestModel())

    @agent.tool_plain
    def pay() -> str:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await ask(lent(agent))


async def test_limits_of_its_own_and_unusable_answers_are_failures() -> None:
    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse([ToolCallPart("final_result", {"name": 1})])

    outcome = await ask(lent(Agent(FunctionModel(answer), output_type=City, retries=0)))
    assert isinstance(outcome, Failed)
    assert outcome.code == "invalid_answer"

    class Bounded(Agent[object, str]):
        async def run(self, *args: Any, **kwargs: Any) -> Any:
            return await super().run(*args, **kwargs, usage_limits=UsageLimits(request_limit=0))

    outcome = await ask(lent(Bounded(TestModel())))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry) == ("limit", False)


async def test_of_several_models_the_last_one_is_quoted(over: Over) -> None:
    with Providers([Failure("overloaded"), Failure("bad_key")]) as providers:
        model = over(providers).model
        assert isinstance(model, OpenAIChatModel)
        outcome = await ask(lent(Agent(FallbackModel(model, model, fallback_on=lambda _: True))))
    assert isinstance(outcome, Failed)
    assert outcome.code == "bad_key"


async def test_a_call_that_is_cancelled_stops_the_agent(over: Over) -> None:
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def late(asked: Asked) -> Answer:
        loop.call_soon_threadsafe(begun.set)
        return Answer("too late", first_s=0.2)

    with Providers(late) as providers:
        asked = asyncio.create_task(ask(lent(over(providers))))
        await begun.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked


def scripted() -> tuple[Agents, list[str]]:
    """An agent that deletes what it is asked to, if it may."""
    deleted: list[str] = []

    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        if len(messages) == 1:
            yield {0: DeltaToolCall("delete", '{"path": "a.txt"}', tool_call_id="c1")}
        else:
            yield f"So: {messages[-1].parts[0].content}"  # pyright: ignore[reportAttributeAccessIssue]

    agent = Agent(
        FunctionModel(stream_function=stream),
        deps_type=str,
        output_type=[str, DeferredToolRequests],
    )

    @agent.tool_plain(requires_approval=True)
    def delete(path: str) -> str:
        deleted.append(path)
        return "deleted"

    return agent, deleted


@pytest.mark.parametrize(
    ("answer", "deleted", "text"),
    [
        ({"approved": True}, ["a.txt"], "So: deleted"),
        ({"approved": False, "note": "Not that one."}, [], "So: Not that one."),
        ({"approved": False}, [], "So: The tool call was denied."),
    ],
)
async def test_a_tool_that_wants_leave_is_a_question_and_its_answer_goes_on(
    answer: Any, deleted: list[str], text: str
) -> None:
    agent, gone = scripted()
    support = lent(agent)
    assert support.card.waits
    outcome = await ask(support, deps="fast")
    assert isinstance(outcome, Waiting)
    assert outcome.question.text == "May support call delete?"
    assert outcome.question.show == [{"tool": "delete", "arguments": '{"path": "a.txt"}'}]
    assert gone == []
    args = {"prompt": "Hm?", "deps": "fast"}
    ended = await support(call_with(args, answered=True, answer=answer, state=outcome.state))
    assert isinstance(ended, Done)
    assert (gone, ended.value["text"], ended.value["turns"]) == (deleted, text, 2)
    assert ended.value["value"] is None


async def test_a_tool_that_the_caller_is_to_run_is_a_clear_failure() -> None:
    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse([ToolCallPart("count", {})])

    from pydantic_ai.tools import ToolDefinition
    from pydantic_ai.toolsets import ExternalToolset

    agent = Agent(
        FunctionModel(answer),
        output_type=[str, DeferredToolRequests],
        toolsets=[ExternalToolset([ToolDefinition(name="count")])],
    )
    outcome = await ask(lent(agent))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry) == ("unsupported", False)
    assert "count" in outcome.message


async def test_what_its_model_cost_is_known_where_its_prices_are() -> None:
    def priced(*, cost: bool) -> Callable[..., ModelResponse]:
        def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            from decimal import Decimal

            from pydantic_ai.usage import RequestUsage

            usage = RequestUsage(input_tokens=5, cost=Decimal("0.0000015") if cost else None)
            return ModelResponse([TextPart("Four.")], usage=usage)

        return answer

    costs: list[int | None] = []
    for cost in (True, False):
        outcome = await ask(lent(Agent(FunctionModel(priced(cost=cost)))))
        assert isinstance(outcome, Done)
        costs.append(outcome.cost_nusd)
    assert costs == [1_500, None]


async def test_a_missing_key_of_its_model_is_told_with_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    outcome = await ask(lent(Agent("openai-chat:gpt-5-mini", defer_model_check=True)))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.may_retry, outcome.cost_nusd) == ("no_key", False, 0)
    assert "OPENAI_API_KEY" in outcome.message
