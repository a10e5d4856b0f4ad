"""Circles are found, named in order, and no more than once."""

from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.graph import cycles, longest_path

graphs = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.sets(st.integers(0, n - 1), max_size=3), min_size=n, max_size=n)
)


@given(graphs)
def test_every_circle_found_is_one_and_without_them_there_is_an_order(
    graph: list[set[int]],
) -> None:
    deps = {str(i): {str(j) for j in others} for i, others in enumerate(graph)}
    found = list(cycles(deps))
    for circle in found:
        assert all(
            after in deps[before]
            for before, after in zip(circle, [*circle[1:], circle[0]], strict=True)
        )
    assert bool(found) == (not _has_order(deps))


def _has_order(deps: dict[str, set[str]]) -> bool:
    done: set[str] = set()
    for _ in deps:
        done |= {name for name, others in deps.items() if others <= done}
    return len(done) == len(deps)


def test_a_long_chain_needs_no_recursion() -> None:
    chain = {str(i): [str(i + 1)] for i in range(10_000)} | {"10000": ["0"]}
    assert [len(circle) for circle in cycles(chain)] == [10_001]


def test_the_longest_path_leaves_circles_out() -> None:
    deps = {"a": [], "b": ["a"], "c": ["d"], "d": ["c"], "e": ["b", "d"]}
    assert longest_path(deps, dict.fromkeys(deps, 1.0)) == (2.0, ("a", "b"))
    assert longest_path({}, {}) == (0.0, ())
