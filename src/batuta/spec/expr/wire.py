"""The syntax tree of a checked expression, read from and written to its protobuf bytes.

`Expression.serialize()` gives a `google.protobuf.Any` that holds a `cel.expr.CheckedExpr`. The wheel ships no
generated classes for it, so the few fields in use are read by their numbers (cel/expr/syntax.proto, checked.proto).
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import unpack
from typing import TypeAlias

from batuta.spec.expr.tree import (
    Call,
    Checked,
    Comprehension,
    Const,
    Entry,
    Ident,
    ListOf,
    MapOf,
    Node,
    Select,
)

__all__ = ["read_checked", "write_checked"]

# Wire types (protobuf encoding): a number, eight bytes, a length and that many bytes.
_VARINT, _FIXED64, _BYTES = 0, 1, 2
_TYPE_URL = b"type.googleapis.com/cel.expr.CheckedExpr"
_WORD = 1 << 64

# Field numbers of CheckedExpr.
_REFERENCES, _TYPES, _ROOT, _SOURCE = 2, 3, 4, 5


def read_checked(data: bytes) -> Checked:
    """Decode what `serialize()` returned."""
    body = _fields(_one(_fields(data), 2))
    source = _one(body, _SOURCE)
    positions = {_int(e, 1): _int(e, 2) for e in map(_fields, _all(_fields(source), 4))}
    return Checked(
        root=_node(_one(body, _ROOT)),
        positions=positions,
        references={_int(_fields(e), 1): e for e in _all(body, _REFERENCES)},
        types={_int(_fields(e), 1): e for e in _all(body, _TYPES)},
        source=source,
    )


def write_checked(checked: Checked, root: Node, names: Mapping[int, str]) -> bytes:
    """`root`, a tree made from parts of `checked`, as bytes for `Env.deserialize`.

    `names` gives, for the ids of identifiers that replace something, the variable each now stands for.
    """
    kept = [_chunk(_REFERENCES, raw) for id_, raw in checked.references.items() if id_ not in names]
    new = [
        _chunk(_REFERENCES, _number(1, id_) + _chunk(2, _chunk(1, name.encode())))
        for id_, name in names.items()
    ]
    types = [_chunk(_TYPES, raw) for raw in checked.types.values()]
    tail = [_chunk(_ROOT, _bytes(root)), _chunk(_SOURCE, checked.source)]
    return _chunk(1, _TYPE_URL) + _chunk(2, b"".join([*kept, *new, *types, *tail]))


# --- nodes ----------------------------------------------------------------------------------------


_Fields: TypeAlias = list[tuple[int, int | bytes]]


def _node(data: bytes) -> Node:
    fields = _fields(data)
    id_ = _int(fields, 2)
    for number, value in fields:
        if number == 2:
            continue
        assert isinstance(value, bytes), "every alternative of Expr is a message"
        body = _fields(value)
        match number:
            case 3:
                return Const(id_, value, _constant(body))
            case 4:
                return Ident(id_, _text(body, 1))
            case 5:
                return Select(id_, _node(_one(body, 1)), _text(body, 2), bool(_int(body, 3)))
            case 6:
                target = _all(body, 1)
                args = tuple(map(_node, _all(body, 3)))
                return Call(id_, _text(body, 2), _node(target[0]) if target else None, args)
            case 7:
                return ListOf(id_, tuple(map(_node, _all(body, 1))))
            case 8:
                return MapOf(id_, _text(body, 1), tuple(map(_entry, _all(body, 2))))
            case 9:
                return Comprehension(
                    id=id_,
                    variable=_text(body, 1),
                    second=_text(body, 8),
                    range=_node(_one(body, 2)),
                    step=_node(_one(body, 6)),
                )
            case _:
                continue
    return Const(id_, b"", ...)


def _entry(data: bytes) -> Entry:
    fields = _fields(data)
    key = _all(fields, 3)
    return Entry(_int(fields, 1), _node(key[0]) if key else None, _node(_one(fields, 4)))


def _constant(fields: _Fields) -> object:
    for number, value in fields:
        match number, value:
            case 1, int():
                return None
            case 2, int():
                return bool(value)
            case 3, int():
                return value - _WORD if value >= _WORD >> 1 else value
            case 5, bytes():
                return float(unpack("<d", value)[0])
            case 6, bytes():
                return value.decode()
            case _:
                continue
    return ...


def _bytes(node: Node) -> bytes:
    match node:
        case Const():
            body = _chunk(3, node.payload)
        case Ident():
            body = _chunk(4, _chunk(1, node.name.encode()))
        case Select():
            inner = _chunk(1, _bytes(node.operand)) + _chunk(2, node.field.encode())
            body = _chunk(5, inner + (_number(3, 1) if node.test else b""))
        case Call():
            target = _chunk(1, _bytes(node.target)) if node.target is not None else b""
            args = b"".join(_chunk(3, _bytes(arg)) for arg in node.args)
            body = _chunk(6, target + _chunk(2, node.function.encode()) + args)
        case ListOf():
            body = _chunk(7, b"".join(_chunk(1, _bytes(e)) for e in node.elements))
        case MapOf():
            body = _chunk(8, b"".join(_chunk(2, _entry_bytes(e)) for e in node.entries))
        case Comprehension():
            raise AssertionError("loops are replaced before a tree is written")
    return _number(2, node.id) + body


def _entry_bytes(entry: Entry) -> bytes:
    assert entry.key is not None, "messages are refused before a tree is written"
    return _number(1, entry.id) + _chunk(3, _bytes(entry.key)) + _chunk(4, _bytes(entry.value))


# --- wire format ----------------------------------------------------------------------------------


def _fields(data: bytes) -> _Fields:
    return list(_scan(data))


def _scan(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        assert kind in (_FIXED64, _BYTES), "a checked expression has no other wire types"
        size, at = _varint(data, at) if kind == _BYTES else (8, at)
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _all(fields: Iterable[tuple[int, int | bytes]], number: int) -> list[bytes]:
    return [value for n, value in fields if n == number and isinstance(value, bytes)]


def _one(fields: _Fields, number: int) -> bytes:
    found = _all(fields, number)
    return found[-1] if found else b""


def _text(fields: _Fields, number: int) -> str:
    return _one(fields, number).decode()


def _int(fields: _Fields, number: int) -> int:
    return next((v for n, v in fields if n == number and isinstance(v, int)), 0)


def _number(number: int, value: int) -> bytes:
    return _encoded(number << 3 | _VARINT) + _encoded(value)


def _chunk(number: int, data: bytes) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(data)) + data


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
