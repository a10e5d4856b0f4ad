"""Large values in pieces, and together again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batuta.spec import parts
from batuta.spec.parts import PIECE_BYTES_MIN, Place, put_together
from batuta.spec.value import canonical, decode, encode

TEXT, OTHER = "x" * 2_000, "y" * 3_000


def taken_apart(data: Any) -> tuple[Any, list[tuple[Place, bytes]]]:
    left, pieces = parts.taken_apart(data, encode(data))
    return decode(left), pieces


def together(data: Any) -> Any:
    rest, pieces = taken_apart(data)
    return put_together(rest, [(where, decode(piece)) for where, piece in pieces])


def written(*values: Any) -> int:
    """The bytes of all pieces of `values`, each once, and of what is left of each."""
    stored: set[bytes] = set()
    left = 0
    for value in values:
        rest, pieces = taken_apart(value)
        stored.update(piece for _, piece in pieces)
        left += len(encode(rest))
    return left + sum(map(len, stored))


def test_large_members_are_pieces_and_small_ones_stay() -> None:
    rest, pieces = taken_apart({"text": TEXT, "n": 1, "more": [{"of": OTHER}, "small"]})
    assert rest == {"text": None, "n": 1, "more": [{"of": None}, "small"]}
    assert pieces == [(("text",), encode(TEXT)), (("more", 0, "of"), encode(OTHER))]


def test_a_large_member_with_pieces_in_it_is_a_piece_before_them() -> None:
    table = [{"n": n, "name": "row"} for n in range(100)]
    rest, pieces = taken_apart({"answer": {"table": {"rows": table, "note": TEXT}}})
    assert rest == {"answer": {"table": {"rows": None, "note": None}}}
    assert [where for where, _ in pieces] == [
        ("answer", "table", "rows"),
        ("answer", "table", "note"),
    ]
    wide = {f"k{n}": n for n in range(100)}
    rest, pieces = taken_apart([{**wide, "text": TEXT}])
    assert rest == [None]
    assert pieces == [((0,), encode({**wide, "text": None})), ((0, "text"), encode(TEXT))]


def test_what_is_no_map_or_list_has_no_pieces() -> None:
    assert [taken_apart(data) for data in (TEXT, 1, None)] == [(TEXT, []), (1, []), (None, [])]


def test_long_lists_of_small_things_stay_whole() -> None:
    for count in (20, 1_000):
        rows = [{"n": n, "text": "z" * 100} for n in range(count)]
        assert taken_apart({"rows": rows}) == ({"rows": None}, [(("rows",), encode(rows))])
        assert taken_apart(rows) == (rows, [])
        large = [{"n": n, "text": "z" * 1_000} for n in range(20)]
        assert len(taken_apart(large)[1]) == len(large)


def test_there_are_only_so_many_pieces_and_the_rest_is_left_whole() -> None:
    many = [f"{n} {TEXT}" for n in range(400)]
    rest, pieces = taken_apart(many)
    assert (len(pieces), rest[:256], rest[256:]) == (256, [None] * 256, many[256:])
    assert together(many) == many


def test_pieces_inside_of_pieces_count_as_well() -> None:
    value = {"all": [f"{n} {TEXT}" for n in range(300)]}
    rest, pieces = taken_apart(value)
    assert (len(pieces), rest, pieces[0][0]) == (256, {"all": None}, ("all",))
    assert together(value) == value


def test_nobody_looks_deeper_than_so_many_levels() -> None:
    deep: Any = TEXT
    for _ in range(200):
        deep = [deep]
    rest, pieces = taken_apart(deep)
    assert (rest, len(pieces)) == ([[[[[[None]]]]]], 1)
    assert together(deep) == deep


def test_what_lies_under_a_long_key_stays_there() -> None:
    data = {"k" * 65: TEXT, "k" * 64: OTHER}
    rest, pieces = taken_apart(data)
    assert (rest, len(pieces)) == ({"k" * 65: TEXT, "k" * 64: None}, 1)
    assert together(data) == data


def test_a_value_inside_of_another_is_the_same_pieces() -> None:
    answer = {"text": TEXT, "hits": [{"text": OTHER, "n": n} for n in range(3)], "n": 1}
    alone = {piece for _, piece in taken_apart(answer)[1]}
    inside = {piece for _, piece in taken_apart({"said": "well", "answers": [answer]})[1]}
    assert alone == inside == {encode(TEXT), encode(OTHER)}


def test_putting_together_changes_nothing_it_is_given() -> None:
    answer = {"text": TEXT, "n": 1}
    rest: Any = {"a": None, "b": [None]}
    whole = put_together(rest, [(("a",), answer), (("a", "text"), "other"), (("b", 0), answer)])
    assert whole == {"a": {"text": "other", "n": 1}, "b": [answer]}
    assert (rest, answer["text"]) == ({"a": None, "b": [None]}, TEXT)
    assert whole["b"][0] is answer


_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.builds(lambda text, n: text * n, st.text(min_size=1, max_size=4), st.integers(1, 900))
)


def _nested(large: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _leaves | large,
        lambda inner: (
            st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=5)
        ),
        max_leaves=25,
    )


@given(_nested(st.nothing()))
def test_any_value_put_together_is_the_value_that_was_taken_apart(data: Any) -> None:
    plain = decode(encode(data))
    before = encode(plain)
    whole = together(plain)
    assert (encode(whole), canonical(whole), encode(plain)) == (before, canonical(data), before)


@given(st.data())
def test_large_values_that_others_share_are_written_once(data: st.DataObject) -> None:
    shared = [f"{n}" * 700 for n in range(3)]
    values = [
        {"it": one, "s": shared[n]}
        for n, one in enumerate(
            data.draw(st.lists(_nested(st.sampled_from(shared)), min_size=3, max_size=3))
        )
    ]
    pieces = [piece for value in values for _, piece in taken_apart(value)[1]]
    for text in shared:
        assert encode(text) in pieces
    # Twice the same values cost what is left of them, and no piece more.
    left = sum(len(encode(taken_apart(value)[0])) for value in values)
    assert written(*values, *values) == written(*values) + left


@given(_nested(st.nothing()))
def test_every_piece_is_large_enough_to_pay(data: Any) -> None:
    assert all(len(piece) >= PIECE_BYTES_MIN for _, piece in taken_apart(data)[1])
