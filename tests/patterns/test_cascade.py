"""Cascade: the cheap one first; what does not pass goes to the next."""

from pathlib import Path

import pytest

from batuta.errors import InputError
from batuta.patterns import Check, Critic, Member, Scored, cascade
from batuta.testing.providers import Asked
from tests.patterns.team import JUDGE, judged, saying, team

CHECKED = cascade(["fast", "strong", "best"], Check({"matches": "^[0-9]+$"}))


async def test_an_answer_that_passes_ends_it(tmp_path: Path) -> None:
    async with team(tmp_path, saying(fast="42")) as those:
        result = await those.run(CHECKED, task="how many?")
        assert those.asked == ["fast"]
    assert result["answer"] == "42"
    assert (result["by"], result["passed"]) == ("fast", True)


async def test_what_does_not_pass_goes_to_the_next_and_it_is_said_why(tmp_path: Path) -> None:
    async with team(tmp_path, saying(fast="many", strong="42")) as those:
        result = await those.run(CHECKED, task="how many?")
        assert those.asked == ["fast", "strong"]
    assert (result["answer"], result["by"], result["passed"]) == ("42", "strong", True)
    assert result["flaws"] == {
        "fast": [{"check": "matches", "says": "has no ^[0-9]+$"}],
        "strong": [],
    }


async def test_one_that_is_down_is_passed_over(tmp_path: Path) -> None:
    async with team(tmp_path, saying(fast=None, strong="42")) as those:
        result = await those.run(CHECKED, task="how many?")
    assert (result["answer"], result["by"], result["passed"]) == ("42", "strong", True)
    assert result["flaws"] == {"fast": None, "strong": []}


async def test_the_last_answer_is_taken_and_said_not_to_have_passed(tmp_path: Path) -> None:
    async with team(tmp_path, saying(fast="many", strong="few", best="some")) as those:
        result = await those.run(CHECKED, task="how many?")
        assert those.asked == ["fast", "strong", "best"]
    assert (result["answer"], result["by"], result["passed"]) == ("some", "best", False)


async def test_a_critic_that_is_down_lets_nothing_pass(tmp_path: Path) -> None:
    plan = cascade(["fast", "best"], Critic("strong"))
    async with team(tmp_path, saying(fast="42", strong=None, best="43")) as those:
        result = await those.run(plan, task="how many?")
    assert (result["answer"], result["by"], result["passed"]) == ("43", "best", False)


async def test_it_costs_at_most_what_its_page_says(tmp_path: Path) -> None:
    models = ["fast", "strong", "best", "other"]
    async with team(tmp_path, lambda _: "") as those:
        for count in (2, 3, 4):
            for verify, cost in ((Check({"matches": "x"}), 0), (Critic("last"), 1)):
                explained, asked = await those.explained(cascade(models[:count], verify))
                assert asked == count + (count - 1) * cost
                assert explained.totals.forecast.calls_worst == count + (count - 1)
                assert explained.findings == ()


def test_members_have_steps_of_their_own() -> None:
    twice = cascade(["team.fast", Member("team.fast", role="a careful one")], Check({}))
    assert list(twice.steps) == ["fast", "fast_check", "fast_2"]
    assert twice.steps["fast_2"].with_["prompt"] == "You are a careful one.\n\n${inputs.task}"
    for name in ("a", "a_check"):
        with pytest.raises(InputError, match=f"two steps are called '{name}'"):
            cascade([Member("x", name="a"), Member("y", name=name)], Check({}))
    with pytest.raises(InputError, match="members: 1 is not from 2 to 32"):
        cascade(["fast"], Check({}))


async def test_what_was_asked_is_the_task_and_nothing_else(tmp_path: Path) -> None:
    seen: list[Asked] = []

    def says(asked: Asked) -> str:
        seen.append(asked)
        return "42"

    async with team(tmp_path, says) as those:
        await those.run(CHECKED, task="how many ${inputs.task}?")
    assert [one.text for one in seen] == ["how many ${inputs.task}?"]


async def test_a_judge_may_say_what_passes(tmp_path: Path) -> None:
    plan = cascade(["fast", "strong"], Scored("quality", at_least=0.8))
    says = judged({"aa": 3}, saying(fast="aa", strong="bb"))
    async with team(tmp_path, says, more=JUDGE) as those:
        result = await those.run(plan, task="which?")
        assert those.asked == ["fast", "last", "strong"]
    assert (result["answer"], result["by"], result["passed"]) == ("bb", "strong", False)
    assert result["flaws"] == {"fast": ["so"]}
    says = judged({"aa": 4}, saying(fast="aa"))
    async with team(tmp_path, says, more=JUDGE) as those:
        result = await those.run(plan, task="which?")
    assert (result["answer"], result["by"], result["passed"]) == ("aa", "fast", True)


async def test_a_value_may_be_what_is_asked_for_and_checked(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    plan = cascade(["fast", "strong"], Check({"that": "value.n > 1"}), schema=schema)
    async with team(tmp_path, saying(fast={"n": 1}, strong={"n": 2})) as those:
        result = await those.run(plan, task="count")
    assert (result["answer"], result["by"]) == ({"n": 2}, "strong")
