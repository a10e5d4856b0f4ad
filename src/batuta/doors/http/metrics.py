"""Figures of the server, for Prometheus."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Metrics"]

# Seconds; the idle figure is about a millisecond, and a request that waits takes up to a minute.
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """Counts what passes."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "batuta_http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "batuta_http_request_seconds",
            "From the head of a request to the end of its answer.",
            ["route"],
            buckets=_BOUNDS_S,
            registry=self._registry,
        )
        self._open = Gauge(
            "batuta_http_requests_open", "Requests under way.", registry=self._registry
        )
        self._gauges: dict[str, Gauge] = {}
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def begun(self) -> None:
        """A request has come."""
        self._open.inc()

    def ended(self, method: str, route: str, status: int, took_s: float) -> None:
        """It was answered."""
        self._open.dec()
        # Looked up by their labels once: that takes longer than to count.
        counted = self._counted.get((method, route, status))
        if counted is None:
            labelled = self._requests.labels(_known(method), route, str(status))
            counted = labelled, self._seconds.labels(route)
            if method in _METHODS:
                self._counted[method, route, status] = counted
        counted[0].inc()
        counted[1].observe(took_s)

    def gauge(self, name: str, help_text: str, value: float) -> None:
        """What is so now."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, help_text, registry=self._registry)
        self._gauges[name].set(value)

    def by(self, name: str, help_text: str, label: str, counts: Mapping[str, int]) -> None:
        """Counts by a label."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, help_text, [label], registry=self._registry)
        for value, count in counts.items():
            self._gauges[name].labels(value).set(count)

    def text(self) -> bytes:
        """All of it."""
        return generate_latest(self._registry)


# Whatever a client calls a method must not become a label of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _known(method: str) -> str:
    return method if method in _METHODS else "other"
