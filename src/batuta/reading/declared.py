"""What an operator declares of something that a source outside offers: `{delete_note: {effect: write, …}}`."""

import msgspec

from batuta.reading.shapes import (
    Read,
    boolean,
    choice,
    duration,
    integer,
    number,
    one_or_more,
    record,
    text,
)
from batuta.spec.card import EFFECTS, REACHES, Effect, InDoubt, Reach

__all__ = ["Declared", "declared_keys", "read_declared", "read_pattern"]

_DAY_S = 86_400.0
_USD_MAX = 1_000_000
SCOPES_MAX = 100
CALLS_MAX = 10_000


class Declared(msgspec.Struct, frozen=True, rename={"timeout_s": "timeout"}):
    """What is said of one tool or operation; None and "": nothing was.

    Attributes:
        effect, reach: unsaid, the safe reading holds, whatever the source says of itself.
        price_usd: the most that one call can cost, in dollars.
        in_doubt: what becomes of a write that was sent and not answered.
        timeout_s: longest time of one attempt, in seconds.
        concurrency: calls at once; 0 for any number.
        waits: it may ask somebody in the middle of a call.
    """

    effect: Effect | None = None
    reach: Reach | None = None
    price_usd: float = 0.0
    scopes: tuple[str, ...] = ()
    in_doubt: InDoubt | None = None
    timeout_s: float | None = None
    concurrency: int = 0
    description: str = ""
    waits: bool = False


declared_keys: dict[str, Read] = {
    "effect": choice(*EFFECTS),
    "reach": choice(*REACHES),
    "price_usd": number(0, _USD_MAX),
    "scopes": one_or_more(text(1, 256), SCOPES_MAX),
    # To be asked what became of a call, a source would have to know its key.
    "in_doubt": choice("ask", "fail", "retry"),
    "timeout": duration(0.001, _DAY_S),
    "concurrency": integer(0, CALLS_MAX),
    "description": text(0, 4_096),
    "waits": boolean,
}

read_declared = record(
    Declared, declared_keys, what="what you declare of it: a map like {effect: read}"
)

# A name, or a pattern of names, in the letters of ours.
read_pattern = text(1, 128)
