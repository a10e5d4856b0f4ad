"""The plans that agents are: fixed, sound, and without a word of what a model said."""

from batuta.capabilities.agent.plans import agent_plan, hand_over_plan, summary_plan, tools_plan
from batuta.reading.agents import AgentConfig
from batuta.spec.budget import Budget


def test_the_plan_of_an_agent_depends_on_its_settings_alone() -> None:
    config = AgentConfig("m", turns=7, budget=Budget(usd=0.5, seconds=90), timeout_s=60)
    plan = agent_plan("support", config)
    assert plan.digest() == agent_plan("support", config).digest()
    turn = plan.steps["turn"]
    assert turn.use == "support.think"
    assert turn.budget == Budget(usd=0.5, seconds=60)
    assert turn.repeat is not None
    assert (turn.repeat.at_most, turn.repeat.until) == (7, "steps.turn.answer != null")


def test_the_plan_of_calls_depends_on_their_names_alone() -> None:
    plan = tools_plan("support", ("orders.find", "refund", "orders.find"))
    assert plan.digest() == tools_plan("support", ("orders.find", "refund", "orders.find")).digest()
    assert [step.use for step in plan.steps.values()] == ["orders.find", "refund", "orders.find"]
    assert all(step.may_fail for step in plan.steps.values())
    assert plan.steps["t1"].with_ == "${inputs.said.calls[1].arguments}"


def test_other_plans_are_fixed() -> None:
    assert hand_over_plan("a", "b").digest() == hand_over_plan("a", "b").digest()
    assert summary_plan("a", "m").steps["summary"].use == "m"
