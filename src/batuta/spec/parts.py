"""A large value in pieces that are stored once each, however many values hold them; and the value made of them again.

What a value is taken apart into follows from its content alone. So a text that one step has answered is the same
piece inside the result that hands it on, inside the inputs of the plan that is given it, and inside a copy that a
capability has made of it.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

__all__ = ["PIECE_BYTES_MIN", "Place", "put_together", "taken_apart"]

# What is smaller stays where it is. A piece costs about 75 bytes in each fact that names it and 90 in its own row.
PIECE_BYTES_MIN = 512
# A string of so many characters may be a piece: JSON has at most 6 bytes for each of them.
_CHARS_MIN = PIECE_BYTES_MIN // 6
# Nobody looks further inside, so that no value costs more than some times its encoding.
_DEPTH_MAX = 6
# Places stand in facts, so what lies under a longer key has none.
_KEY_CHARS_MAX = 64
# A value in more pieces is one that nobody should look at piece by piece; what is left stays in one.
_PIECES_MAX = 256
# Longer lists and larger maps are looked into only if their members are so large on average: not into tables.
_LONG, _WIDE = 16, 256
_MEMBER_BYTES_MIN = PIECE_BYTES_MIN // 2
# By type, so many characters or members a piece has at least; and so many members are looked into whatever they are.
# What comes here was decoded from JSON: it is of these types and no others.
_LEAST: dict[Any, int] = {str: _CHARS_MIN, list: 1, dict: 1}
_MOST: dict[Any, int] = {list: _LONG, dict: _WIDE}

Place = tuple[str | int, ...]

# So it needs none of the care of `value.encode`, either.
_encode = msgspec.json.Encoder().encode


def taken_apart(data: Any, encoded: bytes) -> tuple[bytes, list[tuple[Place, bytes]]]:
    """What is left of the JSON value `data`, null for each piece; and the pieces with their places. All as JSON.

    A piece may have holes of its own: the pieces that fill them follow it. `encoded` is `data`, which is not changed.
    """
    pieces: list[tuple[Place, bytes]] = []
    if _worth_a_look(data, len(encoded)):
        rest = _apart(data, (), pieces)
        assert len(pieces) <= _PIECES_MAX, len(pieces)
        return (_encode(rest) if pieces else encoded), pieces
    return encoded, pieces


def put_together(rest: Any, pieces: Iterable[tuple[Place, Any]]) -> Any:
    """The value that was taken apart into `rest` and pieces, which are values now. Changes none, and shares them."""
    inside: dict[str | int, list[tuple[Place, Any]]] = {}
    for where, piece in pieces:
        if not where:
            rest, inside = piece, {}
        else:
            inside.setdefault(where[0], []).append((where[1:], piece))
    if inside:
        rest = rest.copy()
        for key, inner in inside.items():
            rest[key] = put_together(rest[key], inner)
    return rest


def _apart(
    item: dict[str, Any] | list[Any], where: Place, pieces: list[tuple[Place, bytes]]
) -> dict[str, Any] | list[Any]:
    """`item`, or a copy of it with holes if there are pieces in it."""
    left: Any = item
    members: Iterable[tuple[str | int, Any]]
    members = item.items() if isinstance(item, dict) else enumerate(item)
    for key, member in members:
        least = _LEAST.get(type(member))
        if least is None or len(member) < least:
            continue
        body = _encode(member)
        if len(body) < PIECE_BYTES_MIN:
            continue
        if type(key) is str and len(key) > _KEY_CHARS_MAX:
            continue
        if len(pieces) >= _PIECES_MAX:
            break
        place, at, rest = (*where, key), len(pieces), None
        pieces.append((place, body))  # before its own, and one of the most there may be
        if least < _CHARS_MIN and len(place) < _DEPTH_MAX and _worth_a_look(member, len(body)):
            inside = _apart(member, place, pieces)
            if inside is not member:
                body = _encode(inside)
                if len(body) >= PIECE_BYTES_MIN:
                    pieces[at] = place, body
                else:
                    del pieces[at]
                    rest = inside
        left = item.copy() if left is item else left
        left[key] = rest
    return left


def _worth_a_look(member: Any, size: int) -> bool:
    most = _MOST.get(type(member))
    return most is not None and (len(member) <= most or size >= _MEMBER_BYTES_MIN * len(member))
