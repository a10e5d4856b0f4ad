"""`batuta check --live`, and what resume says, when code, schemas and policy change under runs that wait."""

from typing import Any

import pytest

from tests.doors.cli.command import Folder

PLAN = """
name: order
inputs: {amount: number, name: string}
steps:
  approve: {use: approve, with: {question: "Well?"}}
  pay: {use: pay, with: {amount: "${inputs.amount}"}, after: [approve]}
  letter: {use: greet, with: {name: "${inputs.name}"}, after: [pay]}
result: ${steps.letter}
"""


@pytest.fixture
def run(folder: Folder) -> str:
    """A run that waits for its approval."""
    (folder.path / "order.yaml").write_text(PLAN, encoding="utf-8")
    return folder.waiting("order", "--input", "amount=50", "--input", "name=Ada")


def change(folder: Folder, file: str, old: str, new: str) -> None:
    path = folder.path / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def live(folder: Folder) -> list[Any]:
    said = folder.batuta("check", "--live", "--json")
    assert said.code == (0 if said.document["ok"] else 1), said
    return said.document["live"]


def breaks(folder: Folder) -> list[tuple[str, str, str]]:
    return [(b["kind"], b["what"], b["why"]) for one in live(folder) for b in one["breaks"]]


def test_nothing_has_changed_and_nothing_would_break(folder: Folder, run: str) -> None:
    folder.batuta("run", "--plan", "hello.yaml", "--input", "name=Ada")
    said = folder.batuta("check", "--live")
    assert (said.code, said.out) == (0, "✓ 1 unfinished run, none would break\n")


GREET = 'effect="pure", reach="local")\ndef greet'
PAY = 'effect="write", reach="local"'


@pytest.mark.parametrize(
    ("old", "new", "what", "why"),
    [
        (GREET, GREET.replace("pure", "read"), "greet", "effect: pure → read"),
        (GREET, GREET.replace("local", "egress"), "greet", "reach: local → egress"),
        ("def greet(name: str)", "def greet(name: str, title: str = '')", "greet", "input.title: new, optional string"),
        ("def pay(amount: float)", "def pay(amount: float | str)", "pay", "input.amount: number → number or string"),
        ("amount: float) -> str", "amount: float) -> list[str]", "pay", "output: string → list of string"),
        (PAY + ")\ndef pay", PAY + ", price_usd=0.5)\ndef pay", "pay", "price: $0 → $0.5"),
    ],
    ids=["effect", "reach", "argument", "type", "output", "price"],
)  # fmt: skip
def test_a_changed_card_is_named_field_by_field(
    folder: Folder, run: str, old: str, new: str, what: str, why: str
) -> None:
    change(folder, "tools.py", old, new)

    (one,) = live(folder)

    assert (one["run"], one["plan"], one["status"]) == (run, "order", "waiting")
    assert [(b["kind"], b["what"]) for b in one["breaks"]] == [("changed", what)]
    assert one["breaks"][0]["why"] == why
    assert one["remedies"] == [f"batuta resume {run} --accept", f"batuta cancel {run}"]


def test_a_capability_that_is_gone_and_a_step_that_is_refused_are_told(
    folder: Folder, run: str
) -> None:
    change(folder, "tools.py", "def pay(", "def pay_now(")
    change(folder, "tools.py", "def greet(name: str)", "def greet(name: int)")
    kinds = [(kind, what) for kind, what, _ in breaks(folder)]
    assert kinds == [("changed", "greet"), ("gone", "pay"), ("refused", "letter")]


def test_a_policy_that_denies_what_is_to_come_is_told(folder: Folder, run: str) -> None:
    change(folder, "batuta.yaml", "args.amount > 1000.0", "args.amount > 10.0")
    assert breaks(folder) == [("denied", "pay", "too much (policy[0])")]


def test_what_has_ended_is_no_concern(folder: Folder, run: str) -> None:
    folder.batuta("answer", run, "approve", "--approve")
    change(folder, "tools.py", "def greet(", "def salute(")
    assert live(folder) == []


def test_it_says_so_in_words_with_what_can_be_done(folder: Folder, run: str) -> None:
    change(folder, "tools.py", "def greet(name: str)", "def greet(name: str | None)")
    said = folder.batuta("check", "--live")
    assert said.code == 1
    assert said.out.splitlines() == [
        f"{run}  order  waiting",
        "    greet  input.name: string → string or null",
        f"    → batuta resume {run} --accept, or batuta cancel {run}",
        "",
        "✗ 1 unfinished run, 1 would break",
    ]


def test_runs_that_would_break_alike_are_told_once(folder: Folder, run: str) -> None:
    other = folder.waiting("order", "--input", "amount=60", "--input", "name=Bob")
    change(folder, "tools.py", "def greet(name: str)", "def greet(name: str | None)")
    said = folder.batuta("check", "--live")
    assert said.out.splitlines() == [
        f"2 runs of order  {run}, {other}",
        "    greet  input.name: string → string or null",
        "    → batuta resume RUN --accept, or batuta cancel RUN",
        "",
        "✗ 2 unfinished runs, 2 would break",
    ]
    assert len(live(folder)) == 2


def test_plans_and_runs_are_two_questions(folder: Folder) -> None:
    said = folder.batuta("check", "--live", "hello.yaml", "--json")
    assert (said.code, said.document["error"]["code"]) == (2, "input")


def test_resume_names_the_difference_parks_and_goes_on_when_it_is_accepted(
    folder: Folder, run: str
) -> None:
    change(folder, "tools.py", GREET, GREET.replace("pure", "read"))
    folder.batuta("answer", run, "approve", "--approve")

    said = folder.batuta("resume", run)

    assert said.code == 3
    question = (
        "Go on although capabilities changed since the run began: greet (effect: pure → read)?"
    )
    assert question in said.err
    assert f"batuta resume {run} --accept" in said.err
    shown = folder.batuta("show", run)
    assert question in shown.out
    assert "greet: effect: pure → read" in shown.out
    assert folder.book() == []
    assert folder.batuta("resume", run, "--accept").code == 0
    assert folder.book() == ["50.0"]
    assert breaks(folder) == []


def test_a_second_change_is_compared_with_what_was_accepted(folder: Folder, run: str) -> None:
    change(folder, "tools.py", "def greet(name: str)", "def greet(name: str | None)")
    assert folder.batuta("resume", run, "--accept").code == 3
    change(folder, "tools.py", "def greet(name: str | None)", "def greet(name: str | int)")
    assert breaks(folder) == [
        ("changed", "greet", "input.name: string or null → string or integer")
    ]
