"""What is around every call of a workspace that tells its traces: what leaves inside says where it belongs."""

from batuta.outbound.tracing import Outgoing, shared, under_way
from batuta.ports import Perform
from batuta.spec.call import Call, Outcome

__all__ = ["within_trace"]


async def within_trace(call: Call, inner: Perform) -> Outcome:
    """A `batuta.ports.Layer`."""
    token = under_way.set(Outgoing(call.run, call.path, call.attempt, call.trace))
    try:
        with shared():
            return await inner(call)
    finally:
        under_way.reset(token)
