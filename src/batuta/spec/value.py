"""Values as the log holds them: a slot with the JSON or a reference to it, a label and a commitment."""

import hashlib
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

import msgspec

from batuta.errors import InputError, TooLarge

__all__ = [
    "INLINE_BYTES_MAX",
    "VALUE_BYTES_MAX",
    "Part",
    "Value",
    "canonical",
    "commitment",
    "decode",
    "digest",
    "encode",
    "inline",
    "plain",
    "value_key",
]

# Above this a value is stored once, under its hash, and travels as a reference (contract, 14).
INLINE_BYTES_MAX = 1_024
# A single value above this is refused where it enters: 64 MiB of JSON is a file, not a value.
VALUE_BYTES_MAX = 64 * 1_024 * 1_024

# Of SHA-256.
_BLOCK_BYTES = 64

_encoder = msgspec.json.Encoder(decimal_format="string")
_sorted_encoder = msgspec.json.Encoder(order="deterministic", decimal_format="string")
_decoder = msgspec.json.Decoder()


class Part(msgspec.Struct, frozen=True, gc=False, rename={"where": "w", "ref": "r"}):
    """A hole in the JSON of a value, and the stored value that fills it.

    `where` leads there: keys of maps and indexes of lists, from the outside in.
    """

    where: tuple[str | int, ...]
    ref: str


class Value(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    rename={"data": "v", "ref": "r", "size": "n", "mark": "m", "label": "l", "parts": "p"},
):
    """One slot: `data` (inline JSON) or `ref` (keyed hash of stored JSON), never both; neither once erased.

    `size` is the length of the whole JSON in bytes, unless all of it is inline. `mark` is the salted commitment to
    the whole JSON, which outlives the payload. `label` is the slot for information flow; everything is `trusted` for
    now. `parts` fill holes (nulls) in the JSON of `data` or `ref`, in this order; one may lie inside of one before it.
    """

    data: msgspec.Raw = msgspec.Raw(b"")
    ref: str = ""
    size: int = 0
    mark: str = ""
    label: str = "trusted"
    parts: tuple[Part, ...] = ()

    @property
    def stored(self) -> bool:
        """True if not all of it is inline: it has to be loaded before it can be read."""
        return bool(self.ref or self.parts)

    @property
    def refs(self) -> tuple[str, ...]:
        """The names of the stored values that it is made of."""
        refs = tuple(part.ref for part in self.parts)
        return (self.ref, *refs) if self.ref else refs

    @property
    def erased(self) -> bool:
        """True if retention has removed the payload; `mark` remains."""
        return not self.ref and not bytes(self.data)

    @property
    def empty(self) -> bool:
        """True if it has never had a payload."""
        return not self.mark and self.erased

    def erase(self) -> "Value":
        """The same slot without its payload."""
        return Value(mark=self.mark or self.ref, label=self.label)


def plain(data: object) -> Any:
    """What the log would give back for `data`: only JSON types, no sharing with the original.

    Decimals become strings, tuples lists, dataclasses and Structs maps. Raises as `encode` does.
    """
    return decode(encode(data))


def encode(data: object) -> bytes:
    """`data` as the JSON that is stored, maps in their own order.

    Raises:
        InputError: `data` holds something JSON cannot carry (NaN, infinities, foreign objects).
        TooLarge: it is larger than `VALUE_BYTES_MAX`.
    """
    return _encode(_encoder, data)


def canonical(data: object) -> bytes:
    """The one encoding that digests are made of: as `encode`, with sorted keys."""
    return _encode(_sorted_encoder, data)


def _encode(encoder: msgspec.json.Encoder, data: object) -> bytes:
    try:
        encoded = encoder.encode(data)
    except UnicodeEncodeError:
        # A lone surrogate is not text. It is replaced where it enters; no second codec ever sees it.
        encoded = encoder.encode(_without_surrogates(data))
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise InputError(
            f"a value cannot be written as JSON: {error}",
            remedy="use only None, bool, int, float, str, list, dict, dataclasses or msgspec Structs",
        ) from error
    if len(encoded) > VALUE_BYTES_MAX:
        raise TooLarge(
            f"a value of {len(encoded):,} bytes exceeds the limit of {VALUE_BYTES_MAX:,}",
            remedy="store it as a file and pass its name",
        )
    # msgspec writes NaN and infinities as null. A number must not turn into nothing unseen, and only an
    # encoding that has a null in it, and does not come back as what it was, needs the slow look.
    if (
        type(data) is not str
        and b"null" in encoded
        and _decoder.decode(encoded) != data
        and _has_unwritable_number(data)
    ):
        raise InputError(
            "a value cannot be written as JSON: it holds NaN or an infinity",
            remedy="return None, or a string, for a number that does not exist",
        )
    return encoded


def decode(encoded: bytes | msgspec.Raw) -> Any:
    """The JSON value of `encoded`, fresh at every call, so that nobody can change another's copy."""
    return _decoder.decode(encoded)


def digest(encoded: bytes) -> str:
    """Unkeyed digest of a canonical encoding: 16 bytes of BLAKE2b, as hex."""
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def commitment(encoded: bytes, salt: bytes) -> str:
    """Salted commitment to a payload: cannot be guessed from, or replaced by, another payload once salt is gone."""
    return hashlib.blake2b(encoded, digest_size=12, key=salt).hexdigest()


def value_key(encoded: bytes, key: bytes) -> str:
    """The name under which a large value is stored: a keyed hash, so that names do not leak contents."""
    inner, outer = _begun(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(encoded)
    outer.update(inner.digest())
    return outer.hexdigest()[:40]


@lru_cache(maxsize=16)
def _begun(key: bytes) -> tuple[Any, Any]:
    """The two hashes of HMAC-SHA256 (RFC 2104), begun with `key`: OpenSSL takes as long to begin as for 2 KB."""
    block = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(
        _BLOCK_BYTES, b"\0"
    )
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    return inner, hashlib.sha256(bytes(byte ^ 0x5C for byte in block))


def inline(data: object, salt: bytes = b"") -> Value:
    """A `Value` that carries `data` itself, whatever its size (facts that must be readable alone)."""
    encoded = encode(data)
    return Value(data=msgspec.Raw(encoded), mark=commitment(encoded, salt) if salt else "")


def _without_surrogates(data: object) -> object:
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode("utf-8")
    if isinstance(data, dict):
        items = cast("dict[object, object]", data).items()
        return {_without_surrogates(key): _without_surrogates(value) for key, value in items}
    if isinstance(data, list | tuple):
        return [_without_surrogates(item) for item in cast("list[object]", data)]
    return data


_NUMBERLESS = frozenset({str, int, bool, type(None)})


def _has_unwritable_number(data: object) -> bool:
    pending: list[object] = [data]
    while pending:
        item = pending.pop()
        if isinstance(item, float):
            if not math.isfinite(item):
                return True
        elif isinstance(item, dict):
            pending.extend(_looked_into(cast("dict[object, object]", item).values()))
        elif isinstance(item, list | tuple | set | frozenset):
            pending.extend(_looked_into(cast("list[object]", item)))
        elif isinstance(item, msgspec.Struct) or hasattr(item, "__dataclass_fields__"):
            pending.append(msgspec.to_builtins(item, builtin_types=(float,)))
    return False


def _looked_into(items: Iterable[object]) -> list[object]:
    """Those of `items` that are, or may hold, a float.

    Most are neither: to ask each what it is took three times as long.
    """
    return [item for item in items if type(item) not in _NUMBERLESS]
