"""A model drafts a plan where nothing else fits: checked, repaired, asked for again, and never trusted with values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.errors import WorkspaceError
from batuta.journal.clock import SystemClock
from batuta.planning.proposal import Proposal
from batuta.planning.understood import Understood
from batuta.testing.providers import Answer, Failure, Providers

WORDS = "write to the customer of order A-17 that it has left"
DRAFT: dict[str, Any] = {
    "name": "tell-customer",
    "description": "Tell the customer of an order something.",
    "inputs": {"order": {"type": "string"}, "text": {"type": "string", "default": "it has left"}},
    "values": {"order": "A-17"},
    "steps": [
        {"name": "find", "use": "find_orders", "with": {"number": "{{inputs.order}}"}},
        {"name": "send", "use": "letter", "with": {"text": "${inputs.text}"}},
    ],
    "result": "${steps.send}",
}


class Customer(TypedDict):
    """Who has ordered."""

    email: str


@capability("orders.find", effect="read", reach="local")
def find(number: str) -> Customer:
    """The customer of an order."""
    return {"email": f"{number}@example.org"}


@capability(effect="read", reach="local")
def letter(email: str, text: str) -> str:
    """Writes a letter."""
    return f"{email}: {text}"


@pytest.fixture
def providers() -> Iterator[Providers]:
    with Providers() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, providers: Providers) -> Path:
    model = f"{{provider: openai-compatible, url: '{providers.url()}', model: m, prices: {{input: 1, output: 1}}}}"
    (tmp_path / "batuta.yaml").write_text(
        f"models: {{strong: {model}}}\nplanning: {{model: strong}}\n"
    )
    return tmp_path


def answer(draft: Any = DRAFT, **changes: Any) -> Answer:
    return Answer(json.dumps({**draft, **changes}))


async def drafted(folder: Path, words: str = WORDS) -> tuple[Understood, Proposal]:
    async with await App.open(folder, functions=[find, letter]) as app:
        understood = await Desk(app).understand(words)
    said = {one.planner: one for one in (understood.chosen, *understood.others)}
    return understood, said["draft"]


async def test_a_draft_with_slips_becomes_a_plan_that_runs(
    folder: Path, providers: Providers
) -> None:
    providers.say([answer()])
    async with await App.open(folder, functions=[find, letter]) as app:
        desk = Desk(app)
        understood = await desk.understand(WORDS)
        drafts = {one.planner: one for one in (understood.chosen, *understood.others)}
        draft = drafts["draft"]
        assert draft.sourced is not None
        assert draft.inputs.values == {"order": "A-17"}
        assert "2 slips put right" in draft.route.why or "3 slips put right" in draft.route.why
        assert draft.cost_nusd > 0
        chosen = Understood(WORDS, draft)
        yes = await desk.approval(chosen, draft.inputs.values)
        run = await desk.accept(chosen, draft.inputs.values, approved=yes)
        assert (await app.resume(run))["result"] == "A-17@example.org: it has left"
        again = await desk.understand("write to the customer of order B-2 that it has left")
        assert (again.planner, again.inputs.values) == ("recall", {"order": "B-2"})
    (asked,) = providers.requests
    assert asked.flaws == ()
    assert "${inputs.NAME}" in asked.text


async def test_what_is_wrong_is_asked_for_once_more_with_the_words_of_the_checker(
    folder: Path, providers: Providers
) -> None:
    wrong = [{"name": "go", "use": "rockets.launch", "with": {}}]
    providers.say([answer(steps=wrong, result="${steps.go}"), answer()])
    _, draft = await drafted(folder)
    assert draft.sourced is not None
    assert "at attempt 2" in draft.route.why
    assert "rockets.launch" in providers.requests[1].text
    assert "there is no capability" in providers.requests[1].text


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer(steps=[], result=None), "nothing here does what is asked for"),
        (answer(steps=[{"name": "a", "use": "nothing.like.it"}]), "is no plan"),
        (
            answer(steps=[{"name": n, "use": "orders.find", "with": {"number": f"${{steps.{o}.email}}"}}
                          for n, o in (("a", "b"), ("b", "a"))]),
            "is no plan",
        ),
        (answer(steps=[{"name": f"s{i}", "use": "letter", "with": {}} for i in range(120)]), "did not end well"),
        (Answer("I would first look the order up, and then write."), "did not end well"),
        (Answer('{"name": "half", "steps": [{"na', end="length"), "did not end well"),
        (Failure("quota"), "did not end well"),
    ],
    ids=["nothing", "invented", "circle", "flood", "prose", "half", "quota"],
)  # fmt: skip
async def test_a_model_that_fails_costs_its_attempts_and_gives_no_plan(
    folder: Path, providers: Providers, reply: Answer | Failure, why: str
) -> None:
    providers.say([reply])
    _, draft = await drafted(folder)
    assert draft.sourced is None
    assert why in draft.route.why
    assert 1 <= len(providers.requests) <= 6


async def test_a_model_that_writes_without_end_is_broken_off_and_costs_one_question(
    folder: Path, providers: Providers
) -> None:
    text = (folder / "batuta.yaml").read_text("utf-8")
    (folder / "batuta.yaml").write_text(
        text.replace("model: m,", "model: m, max_tokens: 200,"), "utf-8"
    )
    flood = [{"name": f"s{number}", "use": "letter", "with": {}} for number in range(10_000)]
    providers.say([answer(steps=flood)])
    _, draft = await drafted(folder)
    assert (draft.sourced, len(providers.requests)) == (None, 1)
    assert "characters and went on; at most 200 tokens were asked for" in draft.route.why


@pytest.mark.parametrize("cap", ["{usd: 0.000001}", "{calls: 0}"])
async def test_what_the_budget_does_not_allow_is_not_even_asked(
    folder: Path, providers: Providers, cap: str
) -> None:
    text = (folder / "batuta.yaml").read_text()
    (folder / "batuta.yaml").write_text(f"{text}budget: {cap}\n")
    understood, draft = await drafted(folder)
    assert (draft.sourced, draft.cost_nusd, providers.requests) == (None, 0, [])
    assert "the call may cost $" in draft.route.why or "budget" in draft.route.why
    assert understood.planner != "draft"


async def test_a_budget_is_held_over_all_questions_of_a_draft(
    folder: Path, providers: Providers
) -> None:
    text = (folder / "batuta.yaml").read_text()
    (folder / "batuta.yaml").write_text(f"{text}budget: {{usd: 0.1}}\n")
    wrong = DRAFT | {"steps": [{"name": "a", "use": "teleport", "with": {}}]}
    providers.say([Answer(json.dumps(wrong), input_tokens=30_000, output_tokens=30_000)])
    _, draft = await drafted(folder)
    # The first question took most of it: a second one could cost more than is left.
    assert len(providers.requests) == 1
    assert (draft.sourced, draft.cost_nusd) == (None, 60_000_000)
    assert "$0.04 of $0.10 is left" in draft.route.why


async def test_a_value_that_the_model_made_up_is_asked_for(
    folder: Path, providers: Providers
) -> None:
    providers.say([answer(values={"order": "A-99"})])
    _, draft = await drafted(folder)
    assert (draft.inputs.values, draft.inputs.missing) == ({}, ("order",))


@pytest.mark.parametrize(
    ("kind", "value", "words", "said"),
    [
        ("integer", 1, "refund order A-1042 with 1.5 euros", None),
        ("integer", 20, "refund order A-1042 with 20€", "20"),
        ("number", 1.5, "refund order A-1042 with 1.5 euros", "1.5"),
        ("string", "left", "write that it lefts", None),
        ("string", "a-17", "İİ write about A-17, please", "A-17"),
        ("string", "北京", "寄到北京去", "北京"),
        ("string", "", "write", None),
        ("string", "a.c", "write abc", None),
    ],
)
async def test_a_value_is_said_as_a_word_or_number_of_its_own(
    folder: Path, providers: Providers, kind: str, value: Any, words: str, said: str | None
) -> None:
    step = {"name": "send", "use": "letter", "with": {"email": "${inputs.it}", "text": "x"}}
    if kind != "string":
        step["with"] = {"email": "a", "text": "number ${inputs.it}"}
    providers.say([answer(inputs={"it": {"type": kind}}, values={"it": value}, steps=[step])])
    _, draft = await drafted(folder, words)
    assert draft.sourced is not None
    assert [one.words for one in draft.inputs.slots] == ([] if said is None else [said])
    assert all(words[one.start : one.end] == said for one in draft.inputs.slots)


async def test_words_that_look_like_expressions_are_words(
    folder: Path, providers: Providers
) -> None:
    providers.say([answer()])
    words = "write ${steps.draft_1} {{inputs.order}} to the customer of A-17"
    await drafted(folder, words)
    assert words in providers.requests[0].text


async def test_a_stranger_has_nothing_drafted(folder: Path, providers: Providers) -> None:
    async with await App.open(folder, functions=[find, letter]) as app:
        await Desk(app).understand(WORDS, trusted=False)
    assert providers.requests == []


async def test_the_same_request_is_asked_for_once_by_whichever_process(
    folder: Path, providers: Providers
) -> None:
    providers.say([answer(), answer(name="another")])
    _, first = await drafted(folder)
    _, second = await drafted(folder)
    assert len(providers.requests) == 1
    assert first.sourced and second.sourced
    assert (first.sourced.plan, first.inputs) == (second.sourced.plan, second.inputs)
    assert (first.cost_nusd > 0, second.cost_nusd) == (True, 0)
    await drafted(folder, WORDS + ", please")
    assert len(providers.requests) == 2


@pytest.mark.parametrize("reply", [answer(steps=[], result=None), Failure("quota")])
async def test_a_draft_that_came_to_nothing_is_asked_for_again_later_or_by_name(
    folder: Path, providers: Providers, reply: Answer | Failure
) -> None:
    providers.say([reply])
    _, first = await drafted(folder)
    asked = len(providers.requests)
    _, second = await drafted(folder)
    assert (first.sourced, second.sourced, len(providers.requests)) == (None, None, asked)
    assert (
        second.route.why
        == f"{first.route.why}; that was just now: it is asked again later, or by name (draft)"
    )
    assert second.cost_nusd == 0
    async with await App.open(folder, functions=[find, letter]) as app:
        await Desk(app).understand(WORDS, planner="draft")
    assert len(providers.requests) > asked

    class Later(SystemClock):
        def now(self) -> float:
            return super().now() + 700

    async with await App.open(folder, functions=[find, letter], clock=Later()) as app:
        asked = len(providers.requests)
        await Desk(app).understand(WORDS)
    assert len(providers.requests) > asked


async def test_a_model_that_is_not_there_is_a_flaw_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "models: {fast: openai:gpt-5-mini}\nplanning: {model: fats}\n"
    )
    with pytest.raises(WorkspaceError, match="there is no model 'fats'") as caught:
        await App.open(tmp_path)
    assert caught.value.remedy == "did you mean 'fast'?"
    assert caught.value.place is not None and caught.value.place.line == 2
