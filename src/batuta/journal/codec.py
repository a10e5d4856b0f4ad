"""Facts as they are written: one JSON object each, the key `is` says which fact it is.

There is one codec and no fallback: what it cannot read is refused, never guessed at.
"""

import zlib
from typing import Any, cast, get_args

import msgspec

from batuta.errors import Bug, JournalBroken
from batuta.spec.facts import Accepted, Fact, RunFact, WorkspaceFact
from batuta.spec.value import Value

__all__ = ["FACTS", "REFERENCE_KEY", "checksum", "decode_fact", "encode_fact", "references"]

# Every class of fact there is.
FACTS: tuple[type[Fact], ...] = cast(
    "tuple[type[Fact], ...]", (*get_args(RunFact), *get_args(WorkspaceFact))
)

_encoder = msgspec.json.Encoder()
_decoder: "msgspec.json.Decoder[Fact]" = msgspec.json.Decoder(cast("Any", RunFact | WorkspaceFact))
_tags = frozenset(cast("str", cls.__struct_config__.tag) for cls in FACTS)


class _Tagged(msgspec.Struct, rename={"tag": "is"}):
    tag: str = ""


_tag_decoder = msgspec.json.Decoder(_Tagged)


def _value_fields(cls: type[Fact]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(cls)
    return tuple(f.name for f in fields if f.type is Value or Value in get_args(f.type))


_values_of = {cls: _value_fields(cls) for cls in FACTS}
# A fact without this in its JSON refers to nothing, and most do not.
REFERENCE_KEY = b'"r":"'


def encode_fact(fact: Fact) -> bytes:
    """The JSON of `fact`. Lone surrogates in its texts are replaced: they are not text.

    Raises:
        Bug: it holds something that would not come back (NaN or an infinity where a number must stand).
    """
    try:
        body = _encoder.encode(fact)
    except UnicodeEncodeError:
        body = _encoder.encode(_without_surrogates(fact))
    # msgspec writes NaN and infinities as null; only a body with a null in it needs the second look.
    if b"null" in body:
        try:
            _decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise Bug(
                f"a fact cannot be written: {error}", remedy=f"report this fact: {fact!r}"
            ) from error
    return body


def decode_fact(body: str | bytes) -> Fact:
    """The fact that `body` is the JSON of.

    Raises:
        JournalBroken: it is damaged, or a kind of fact that this version does not know.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        tag = _tag(body)
        if tag and tag not in _tags:
            raise JournalBroken(
                f'the journal holds a fact "{tag}" that this version does not know: '
                "it was written by a newer batuta",
                remedy="upgrade batuta",
            ) from error
        raise JournalBroken(
            f"a fact in the journal cannot be read: {error}",
            remedy="restore the journal from a backup: batuta restore FILE",
        ) from error


def checksum(body: bytes, stream: int, seq: int) -> int:
    """CRC-32 of a body at its place, so that neither a flipped bit nor a moved row reads as a fact."""
    return zlib.crc32(body, (stream * 0x9E3779B1 + seq) & 0xFFFFFFFF)


def references(fact: Fact) -> list[str]:
    """The references to stored values that `fact` holds."""
    found: list[str] = []
    for name in _values_of[type(fact)]:
        value = cast("Value | None", getattr(fact, name))
        if value is not None:
            if value.ref:
                found.append(value.ref)
            found += [part.ref for part in value.parts]
    if isinstance(fact, Accepted):
        found += fact.request.inputs.refs
    return found


def _tag(body: str | bytes) -> str:
    try:
        return _tag_decoder.decode(body).tag
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _without_surrogates(item: Any) -> Any:
    if isinstance(item, str):
        return item.encode("utf-8", "replace").decode("utf-8")
    if isinstance(item, tuple):
        return tuple(_without_surrogates(part) for part in cast("tuple[Any, ...]", item))
    if isinstance(item, msgspec.Struct):
        changed = {f: _without_surrogates(getattr(item, f)) for f in item.__struct_fields__}
        return msgspec.structs.replace(item, **changed)
    return item
