"""What was made becomes a registered plan: its words with places for its inputs, in a file where plans are found."""

from pathlib import Path

import pytest

from batuta.config import Workspace
from batuta.errors import InputError, PlanError
from batuta.planning.candidate import Route
from batuta.planning.proposal import Proposal
from batuta.planning.saving import example_of, file_for, registrable
from batuta.planning.slots import Inputs, Slot
from batuta.planning.understood import Understood
from batuta.plans.build import plan_from_yaml

MADE = """
name: made
inputs: {order: string, amount: number}
steps: {a: {use: value, with: {value: ["${inputs.order}", "${inputs.amount}"]}}}
"""


def understood(words: str, *read: tuple[str, str], planner: str = "compose") -> Understood:
    slots = tuple(
        Slot(name, said, said, words.index(said), words.index(said) + len(said))
        for name, said in read
    )
    sourced = plan_from_yaml(MADE)
    return Understood(words, Proposal(planner, Route("made", 0.6, ""), sourced, Inputs(slots)))


@pytest.mark.parametrize(
    ("words", "read", "example"),
    [
        ("refund A-1 with 5 EUR", [("amount", "5 EUR"), ("order", "A-1")], "refund {order} with {amount}"),
        ("refund  it,\nnow", [], "refund it, now"),
        ("refund {order} as A-1", [("order", "A-1")], "refund order as {order}"),
        ("A-1", [("order", "A-1")], ""),
        ("refund A-1", [("order", "A-1"), ("amount", "A-1")], "refund {order}"),
        ("refund " * 1_000, [], ""),
    ],
)  # fmt: skip
def test_an_example_has_a_place_for_each_input(
    words: str, read: list[tuple[str, str]], example: str
) -> None:
    assert example_of(understood(words, *read)) == example


def test_only_what_was_made_is_registered_and_under_a_name() -> None:
    words = understood("refund A-1", ("order", "A-1"))
    plan = registrable(words, "refunds").plan
    assert (plan.name, plan.examples) == ("refunds", ("refund {order}",))
    for name in ("../refunds", "", "a b"):
        with pytest.raises(PlanError):
            registrable(words, name)
    with pytest.raises(InputError, match="made is registered already"):
        registrable(understood("refund A-1", planner="route"), "refunds")
    with pytest.raises(InputError, match="no plan that could be kept"):
        registrable(Understood("play jazz", Proposal("route")), "jazz")


@pytest.mark.parametrize(
    ("patterns", "file"),
    [
        (("plans/*.yaml",), "plans/new.yaml"),
        (("*/x.yaml", "flows/**/*.yml"), "flows/new.yml"),
        (("**/*.yaml",), "new.yaml"),
        (("only.yaml", "n*.yaml"), "new.yaml"),
    ],
)
def test_its_file_is_where_plans_are_found(
    tmp_path: Path, patterns: tuple[str, ...], file: str
) -> None:
    workspace = Workspace(root=str(tmp_path), plans=patterns)
    assert file_for("new", workspace, None, taken=False, force=False) == tmp_path / file


def test_where_no_pattern_has_room_there_is_no_place_and_no_file_is_written_over(
    tmp_path: Path,
) -> None:
    workspace = Workspace(root=str(tmp_path), plans=("only.yaml", "*/plans/*.yaml", "p/*.json"))
    with pytest.raises(InputError, match="no pattern of `plans`"):
        file_for("new", workspace, None, taken=False, force=False)
    (tmp_path / "only.yaml").write_text("{}", encoding="utf-8")
    for force in (False, True):
        with pytest.raises(InputError, match=r"taken, by only\.yaml"):
            file_for("only", workspace, None, taken=False, force=force)
