"""Which row is which."""

from time import process_time

from batuta.capabilities.local.match import match


def test_rows_are_paired_however_they_are_written() -> None:
    left = [{"name": "ACME Corp.", "city": "Zürich"}, {"name": "Jon Smith"}, {"name": "Nobody"}]
    right = [{"name": "Smith, John"}, {"name": "Acme Corporation", "city": "Zurich"}]
    found = match(left=left, right=right, keys=["name", "city"])
    assert [(pair["left"], pair["right"]) for pair in found["pairs"]] == [(0, 1), (1, 0)]
    assert (found["unmatched_left"], found["unmatched_right"]) == ([2], [])


def test_columns_may_have_other_names_and_numbers_must_be_the_same() -> None:
    found = match(
        left=[{"id": 1042}, {"id": 1043}], right=[{"no": "1043"}, {"no": "1044"}], keys={"id": "no"}
    )
    assert [(pair["left"], pair["right"]) for pair in found["pairs"]] == [(1, 0)]


def test_two_rows_that_fit_alike_are_ambiguous_and_each_is_used_once() -> None:
    found = match(left=[{"n": "Ann"}], right=[{"n": "ann"}, {"n": "ANN"}], keys=["n"])
    assert [(pair["right"], pair["ambiguous"]) for pair in found["pairs"]] == [(0, True)]
    assert found["unmatched_right"] == [1]


def test_thousands_of_equal_rows_take_no_time() -> None:
    rows = [{"n": "the same name"}] * 5_000
    began = process_time()
    assert len(match(left=rows, right=rows, keys=["n"])["pairs"]) == 5_000
    assert process_time() - began < 10
