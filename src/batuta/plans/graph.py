"""The order of steps as a graph."""

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["cycles", "longest_path"]

# One cycle is enough to know what to do; a plan of nothing but cycles need not be listed whole.
_CYCLES_MAX = 20


def cycles(deps: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Circles of steps that wait for each other, each as the names on its way; no step is in two of them.

    `deps` gives for every step the steps it waits for; all of them are keys.
    """
    waiting = {name: set(others) for name, others in deps.items()}
    for _ in range(_CYCLES_MAX):
        _take_what_can_start(waiting)
        if not waiting:
            return
        circle = _circle(waiting)
        yield circle
        for name in circle:
            del waiting[name]
        for others in waiting.values():
            others.difference_update(circle)


def longest_path(
    deps: Mapping[str, Iterable[str]], weights: Mapping[str, float]
) -> tuple[float, tuple[str, ...]]:
    """The heaviest chain of steps, each waiting for the one before it, and its weight. Ties: the earlier step.

    What is on a circle, or behind one, is left out.
    """
    waiting = {name: len([*deps.get(name, ())]) for name in weights}
    users: dict[str, list[str]] = {}
    for name in weights:
        for other in deps.get(name, ()):
            users.setdefault(other, []).append(name)
    ready = [name for name, count in waiting.items() if not count]
    reached: dict[str, float] = {}
    before: dict[str, str] = {}
    for name in ready:  # grows while it is walked through
        reached[name] = weights[name] + reached.get(before.get(name, ""), 0.0)
        for user in users.get(name, ()):
            if user not in before or reached[name] > reached[before[user]]:
                before[user] = name
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    if not reached:
        return 0.0, ()
    last = max(reached, key=reached.__getitem__)
    chain = [last]
    while chain[-1] in before:
        chain.append(before[chain[-1]])
    return reached[last], tuple(reversed(chain))


def _take_what_can_start(waiting: dict[str, set[str]]) -> None:
    """Remove every step that is on no circle and waits for none (Kahn's order)."""
    users: dict[str, list[str]] = {}
    for name, others in waiting.items():
        for other in others:
            users.setdefault(other, []).append(name)
    free = [name for name, others in waiting.items() if not others]
    while free:
        name = free.pop()
        del waiting[name]
        for user in users.get(name, ()):
            waiting[user].discard(name)
            if not waiting[user]:
                free.append(user)


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
