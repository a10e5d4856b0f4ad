"""People and the policy inside of an agent: questions, approvals, refusals."""

from pathlib import Path
from typing import Any

from batuta import App, capability
from batuta.testing.providers import Answer, Asked, Providers
from tests.capabilities.agent.workplace import calls, opened, run

paid: list[int] = []


@capability(effect="write", reach="irreversible")
def pay(cents: int) -> str:
    """Pays."""
    paid.append(cents)
    return f"paid {cents}"


ASKED_FIRST: dict[str, Any] = {
    "functions": [pay],
    "workspace": {"policy": [{"effect": "write", "verdict": "ask"}]},
}


async def waiting(app: App) -> Any:
    done = await run(app)
    assert done["status"] == "waiting"
    (question,) = done["waiting"]
    return done, question


async def test_a_person_among_the_tools_is_asked_and_the_run_waits(tmp_path: Path) -> None:
    script = [calls(("human", {"question": "Which order?"})), Answer("Order 3 is on its way.")]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, tools=["human"]) as app:
            done, question = await waiting(app)
            assert question["question"] == "Which order?"
            await app.answer(done["run"], question["step"], {"approved": True, "note": "number 3"})
            done = await app.resume(done["run"])
    assert done["result"]["text"] == "Order 3 is on its way."
    assert "number 3" in providers.requests[1].text


async def test_a_call_that_the_policy_asks_about_waits_for_its_approval(tmp_path: Path) -> None:
    paid.clear()
    script = [calls(("pay", {"cents": 500})), Answer("Paid.")]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, **ASKED_FIRST) as app:
            done, question = await waiting(app)
            assert question["show"]["arguments"] == {"cents": 500}
            assert paid == []
            await app.answer(done["run"], question["step"], {"approved": True})
            done = await app.resume(done["run"])
    assert (done["result"]["text"], paid) == ("Paid.", [500])


async def test_what_a_person_or_the_policy_refuses_is_told_to_the_model(tmp_path: Path) -> None:
    paid.clear()
    script = [calls(("pay", {"cents": 500})), Answer("They would not.")]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, **ASKED_FIRST) as app:
            done, question = await waiting(app)
            await app.answer(done["run"], question["step"], {"approved": False})
            done = await app.resume(done["run"])
    assert done["result"]["text"] == "They would not."
    assert "rejected" in providers.requests[1].text
    with Providers(script) as providers:
        async with await opened(
            tmp_path,
            providers,
            functions=[pay],
            workspace={
                "policy": [{"effect": "write", "verdict": "deny", "reason": "payday is over"}]
            },
        ) as app:
            done = await run(app)
    assert done["result"]["text"] == "They would not."
    assert "denied: payday is over" in providers.requests[1].text
    assert paid == []


async def test_a_write_in_doubt_waits_for_a_person_and_then_goes_on(tmp_path: Path) -> None:
    @capability(effect="write", reach="egress", in_doubt="ask")
    def wire(cents: int) -> str:
        """Wires money."""
        raise ConnectionError("the line went dead")

    script = [calls(("wire", {"cents": 500})), Answer("It was wired.")]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, functions=[wire]) as app:
            done, question = await waiting(app)
            assert (question["kind"], len(providers.requests)) == ("resolve", 1)
            found = {"how": "done", "value": "wired 500"}
            await app.answer(done["run"], question["step"], found)
            done = await app.resume(done["run"])
    assert done["result"]["text"] == "It was wired."
    assert "wired 500" in providers.requests[1].text


async def test_an_agent_that_is_a_tool_answers_the_other_and_its_calls_are_approved_too(
    tmp_path: Path,
) -> None:
    paid.clear()

    def script(asked: Asked) -> Answer:
        if asked.tools == ("payer",):
            if "Five dollars" in asked.text:
                return Answer("Done.")
            return calls(("payer", {"prompt": "Pay Ada."}))
        return (
            Answer("Five dollars.") if "paid 500" in asked.text else calls(("pay", {"cents": 500}))
        )

    with Providers(script) as providers:
        async with await opened(
            tmp_path,
            providers,
            tools=["payer"],
            agents={"payer": {"model": "strong", "tools": ["pay"]}},
            **ASKED_FIRST,
        ) as app:
            done, question = await waiting(app)
            assert question["step"] == "ask/1/turn~0/1/t0/1/turn~0/1/t0"
            await app.answer(done["run"], question["step"], {"approved": True})
            done = await app.resume(done["run"])
    assert (done["result"]["text"], paid) == ("Done.", [500])
