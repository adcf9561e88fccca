"""Numbers of the hub as a whole, read from the database at each scrape."""

import logging
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from health.metrics.now import numbers_of_now
from health.metrics.totals import numbers_of_totals

log = logging.getLogger(__name__)


class HubCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        begun = time.monotonic()
        found: list[Metric] = []
        reached = 1
        try:
            found = [*numbers_of_now(), *numbers_of_totals()]
        except DatabaseError as error:
            log.warning("The metrics that stand in the database cannot be read: %s", error)
            reached = 0
        yield from found
        build = InfoMetricFamily("labelhub_build", "What runs here.")
        build.add_metric((), {"version": settings.VERSION, "revision": settings.REVISION})
        yield build
        yield GaugeMetricFamily("labelhub_database_up", "Whether this process reaches the database.", reached)
        seconds = time.monotonic() - begun
        yield GaugeMetricFamily("labelhub_scrape_seconds", "What reading them from the database took.", seconds)
