"""What looks alike and is right gets no warning; what warnings are not wanted are not made."""

import pytest

from batuta.plans.build import plan_from_data, plan_from_yaml
from batuta.plans.check import check
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from tests.plans.test_corpus import CARDS

RIGHT = {
    "what may fail, and is asked about": """
steps:
  a: {use: look, with: {id: x}, may_fail: true}
  many: {use: text, each: "${['x', 'y']}", with: {of: "${item}"}, may_fail: true}
  told: {use: post, when: "errors.a != null", with: {text: "No luck: ${errors.a.message}"}}
  odd: {use: post, when: "errors.a.code == 'timeout'", with: {text: "${errors.a.code}"}}
result:
  a: "${steps.a.id}"
  b: "${steps.many.filter(m, m != null)}"
  c: "${errors.many != null && errors.many.exists(e, e != null) ? errors.many[0].code : ''}"
""",
    "why a step failed that has lost a join": """
steps:
  a: {use: look, with: {id: x}}
  b: {use: look, with: {id: y}}
  c: {use: look, join: first, after: [a, b], with: {id: z}}
result: {found: "${steps.c}", why: ["${errors.a}", "${errors.b.code}"]}
""",
    "arguments that somebody gives": """
inputs: {args: object, any: any}
steps:
  a: {use: look, with: "${inputs.args}"}
  b: {use: look, with: "${inputs.any}"}
result: ["${steps.a}", "${steps.b}"]
""",
    "rounds that look at all before them": """
steps:
  draft: {use: think, with: {prompt: "${size(rounds)} more"}, repeat: {until: size(rounds) > 3, at_most: 40}}
  other: {use: think, with: {prompt: "more"}, repeat: {until: "rounds.exists(r, r.score > 0.9)", at_most: 4}}
result: ["${steps.draft.text}", "${steps.other.text}"]
""",
    "a write before an effect that may fail": """
steps:
  a: {use: pay, with: {cents: 1}}
  b: {use: mail, with: {to: a@b.c, text: "${steps.a.receipt}"}, may_fail: true}
""",
    "a choice whose sides are asked for": """
inputs: {vip: boolean}
steps:
  gold: {use: text, when: inputs.vip}
  plain: {use: text, when: "!inputs.vip"}
  send: {use: post, with: {text: "${steps.gold != null ? steps.gold : (steps.plain != null ? steps.plain : '')}"}}
""",
    "a whole value of a step that may be skipped": """
inputs: {vip: boolean}
steps:
  a: {use: look, when: inputs.vip, with: {id: x}}
result: {a: "${steps.a}", total: "${steps.a.total}"}
""",
    "conditions that are asked for each item": """
steps:
  all: {use: look, with: {id: x}}
  many: {use: text, each: "${steps.all.rows}", when: item.count > 1, with: {of: "${item.sku}"}}
  few: {use: text, each: "${steps.all.rows}", when: item.count <= 1, with: {of: "${item.sku}"}}
result: {many: "${steps.many.filter(m, m != null)}", few: "${steps.few}"}
""",
    "an approval that decides": """
steps:
  sure: {use: ask, with: {question: "Pay?"}}
  pay: {use: pay, with: {cents: 5}, when: steps.sure.approved}
result: ${steps.pay.receipt}
""",
    "refining with the round before": """
steps:
  draft: {use: think, with: {prompt: "${index} more"}, repeat: {until: steps.draft.score > 0.9, at_most: 40}}
result: ${steps.draft.text}
""",
    "a guard that others wait for": """
steps:
  guard: {use: open}
  a: {use: look, with: {id: x}, after: guard}
result: ${steps.a}
""",
    "a plan that another plan is": """
steps:
  go: {use: planner, with: {goal: win}}
""",
    "writes beside each other": """
steps:
  a: {use: pay, with: {cents: 1}}
  b: {use: pay, with: {cents: 2}}
""",
    "a write that is undone": """
steps:
  a: {use: pay, with: {cents: 1}, undo: {use: refund, with: {receipt: "${steps.a.receipt}"}}}
  b: {use: mail, with: {to: a@b.c, text: "${steps.a.receipt}"}}
""",
    "a budget that a list of unknown length might exceed": """
inputs: {ids: {type: array, items: {type: string}}}
budget: {calls: 10, usd: 1}
timeout: 60
steps:
  a: {use: look, each: "${inputs.ids}", with: {id: "${item}"}}
result: ${steps.a}
""",
    "lists inside of a text": """
steps:
  a: {use: find, with: {q: x}}
result: "Found ${steps.a} in all"
""",
    "a question with an answer of its own": """
steps:
  which: {use: ask, with: {question: "Which?", schema: {enum: [a, b]}}}
result: ${steps.which.whatever}
""",
    "conditions on different values of one name": """
inputs: {a: {type: object}, b: string}
steps:
  x: {use: text, when: inputs.b == 'a  b'}
  y: {use: text, when: inputs.b == 'a b' || inputs.a.ok}
  z: {use: text, with: {of: ["${steps.x}", "${steps.y}"]}}
result: ${steps.z}
""",
}


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_right_and_nothing_is_said(name: str) -> None:
    plan, places = plan_from_yaml("name: x\n" + RIGHT[name], "p.yaml")
    assert [str(one) for one in check(plan, CARDS, places)] == []


def test_warnings_are_left_out_where_nobody_wants_them() -> None:
    plan = plan_from_yaml("name: x\ninputs: {a: string}\nresult: ${steps.a}\n").plan
    assert [one.code for one in check(plan, CARDS, warnings=False)] == ["B102"]


def test_flaws_of_names_hide_what_could_only_follow_from_them() -> None:
    plan = plan_from_yaml(
        "name: x\ninputs: {a: string}\nsteps: {a: {use: open}}\nresult: ${steps.b}\n"
    ).plan
    assert [one.code for one in check(plan, CARDS)] == ["B102"]


def test_the_smaller_of_the_budgets_of_plan_and_workspace_counts() -> None:
    plan = plan_from_data(
        {"name": "x", "budget": {"calls": 9}, "steps": {"a": {"use": "post"}, "b": {"use": "post"}}}
    ).plan
    cards = {"post": Card(name="post", effect="idempotent")}
    assert check(plan, cards) == []
    assert [one.code for one in check(plan, cards, budget=Budget(calls=1))] == ["B126"]
