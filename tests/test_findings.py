"""What can be found is listed, what is listed can be found, and the page that explains it tells the truth."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from batuta.errors import PlanError
from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check
from batuta.plans.rules import RULES, anchor
from tests.plans.test_corpus import CARDS, ELSEWHERE

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / anchor("").partition("#")[0]).read_text(encoding="utf-8")
# The table itself, and where remedies are put into other words: neither finds anything.
TABLE = ROOT / "src/batuta/plans/rules"
REWORDED = ROOT / "src/batuta/plans/record/remedies.py"
SECTION = re.compile(r"^### (B[0-9]{3})\n\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"```yaml norun: (wrong|right)\n(.*?)```", re.DOTALL)
INPUTS = re.compile(r"# inputs: (.*)\n")


class Section(NamedTuple):
    """One code on the page: its words, and the plan that gets it and the one that does not."""

    code: str
    words: str
    examples: dict[str, str]


def sections() -> list[Section]:
    found: list[Section] = []
    for code, body in SECTION.findall(PAGE):
        words = " ".join(body.partition("```")[0].split())
        found.append(Section(code, words, dict(EXAMPLE.findall(body))))
    return found


SECTIONS = sections()


def codes_of(text: str) -> list[str]:
    given = INPUTS.match(text)
    inputs = yaml.safe_load(given[1]) if given else None
    try:
        plan, places = plan_from_yaml(text, "p.yaml")
    except PlanError as error:
        return [finding.code for finding in error.findings]
    return [finding.code for finding in check(plan, CARDS, places, inputs)]


def test_every_code_that_is_told_is_in_the_table_and_the_other_way_round() -> None:
    told = {
        code
        for path in (ROOT / "src/batuta").rglob("*.py")
        if TABLE not in path.parents and path != REWORDED
        for code in re.findall(r'"(B[0-9]{3})"', path.read_text(encoding="utf-8"))
    }
    assert sorted(told) == list(RULES)


def test_every_code_has_a_section_in_order_with_the_words_of_the_table() -> None:
    assert {one.code: one.words for one in SECTIONS} == {
        code: f"{'Warning: ' if rule.warning else ''}{rule.title} {rule.remedy}"
        for code, rule in RULES.items()
    }
    of_files = [one.code for one in SECTIONS]
    assert of_files == sorted(of_files, key=lambda code: (code[1:], code))


def test_every_code_that_a_few_lines_can_show_has_an_example() -> None:
    assert {one.code for one in SECTIONS if one.examples.keys() == {"wrong", "right"}} == (
        set(RULES) - ELSEWHERE
    )


@pytest.mark.parametrize("section", SECTIONS, ids=[one.code for one in SECTIONS])
def test_the_wrong_example_gets_exactly_this_finding_and_the_right_one_none(
    section: Section,
) -> None:
    if section.examples:
        assert codes_of(section.examples["wrong"]) == [section.code]
        assert codes_of(section.examples["right"]) == []
