"""Hypothesis strategies for facts, made from the declarations of the facts themselves."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from batuta.journal.codec import FACTS
from batuta.spec.facts import Fact
from batuta.spec.value import Value, encode

texts = st.text(max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
hashes = st.binary(min_size=20, max_size=20).map(bytes.hex)
values = (
    st.builds(
        lambda data, mark: Value(data=msgspec.Raw(encode(data)), mark=mark), json_values, texts
    )
    | st.builds(Value, ref=hashes, size=st.integers(0, 2**40), mark=texts, label=texts)
    | st.builds(Value, mark=texts)
)


def _of(kind: msgspec.inspect.Type, default: Any = ...) -> st.SearchStrategy[Any]:
    match kind:
        case msgspec.inspect.StrType():
            return texts
        case msgspec.inspect.IntType():
            return st.integers(-(2**63), 2**63 - 1)
        case msgspec.inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.LiteralType(values=words):
            return st.sampled_from(words)
        case msgspec.inspect.UnionType(types=types):
            return st.one_of([_of(each) for each in types])
        case msgspec.inspect.VarTupleType(item_type=item):
            return st.lists(_of(item), max_size=3).map(tuple)
        case msgspec.inspect.StructType(cls=cls):
            return values if cls is Value else structs(cls)
        case _:
            raise NotImplementedError(f"no strategy for {kind} yet")


def structs(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any instance of a Struct; fields with a default are sometimes left out."""
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    needed = {f.name: _of(f.type) for f in info.fields if f.required}
    free = {f.name: _of(f.type) for f in info.fields if not f.required}
    return st.fixed_dictionaries(needed, optional=free).map(lambda fields: cls(**fields))


facts: st.SearchStrategy[Fact] = st.one_of([structs(cls) for cls in FACTS])
