import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import Bug, JournalBroken
from batuta.journal.codec import (
    FACTS,
    REFERENCE_KEY,
    checksum,
    decode_fact,
    encode_fact,
    references,
)
from batuta.spec.facts import (
    Accepted,
    Answered,
    CancelRequested,
    Fact,
    Failure,
    Finished,
    Started,
    Waited,
)
from batuta.spec.request import Request
from batuta.spec.value import Value
from tests.journal.strategies import facts, structs


@pytest.mark.parametrize("cls", FACTS, ids=lambda cls: cls.__name__)
def test_every_fact_comes_back_as_it_was_written(cls: type[Fact]) -> None:
    @given(structs(cls))
    def round_trip(fact: Fact) -> None:
        body = encode_fact(fact)
        assert decode_fact(body) == fact
        assert decode_fact(body.decode()) == fact
        assert encode_fact(decode_fact(body)) == body

    round_trip()


def test_every_class_of_fact_has_its_tag() -> None:
    subclasses = set(Fact.__subclasses__())
    assert set(FACTS) == subclasses
    assert len({cls.__struct_config__.tag for cls in FACTS}) == len(FACTS)


def test_what_a_fact_leaves_out_is_nothing_or_what_it_has_always_stood_for() -> None:
    # Never another one: every log that was written leaves it out.
    assert {
        f"{cls.__name__}.{field.name}": field.default
        for cls in FACTS
        for field in msgspec.structs.fields(cls)
        if field.default not in (msgspec.NODEFAULT, None, False, "", (), Value())
    } == {
        "Accepted.format": 1,
        "Dropped.attempt": 1,
        "Doubted.attempt": 1,
        "Ended.term": 1,
        "Expanded.attempt": 1,
        "Expanded.term": 1,
        "Failure.attempt": 1,
        "Finished.attempt": 1,
        "Lost.attempt": 1,
        "Parked.term": 1,
        "Resolved.attempt": 1,
        "Routed.planner": "route",
        "Skipped.term": 1,
        "Spread.term": 1,
        "Started.attempt": 1,
        "Started.effect": "read",
        "Started.term": 1,
        "Started.verdict": "allow",
        "Waited.attempt": 1,
        "Waited.term": 1,
    }
    started = Started(at=5.0, path="a", capability="c", args_digest="")
    assert started.ends_at == 305.0
    assert decode_fact(b'{"is":"accepted","at":1,"run":"r","request":{},"salt":""}') == Accepted(
        at=1.0, run="r", request=Request(), salt="", format=1
    )


def _refs_in(item: Any) -> list[str]:
    """The references in the JSON of a fact, found without knowing its class."""
    if isinstance(item, Value):
        return [item.ref] if item.ref else []
    if isinstance(item, msgspec.Struct):
        return [ref for name in item.__struct_fields__ for ref in _refs_in(getattr(item, name))]
    return []


@given(facts)
def test_all_references_of_a_fact_are_found(fact: Fact) -> None:
    assert not _refs_in(fact) or REFERENCE_KEY in encode_fact(fact)
    assert sorted(references(fact)) == sorted(_refs_in(fact))


def test_a_fact_of_a_later_version_names_the_upgrade() -> None:
    with pytest.raises(JournalBroken) as caught:
        decode_fact(b'{"is":"teleported","at":1.0}')
    assert "teleported" in caught.value.message
    assert caught.value.remedy == "upgrade batuta"


def test_a_field_of_a_later_version_is_passed_over() -> None:
    body = b'{"is":"cancel_requested","at":1.0,"who":"me","planet":"mars"}'
    assert decode_fact(body) == CancelRequested(at=1.0, who="me")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"at":1.0}',
        b'{"is":"claimed","at":1.0}',
        b'{"is":3,"at":1.0}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_fact_is_refused_in_our_words(body: bytes) -> None:
    with pytest.raises(JournalBroken):
        decode_fact(body)


def test_lone_surrogates_are_replaced_where_they_enter() -> None:
    fact = Failure(at=1.0, path="a", attempt=1, code="x", message="bad \ud800 text")
    assert decode_fact(encode_fact(fact)) == Failure(
        at=1.0, path="a", attempt=1, code="x", message="bad ? text"
    )
    answer = Answered(
        at=1.0, path="a", attempt=1, kind="answer", value=Value(mark="\udfff"), who="\ud801"
    )
    assert decode_fact(encode_fact(answer)) == Answered(
        at=1.0, path="a", attempt=1, kind="answer", value=Value(mark="?"), who="?"
    )


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_not_is_our_bug_and_never_written(number: float) -> None:
    with pytest.raises(Bug):
        encode_fact(CancelRequested(at=number))
    with pytest.raises(Bug):
        encode_fact(
            Started(
                at=1.0, path="a", attempt=1, term=1, capability="c", effect="read", key="k",
                args_digest="d", deadline=number,
            )
        )  # fmt: skip


def test_null_inside_a_value_is_no_flaw() -> None:
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(data=msgspec.Raw(b"null")))
    assert decode_fact(encode_fact(fact)) == fact


def test_a_value_that_is_absent_and_one_that_is_null_differ() -> None:
    absent = Waited(at=1.0, path="a", attempt=1, term=1, kind="answer", question=Value())
    null = Waited(
        at=1.0,
        path="a",
        attempt=1,
        term=1,
        kind="answer",
        question=Value(data=msgspec.Raw(b"null")),
    )
    read = decode_fact(encode_fact(absent)), decode_fact(encode_fact(null))
    assert read == (absent, null)
    assert [fact.question.erased for fact in read if isinstance(fact, Waited)] == [True, False]


@given(st.binary(max_size=50), st.integers(1, 2**33), st.integers(1, 2**33), st.integers(0, 400))
def test_the_checksum_sees_every_flipped_bit_and_a_moved_row(
    body: bytes, stream: int, seq: int, bit: int
) -> None:
    crc = checksum(body, stream, seq)
    assert 0 <= crc < 2**32
    assert checksum(body, stream, seq + 1) != crc
    if body:
        at = bit % (8 * len(body))
        flipped = bytearray(body)
        flipped[at // 8] ^= 1 << at % 8
        assert checksum(bytes(flipped), stream, seq) != crc
