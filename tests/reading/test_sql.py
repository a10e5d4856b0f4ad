"""Parameters of a statement are found as a database would find them."""

import pytest

from batuta.reading.sql import parameters_of, with_parameters


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select 1", ()),
        ("select :a, :b, :a", ("a", "b")),
        ("a=:a and b>:b_2)", ("a", "b_2")),
        ("select x::int, :x::int", ("x",)),
        ("':no' || :yes || 'it''s :no'", ("yes",)),
        ('select ":no" as "a"":no", :yes', ("yes",)),
        ("select `:no`, :yes", ("yes",)),
        ("-- :no\n:yes -- :no", ("yes",)),
        ("/* :no */ :yes /* :no", ("yes",)),
        ("/* a /* :no */ :no */ :yes", ("yes",)),
        ("$$ :no $$ || :yes || $t$ $$ :no $t$", ("yes",)),
        (r"E'\' :no' || :yes", ("yes",)),
        (r"'\' || :yes || ''", ("yes",)),
        ("select '12:30', 12:30", ()),
        ("a[1:no], a[lo:no], a[:yes]", ("yes",)),
        ("':no", ()),
        ("", ()),
    ],
)
def test_only_what_a_database_would_bind_is_a_parameter(sql: str, names: tuple[str, ...]) -> None:
    assert parameters_of(sql) == names


def test_everything_else_stays_as_it_is() -> None:
    spelled = with_parameters(
        "a = :a -- 5 % :b", "%({})s".format, lambda one: one.replace("%", "%%")
    )
    assert spelled == "a = %(a)s -- 5 %% :b"


@pytest.mark.parametrize("piece", ["'", '"', "/*", "$$", "$a$", ":", ":a", "--", "e'\\", "*/"])
def test_long_statements_take_linear_time(piece: str) -> None:
    # A hundred thousand pieces: anything quadratic would take minutes.
    assert len(parameters_of(piece * 30_000)) <= 1
