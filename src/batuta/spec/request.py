"""What somebody asked for."""

import msgspec

from batuta.spec.value import Value

__all__ = ["Request"]


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as the door made it: text or the name of a plan, the inputs, and who asks.

    `author` is whoever the door authenticated ("" for the local user).
    """

    plan: str = ""
    text: str = ""
    inputs: Value = Value()
    author: str = ""
