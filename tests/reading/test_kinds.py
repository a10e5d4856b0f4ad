"""A document that is another one is told to be so, and nothing else is said of it."""

import pytest

from batuta.errors import FindingsError
from batuta.evaluation.suite import suite_from_text
from batuta.plans.build import plan_from_yaml

PLAN = "name: p\nsteps: {a: {use: value}}\nresult: x\n"
SUITE = "name: s\ncases: [{a: 1}]\ntarget: {use: value}\nscorers: {r: {exact: 1}}\n"
WORKSPACE = "models: {fast: openai:gpt-5-mini}\nbudget: {usd: 1}\n"


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (plan_from_yaml, SUITE, "this is a suite, and no plan; `batuta eval FILE` evaluates it"),
        (
            plan_from_yaml,
            WORKSPACE,
            "this is the file of a workspace, and no plan;"
            " name a file of its folder; `batuta check` checks it",
        ),
        (
            suite_from_text,
            PLAN,
            "this is a plan, and no suite; `batuta run --plan FILE` runs it",
        ),
    ],
)
def test_another_document_is_told_as_such(read: object, text: str, said: str) -> None:
    assert callable(read)
    with pytest.raises(FindingsError) as caught:
        read(text)
    (finding,) = caught.value.findings
    assert (finding.code, f"{finding.message}; {finding.remedy}") == ("B020", said)


def test_what_has_a_key_of_its_own_is_read_and_its_flaws_are_told() -> None:
    with pytest.raises(FindingsError) as caught:
        plan_from_yaml(PLAN + "target: x\nscorers: {}\n")
    assert [one.code for one in caught.value.findings] == ["B020", "B020"]
