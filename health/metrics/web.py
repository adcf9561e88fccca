"""Numbers of this web process: its requests and its event streams."""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from printers.stream import subscribers

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})

OWN = CollectorRegistry()
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    ProcessCollector(registry=OWN)
    GCCollector(registry=OWN)
    PlatformCollector(registry=OWN)
REQUESTS = Counter(
    "labelhub_http_requests",
    "Requests answered, by the pattern of their address.",
    ("method", "route", "status"),
    registry=OWN,
)
LATENCY = Histogram(
    "labelhub_http_request_seconds",
    "From the first middleware to the answer.",
    ("route",),
    buckets=SECONDS,
    registry=OWN,
)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """`route` is a pattern of the URL table, never the address that was typed."""
    REQUESTS.labels(method if method in METHODS else "other", route, str(status)).inc()
    LATENCY.labels(route).observe(seconds)


class StreamsCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        count, most = subscribers()
        # With several processes on one port each scrape meets one of them; the label keeps them apart.
        labels = (str(os.getpid()),)
        open_now = GaugeMetricFamily("labelhub_sse_subscribers", "Open event streams.", labels=("process",))
        open_now.add_metric(labels, count)
        yield open_now
        limit = GaugeMetricFamily("labelhub_sse_subscribers_limit", "Streams that it takes.", labels=("process",))
        limit.add_metric(labels, most)
        yield limit
