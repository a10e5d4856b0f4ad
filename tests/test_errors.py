"""How errors speak."""

from batuta.errors import Finding, InputError, PlanError

FLAW = Finding("B101", "there is no such thing", remedy="correct the name")


def test_in_one_line_an_error_is_its_message_and_its_remedy() -> None:
    assert InputError("too much").in_one_line == "too much"
    assert InputError("too much", remedy="take less").in_one_line == "too much; take less"


def test_in_one_line_of_several_flaws_the_first_is_told() -> None:
    assert PlanError("the plan has 3 flaws", findings=[FLAW] * 3).in_one_line == (
        "there is no such thing; correct the name; and 2 more"
    )
    assert PlanError("no plan").in_one_line == "no plan"
