"""Values: one encoding, digests, commitments, and nothing that JSON cannot carry."""

import hmac
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import InputError, TooLarge
from batuta.spec import value as value_module
from batuta.spec.value import (
    Value,
    canonical,
    commitment,
    decode,
    digest,
    encode,
    inline,
    plain,
    value_key,
)

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
    max_leaves=12,
)


class Point(msgspec.Struct):
    x: float


@dataclass
class Pair:
    x: float
    y: float


class TestEncoding:
    @given(JSON)
    def test_what_is_written_is_what_is_read(self, data: Any) -> None:
        assert decode(encode(data)) == data
        assert decode(canonical(data)) == data

    @given(JSON)
    def test_reading_and_writing_again_changes_nothing(self, data: Any) -> None:
        assert encode(plain(data)) == encode(data)

    @given(st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), JSON, max_size=5))
    def test_the_canonical_form_does_not_depend_on_the_order_of_keys(
        self, data: dict[str, Any]
    ) -> None:
        assert canonical(dict(reversed(data.items()))) == canonical(data)

    def test_maps_keep_their_own_order_where_nothing_is_digested(self) -> None:
        assert encode({"b": 1, "a": 2}) == b'{"b":1,"a":2}'
        assert canonical({"b": 1, "a": 2}) == b'{"a":2,"b":1}'

    @pytest.mark.parametrize("number", [123_456_789_012_345_678, -(2**63), 2**64 - 1, 10**40])
    def test_whole_numbers_stay_exact(self, number: int) -> None:
        assert plain(number) == number

    def test_decimals_become_strings_and_tuples_lists(self) -> None:
        assert plain({"d": Decimal("1.10"), "t": (1, 2)}) == {"d": "1.10", "t": [1, 2]}

    def test_structs_and_dataclasses_become_maps(self) -> None:
        assert plain([Point(1.5), Pair(1.0, 2.0)]) == [{"x": 1.5}, {"x": 1.0, "y": 2.0}]

    @pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize(
        "wrap",
        [
            lambda n: n, lambda n: [n], lambda n: {"a": {"b": (1, n)}}, lambda n: Point(n),
            lambda n: [Pair(1.0, n)], lambda n: {"none": None, "set": {n}},
            lambda n: Point([{"deep": n}]),  # type: ignore[arg-type]
        ],
    )  # fmt: skip
    def test_a_number_that_does_not_exist_is_refused_and_not_made_null(
        self, wrap: Any, number: float
    ) -> None:
        for write in (encode, canonical, plain, inline):
            with pytest.raises(InputError, match="NaN or an infinity"):
                write(wrap(number))

    def test_null_itself_is_a_value(self) -> None:
        assert plain({"a": None, "b": "null"}) == {"a": None, "b": "null"}

    @pytest.mark.parametrize("data", [object(), {1, object()}, {"f": print}, [1j]])
    def test_what_json_cannot_carry_is_refused(self, data: Any) -> None:
        with pytest.raises(InputError, match="cannot be written as JSON"):
            encode(data)

    def test_a_number_of_more_digits_than_can_be_read_back_is_refused(self) -> None:
        with pytest.raises(InputError, match="cannot be written as JSON"):
            encode(10**5_000)

    def test_what_contains_itself_is_refused(self) -> None:
        data: list[Any] = []
        data.append(data)
        with pytest.raises(InputError):
            encode(data)

    def test_a_lone_surrogate_is_replaced_where_it_enters(self) -> None:
        assert plain({"a\ud800": ["\udfff", ("x",)]}) == {"a?": ["?", ["x"]]}

    def test_a_value_above_the_bound_is_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(value_module, "VALUE_BYTES_MAX", 10)
        assert encode("x" * 8) == b'"xxxxxxxx"'
        with pytest.raises(TooLarge, match="11 bytes"):
            encode("x" * 9)

    def test_nobody_can_change_the_copy_of_another(self) -> None:
        encoded = encode([1])
        decode(encoded).append(2)
        assert decode(encoded) == [1]


class TestSlots:
    @given(JSON)
    def test_inline_carries_the_value_itself(self, data: Any) -> None:
        slot = inline(data, b"salt")
        assert decode(slot.data) == data
        assert (slot.ref, slot.erased, slot.label) == ("", False, "trusted")

    def test_the_mark_is_a_commitment_under_the_salt_and_there_is_none_without(self) -> None:
        assert inline(1, b"salt").mark == commitment(b"1", b"salt")
        assert inline(1).mark == ""

    def test_erasing_leaves_the_commitment_and_the_label(self) -> None:
        slot = Value(data=msgspec.Raw(b"1"), mark="m", label="secret")
        assert slot.erase() == Value(mark="m", label="secret")
        assert slot.erase().erased

    def test_erasing_what_has_no_commitment_leaves_its_name(self) -> None:
        assert Value(ref="r", size=9).erase() == Value(mark="r")

    def test_null_is_not_the_same_as_erased(self) -> None:
        assert not inline(None).erased
        assert Value().erased

    def test_a_slot_is_short_in_the_log(self) -> None:
        assert msgspec.json.encode(inline({"a": 1})) == b'{"v":{"a":1}}'
        assert msgspec.json.decode(b'{"r":"x","n":9}', type=Value) == Value(ref="x", size=9)


class TestHashes:
    @given(st.binary(), st.binary(), st.binary(min_size=16, max_size=32))
    def test_other_contents_have_other_names(self, one: bytes, other: bytes, key: bytes) -> None:
        for named in (
            digest,
            lambda data: commitment(data, key),
            lambda data: value_key(data, key),
        ):
            assert (named(one) == named(other)) == (one == other)

    @given(st.binary(), st.binary(min_size=1, max_size=130))
    def test_a_value_is_named_by_hmac_whatever_the_length_of_the_key(
        self, content: bytes, key: bytes
    ) -> None:
        assert value_key(content, key) == hmac.digest(key, content, "sha256").hex()[:40]

    def test_under_another_key_the_same_content_has_another_name(self) -> None:
        assert commitment(b"x", b"a") != commitment(b"x", b"b")
        assert value_key(b"x", b"a") != value_key(b"x", b"b")

    def test_names_are_what_they_have_always_been(self) -> None:
        assert digest(b"{}") == "2afb9b83f9314e5d029766197f539792"
        assert commitment(b"{}", b"salt") == "ebdf2a3f5ca815c2bdbd9691"
        assert value_key(b"{}", b"key") == "a777724d943eb48dc69bca8a4a6d57a04db3f9ec"
