"""What a judge looks at."""

import pytest

from batuta.capabilities.judge.rubric import Criterion, answer_schema, read_rubric, score_keys
from batuta.errors import WorkspaceError


def test_a_text_alone_is_a_criterion() -> None:
    assert read_rubric(["Is right.", Criterion("kind", "warm words", 2)]) == (
        Criterion("Is right.", "", 1.0),
        Criterion("kind", "warm words", 2.0),
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [([], "1 to 20"), (["a"] * 21, "1 to 20"), (["a", Criterion("a")], "two criteria called 'a'")],
)
def test_a_rubric_that_is_none_is_refused(given: list[str | Criterion], message: str) -> None:
    with pytest.raises(WorkspaceError, match=message):
        read_rubric(given)


def test_points_stand_under_a_plain_word_of_their_own() -> None:
    rubric = read_rubric(["Is right.", "criterion_1", "kind", "größe"])
    assert score_keys(rubric) == ["criterion_1_", "criterion_1", "kind", "criterion_4"]


def test_an_answer_has_each_candidate_and_each_criterion_and_nothing_else() -> None:
    schema = answer_schema(read_rubric(["a", "b"]), 3, 2)
    assert schema["required"] == ["candidate_1", "candidate_2"]
    one = schema["properties"]["candidate_2"]["properties"]
    assert [*one] == ["reason", "scores"]
    assert one["scores"]["properties"]["b"] == {"type": "integer", "minimum": 0, "maximum": 3}
    assert one["scores"]["additionalProperties"] is False
