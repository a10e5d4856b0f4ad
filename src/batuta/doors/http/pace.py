"""How fast strangers are answered: whoever sends what is refused has the time of others otherwise."""

from collections import OrderedDict
from ipaddress import AddressValueError, IPv6Address
from math import inf

__all__ = ["WAIT_S_MAX", "Pace", "origin_of"]

# Answers a second to one origin; so many come at once before that counts.
_RATE, _BURST = 100.0, 100
# Nobody waits longer for an answer, in seconds.
WAIT_S_MAX = 5.0
# Origins that are remembered; who was quiet the longest is forgotten, and begins anew.
_ORIGINS_MAX = 10_000


class Pace:
    """Spreads the answers to one origin over time. Nothing is refused for it, and who is known does not wait."""

    def __init__(self) -> None:
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, origin: str, now: float) -> float:
        """So many seconds from `now` the next answer to `origin` is due."""
        due = max(self._due.pop(origin, -inf), now - _BURST / _RATE) + 1 / _RATE
        self._due[origin] = due = min(due, now + WAIT_S_MAX)
        if len(self._due) > _ORIGINS_MAX:
            self._due.popitem(last=False)
        return max(due - now, 0.0)


def origin_of(client: tuple[str, int] | None) -> str:
    """Whom an address belongs to: of IPv6 the network, which one machine has as a rule."""
    host = client[0] if client else ""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except AddressValueError:
        return host
    mapped = address.ipv4_mapped
    return str(mapped) if mapped is not None else address.packed[:8].hex()
