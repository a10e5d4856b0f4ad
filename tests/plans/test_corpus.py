"""A corpus of wrong plans: of each, exactly one thing is told, with its code, its place and a remedy.

In a plan of the corpus, `▸` stands before the place of the finding. `finds` is the code, `remedy` a part of the remedy;
`inputs` are those of a run, `budget` is that of the workspace. A plan without a name is called x.
"""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from batuta.errors import Finding, PlanError
from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check
from batuta.plans.rules import RULES
from batuta.spec.budget import Budget, nusd
from batuta.spec.card import Card

FOLDER = Path(__file__).parent / "corpus"
MARK = "▸"
# What a plan of a few lines cannot show.
ELSEWHERE = {
    *("B000", "B001", "B002", "B004", "B007", "B008", "B013", "B115"),
    *(code for code in RULES if code >= "B2"),
}


class Case(NamedTuple):
    """One wrong plan."""

    name: str
    code: str
    remedy: str
    text: str
    line: int
    column: int
    inputs: dict[str, Any] | None
    budget: Budget | None


def cards() -> dict[str, Card]:
    found: dict[str, Card] = {}
    for name, said in yaml.safe_load((FOLDER / "cards.yaml").read_text(encoding="utf-8")).items():
        price = nusd(said.pop("price_usd", 0))
        said["scopes"] = tuple(said.get("scopes", ()))
        found[name] = Card(name=name, price_nusd=price, **said)
    return found


def cases() -> list[Case]:
    found: list[Case] = []
    for file in sorted(FOLDER.glob("*.yaml")):
        if file.name == "cards.yaml":
            continue
        for name, said in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            marked: str = said["plan"]
            if not any(line.startswith(("name:", MARK + "{")) for line in marked.splitlines()):
                marked = "name: x\n" + marked
            assert marked.count(MARK) == 1, f"{file.name}: {name}: mark one place"
            before = marked[: marked.index(MARK)]
            found.append(
                Case(
                    name=f"{file.stem}: {name}",
                    code=said["finds"],
                    remedy=said["remedy"],
                    text=marked.replace(MARK, ""),
                    line=before.count("\n") + 1,
                    column=len(before) - (before.rfind("\n") + 1) + 1,
                    inputs=said.get("inputs"),
                    budget=Budget(**said["budget"]) if "budget" in said else None,
                )
            )
    return found


CARDS = cards()
CASES = cases()


def findings_of(case: Case) -> list[Finding]:
    try:
        plan, places = plan_from_yaml(case.text, "p.yaml")
    except PlanError as error:
        return list(error.findings)
    return check(plan, CARDS, places, case.inputs, budget=case.budget)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_exactly_one_thing_is_told_with_code_place_and_remedy(case: Case) -> None:
    found = findings_of(case)
    assert [(f.code, f.place.line, f.place.column) for f in found] == [
        (case.code, case.line, case.column)
    ], "\n".join(map(str, found))
    assert case.remedy in found[0].remedy, found[0].remedy
    assert found[0].remedy
    assert found[0].warning is RULES[case.code].warning


def test_there_are_at_least_one_hundred_and_fifty() -> None:
    assert len(CASES) >= 150


def test_every_code_of_plans_has_a_case() -> None:
    assert set(RULES) - {case.code for case in CASES} - ELSEWHERE == set()
