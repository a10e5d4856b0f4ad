"""What is left of a fact when its payloads are erased: shape, times, marks and money; no words of anybody."""

import msgspec

from batuta.spec.facts import (
    Accepted,
    CancelRequested,
    Doubted,
    Ended,
    Fact,
    Failure,
    Inherited,
    Replanned,
)
from batuta.spec.value import Value

__all__ = ["erased"]

# Texts that may quote a payload: what somebody wrote, or what a callee answered.
_TEXTS: dict[type[Fact], str] = {
    CancelRequested: "why",
    Doubted: "why",
    Ended: "message",
    Failure: "message",
    Inherited: "why",
    Replanned: "why",
}


def erased(fact: Fact) -> Fact:
    """`fact` without its payloads; equal to `fact` if it had none.

    With the salt of `Accepted` gone, the marks that remain can no longer be guessed open.
    """
    changes: dict[str, object] = {}
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        if isinstance(value, Value) and not value.erased:
            changes[name] = value.erase()
    if isinstance(fact, Accepted):
        request = msgspec.structs.replace(fact.request, text="", inputs=fact.request.inputs.erase())
        changes |= {"request": request, "salt": ""}
    elif type(fact) in _TEXTS:
        changes[_TEXTS[type(fact)]] = ""
    return msgspec.structs.replace(fact, **changes) if changes else fact
