"""What happened since the hub was set up: the rows of printers.totals, in Prometheus' shapes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress

from django.db import DatabaseError
from django.db.models import Sum
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from health.metrics.now import names_of_printers
from jobs.totals import HISTOGRAMS
from printers.models import Total
from printers.totals import sum_up

# Name of the total: (metric, what it is).
PER_PRINTER = {
    "labels": ("labelhub_labels", "Labels that came out, copies counted, as far as the hub knows."),
    "tape_mm": ("labelhub_tape_millimetres", "Tape of those labels with their margins, without blanks at the head."),
    "bytes": ("labelhub_sent_bytes", "Bytes that printers acknowledged."),
}
SECONDS = {
    "wait": ("labelhub_wait_seconds", "From submission to the moment before the first byte."),
    "send": ("labelhub_send_seconds", "Until the printer had acknowledged the last byte."),
    "confirm": ("labelhub_confirm_seconds", "From then until it was seen to have printed."),
}
# A printer that was removed keeps its part of the sums.
REMOVED = "removed"

Rows = Mapping[tuple[str, str], float]


def numbers_of_totals() -> Iterator[Metric]:
    # What was counted since the last sweep, as far as the database can be written.
    with suppress(DatabaseError):
        sum_up()
    names = names_of_printers()
    by_name: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    whole = Total.objects.exclude(name__in=_histogram_rows()).values_list("name", "subject", "label", "value")
    for name, subject, label, value in whole:
        by_name[name][names.get(subject, REMOVED) if subject else "", label] += value
    yield _jobs(by_name["jobs"])
    yield _attempts(by_name["attempts"])
    for name, (metric, words) in PER_PRINTER.items():
        yield _per_printer(metric, words, by_name[name])
    yield _probes(by_name["probes"])
    sums = Total.objects.filter(name__in=_histogram_rows()).order_by().values_list("name", "label")
    histograms: dict[str, dict[str, float]] = defaultdict(dict)
    for name, label, value in sums.annotate(sum=Sum("value")):
        histograms[name][label] = value
    for name, (metric, words) in SECONDS.items():
        yield _histogram(metric, words, HISTOGRAMS[name], histograms[f"{name}_s"], histograms[f"{name}_s_sum"])


def _histogram_rows() -> list[str]:
    return [f"{name}_s{end}" for name in HISTOGRAMS for end in ("", "_sum")]


def _jobs(rows: Rows) -> Metric:
    words = "Jobs that came to an end, or whose outcome is unknown; those again when a person has said what it is."
    family = CounterMetricFamily("labelhub_jobs_ended", words, labels=("printer", "state", "outcome"))
    for (printer, label), value in rows.items():
        state, _, outcome = label.partition("/")
        family.add_metric((printer, state, outcome), value)
    return family


def _attempts(rows: Rows) -> Metric:
    family = CounterMetricFamily(
        "labelhub_attempts", "Tries to print; put_back before the first byte.", labels=("printer", "outcome")
    )
    for labels, value in rows.items():
        family.add_metric(labels, value)
    return family


def _per_printer(metric: str, words: str, rows: Rows) -> Metric:
    family = CounterMetricFamily(metric, words, labels=("printer",))
    for (printer, _), value in rows.items():
        family.add_metric((printer,), value)
    return family


def _probes(rows: Rows) -> Metric:
    family = CounterMetricFamily("labelhub_probes", "Printers asked by the sweep.", labels=("result",))
    for (_, result), value in rows.items():
        family.add_metric((result,), value)
    return family


def _histogram(
    metric: str, words: str, bounds: tuple[float, ...], counts: Mapping[str, float], total: Mapping[str, float]
) -> Metric:
    below, buckets = 0.0, []
    for bound in (*(f"{each:g}" for each in bounds), "+Inf"):
        below += counts.get(bound, 0.0)
        buckets.append((bound, below))
    family = HistogramMetricFamily(metric, words)
    family.add_metric((), buckets, total.get("", 0.0))
    return family
