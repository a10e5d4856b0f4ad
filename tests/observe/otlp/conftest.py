"""A collector, and a workspace that tells it."""

from collections.abc import Iterator

import pytest

from batuta.testing.collector import Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that has taken nothing but OTLP when the test is done."""
    with Collector() as made:
        yield made
        assert made.flaws == []
