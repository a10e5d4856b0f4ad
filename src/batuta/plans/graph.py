"""The order of steps as a graph. `deps` gives for every step the steps it waits for, all of which are keys of it."""

from collections.abc import Collection, Iterator, Mapping

__all__ = ["cycles", "in_order", "longest_path", "users_of"]

# One cycle is enough to know what to do; a plan of nothing but cycles need not be listed whole.
_CYCLES_MAX = 20


def users_of(deps: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """For every step those that wait for it, in their order."""
    users: dict[str, list[str]] = {name: [] for name in deps}
    for name, others in deps.items():
        for other in others:
            users[other].append(name)
    return users


def in_order(deps: Mapping[str, Collection[str]]) -> list[str]:
    """The steps so that each stands behind those it waits for; what is on a circle, or behind one, is left out."""
    users = users_of(deps)
    waiting = {name: len(others) for name, others in deps.items()}
    ready = [name for name, count in waiting.items() if not count]
    for name in ready:  # grows while it is walked through
        for user in users[name]:
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    return ready


def cycles(deps: Mapping[str, Collection[str]]) -> Iterator[list[str]]:
    """Circles of steps that wait for each other, each as the names on its way; no step is in two of them."""
    waiting = {name: set(others) for name, others in deps.items()}
    for _ in range(_CYCLES_MAX):
        for name in in_order(waiting):
            del waiting[name]
        left = set(waiting)
        for others in waiting.values():
            others &= left
        if not waiting:
            return
        circle = _circle(waiting)
        yield circle
        for name in circle:
            del waiting[name]
        # A set beside a set takes the time of the smaller one, beside anything else that of the other.
        gone = set(circle)
        for others in waiting.values():
            others -= others & gone


def longest_path(
    deps: Mapping[str, Collection[str]], weights: Mapping[str, float]
) -> tuple[float, tuple[str, ...]]:
    """The heaviest chain of steps, each waiting for the one before it, and its weight. Ties: the earlier step.

    What is on a circle, or behind one, is left out.
    """
    # Each with its place in the order, so that the least is the heaviest, and of equals the earliest.
    reached: dict[str, tuple[float, int]] = {}
    before: dict[str, str] = {}
    for place, name in enumerate(in_order(deps)):
        weight = weights[name]
        if others := deps[name]:
            before[name] = other = min(others, key=reached.__getitem__)
            weight -= reached[other][0]
        reached[name] = -weight, place
    if not reached:
        return 0.0, ()
    last = min(reached, key=reached.__getitem__)
    chain = [last]
    while chain[-1] in before:
        chain.append(before[chain[-1]])
    return -reached[last][0], tuple(reversed(chain))


def _circle(waiting: Mapping[str, set[str]]) -> list[str]:
    """One circle, from what is left: whoever waits for somebody comes back to a name sooner or later."""
    order = {name: number for number, name in enumerate(waiting)}
    name = next(iter(waiting))
    seen: dict[str, int] = {}
    way: list[str] = []
    while name not in seen:
        seen[name] = len(way)
        way.append(name)
        name = min(waiting[name], key=order.__getitem__)
    circle = way[seen[name] :]
    first = circle.index(min(circle, key=order.__getitem__))
    return circle[first:] + circle[:first]
