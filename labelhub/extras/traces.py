"""Spans of requests and of labels that are printed, to an OpenTelemetry collector by OTLP over HTTP.

What a collector wants in its headers stands in OTEL_EXPORTER_OTLP_HEADERS, which the exporter reads by itself.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from printers.doing import trace_by


def start(endpoint: str) -> TracerProvider:
    provider = TracerProvider(
        resource=Resource.create({"service.name": "labelhub", "service.version": settings.VERSION})
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace_by(Spans(provider.get_tracer("labelhub", settings.VERSION)))
    return provider


class Spans:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, what: str, ids: Mapping[str, str]) -> Iterator[None]:
        attributes = {f"labelhub.{name}": value for name, value in ids.items()}
        with self._tracer.start_as_current_span(what, attributes=attributes):
            yield

    def describe(self, what: str, facts: Mapping[str, str | int]) -> None:
        span = trace.get_current_span()
        span.update_name(what)
        span.set_attributes(facts)
