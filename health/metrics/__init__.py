"""Everything that `GET /metrics` tells, in Prometheus' text format.

What happened is counted in the database, so that any web process tells the truth of all of them, and a restart loses
nothing. What is this process's own (requests, event streams) is counted here; with PROMETHEUS_MULTIPROC_DIR set, for
all processes that share that folder.
"""

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from health.metrics.hub import HubCollector
from health.metrics.web import OWN, StreamsCollector, observe

__all__ = ["CONTENT_TYPE", "exposition", "observe"]

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    """A handful of queries, none of which grows with the history of jobs."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector())
    registry.register(StreamsCollector())
    parts = [generate_latest(registry)]
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        parts.append(generate_latest(shared))
    else:
        parts.append(generate_latest(OWN))
    return b"".join(parts)
