"""What somebody asked for."""

import msgspec

from batuta.spec.value import Value

__all__ = ["Fork", "Request"]


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as the door made it: text or the name of a plan, the inputs, and who asks.

    `author` is whoever the door authenticated ("" for the local user). `trusted` False: plans are not made for them.
    `trace` is the W3C `traceparent` that it came with.
    """

    plan: str = ""
    text: str = ""
    inputs: Value = Value()
    author: str = ""
    trusted: bool = True
    trace: str = ""


class Fork(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a run was copied from: `run` as it stood at position `head` of its log, to go on at step `at`.

    `asks`: what changes the world is asked about first, because `run` may have done it, or may do it yet. `number`: it
    goes on by another plan because `run` failed, and that for the so-manieth time; 0: somebody has forked it.
    """

    run: str
    at: str
    head: int
    asks: bool = True
    number: int = 0
