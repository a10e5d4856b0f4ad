"""What ends an agent: its turns, loops, money, the model's failures; and what it says then."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from batuta import capability
from batuta.testing.providers import Answer, Asked, Failure, Providers
from tests.capabilities.agent.workplace import calls, opened, paths, run

TOTAL: dict[str, Any] = {
    "type": "object",
    "properties": {"total": {"type": "integer"}},
    "required": ["total"],
}


@capability(effect="read", reach="local")
def look(at: str) -> str:
    """Looks at something."""
    return f"nothing at {at}"


def always(asked: Asked) -> Answer:
    return calls(("look", {"at": f"place {len(asked.body['messages'])}"}), text="Not yet.")


async def test_on_the_last_turn_it_is_told_so_and_may_call_nothing(tmp_path: Path) -> None:
    with Providers([calls(("look", {"at": "a"})), Answer("I give up.")]) as providers:
        async with await opened(tmp_path, providers, functions=[look], turns=2) as app:
            done = await run(app)
    assert (done["result"]["text"], done["result"]["turns"]) == ("I give up.", 2)
    first, last = providers.requests
    assert "your last turn" not in first.text
    assert last.text.endswith("Answer now, with what you know.")
    assert last.body["tool_choice"] == "none"
    assert last.flaws == ()


async def test_who_does_not_answer_on_the_last_turn_fails_with_the_last_words(
    tmp_path: Path,
) -> None:
    with Providers(always) as providers:
        async with await opened(tmp_path, providers, functions=[look], turns=3) as app:
            done = await run(app)
    assert (done["status"], done["error"]["code"]) == ("failed", "turns")
    assert (
        "it wants to go on with look, and has had 3 turns; it said: Not yet."
        in done["error"]["message"]
    )
    assert len(providers.requests) == 3


async def test_who_calls_the_same_over_and_over_is_told_and_then_fails(tmp_path: Path) -> None:
    with Providers([calls(("look", {"at": "a"}))]) as providers:
        async with await opened(tmp_path, providers, functions=[look]) as app:
            done = await run(app)
    assert done["error"]["code"] == "looping"
    assert [path for path in paths(done) if "/t0" in path] == [
        "ask/1/turn~0/1/t0",
        "ask/1/turn~1/1/t0",
    ]
    assert "repeated: this was called with the same arguments before" in providers.requests[3].text
    assert len(providers.requests) == 4


async def test_a_budget_ends_it_within_its_money(tmp_path: Path) -> None:
    def dear(asked: Asked) -> Answer:
        return msgspec.structs.replace(always(asked), input_tokens=15_000)

    with Providers(dear) as providers:
        async with await opened(
            tmp_path, providers, functions=[look], budget={"usd": 0.05}, model={"max_tokens": 1_000}
        ) as app:
            done = await run(app)
    assert done["error"]["code"] == "budget"
    assert 0 < done["cost_usd"] < 0.05
    assert len(providers.requests) > 1


async def test_who_calls_itself_without_end_ends_within_its_budget(tmp_path: Path) -> None:
    def deeper(asked: Asked) -> Answer:
        return calls(*(("support", {"prompt": f"{asked.text[-20:]} {n}"}) for n in range(3)))

    with Providers(deeper) as providers:
        async with await opened(
            tmp_path, providers, tools=["support"], budget={"calls": 40}
        ) as app:
            done = await run(app)
    assert (done["status"], done["error"]["code"]) == ("failed", "budget")
    assert len(providers.requests) <= 40


@pytest.mark.parametrize("name", ["support", "support.think", "support_think", "strong", "human"])
async def test_a_model_that_names_itself_or_what_it_was_not_given_is_told_and_calls_nothing(
    tmp_path: Path, name: str
) -> None:
    with Providers([calls((name, {"prompt": "Hm?"})), Answer("So be it.")]) as providers:
        async with await opened(tmp_path, providers, functions=[look]) as app:
            done = await run(app)
    assert done["result"]["text"] == "So be it."
    assert f"unknown_tool: there is no tool '{name}'" in providers.requests[1].text
    assert len(providers.requests) == 2


async def test_a_budget_that_refuses_a_tool_is_told_to_the_model(tmp_path: Path) -> None:
    @capability(effect="read", reach="local", price_usd=1.0)
    def dear(at: str) -> str:
        """Costs a dollar."""
        return at

    with Providers([calls(("dear", {"at": "a"})), Answer("Too dear.")]) as providers:
        async with await opened(tmp_path, providers, functions=[dear], budget={"usd": 0.5}) as app:
            done = await run(app)
    assert done["result"]["text"] == "Too dear."
    assert "budget: the call may cost $1" in providers.requests[1].text


async def test_a_value_fits_the_schema_after_one_question_more(tmp_path: Path) -> None:
    script = [calls(("look", {"at": "a"})), Answer("It is four."), Answer('{"total": 4}')]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, functions=[look], output=TOTAL) as app:
            done = await run(app)
    assert done["result"]["value"] == {"total": 4}
    assert "That is not the JSON that was asked for" in providers.requests[2].text
    assert [one.flaws for one in providers.requests] == [()] * 3


async def test_prose_for_ever_is_a_failure_with_its_last_words(tmp_path: Path) -> None:
    with Providers([Answer("It is four.")]) as providers:
        async with await opened(tmp_path, providers, output=TOTAL) as app:
            done = await run(app)
    assert done["error"]["code"] == "invalid_answer"
    assert "it said: It is four." in done["error"]["message"]
    assert len(providers.requests) == 2


@pytest.mark.parametrize(
    ("script", "code", "asked"),
    [
        ([Answer(refusal="No.")], "refused", 1),
        ([Failure("quota")], "quota", 1),
        ([Failure("bad_key")], "bad_key", 1),
        ([Answer("")], "empty", 3),
        ([Answer("so far", breaks_after=1)], "unavailable", 3),
        ([Failure("overloaded")], "overloaded", 3),
    ],
)
async def test_failures_of_a_model_are_those_of_a_question(
    tmp_path: Path, script: Any, code: str, asked: int
) -> None:
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, functions=[look]) as app:
            done = await run(app)
    assert (done["error"]["code"], len(providers.requests)) == (code, asked)


async def test_it_goes_on_where_an_overloaded_provider_left_it(tmp_path: Path) -> None:
    script = [calls(("look", {"at": "a"})), Failure("overloaded", 0.0), Answer("Found.")]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, functions=[look]) as app:
            done = await run(app)
    assert done["result"]["text"] == "Found."
    assert len([path for path in paths(done) if path.endswith("/t0")]) == 1
