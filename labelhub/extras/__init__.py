"""Telling other systems, for who wants it: errors to Sentry, traces to OpenTelemetry. Off and not even imported unless
its setting is there, and nothing is lost where its package is not."""

from contextlib import suppress

from django.conf import settings


def wanted() -> dict[str, tuple[str, str]]:
    """The settings that are there: the module that each needs, and the file that installs it."""
    known = {
        "LABELHUB_SENTRY_DSN": (settings.SENTRY_DSN, "sentry_sdk", "requirements-sentry.txt"),
        "LABELHUB_OTLP_ENDPOINT": (settings.OTLP_ENDPOINT, "opentelemetry.exporter", "requirements-telemetry.txt"),
    }
    return {name: (module, file) for name, (value, module, file) in known.items() if value}


def start() -> None:
    """In each server process, before it serves; labelhub.W006 has said where a package is missing."""
    with suppress(ImportError):
        if settings.SENTRY_DSN:
            from labelhub.extras import errors

            errors.start(settings.SENTRY_DSN)
    with suppress(ImportError):
        if settings.OTLP_ENDPOINT:
            from labelhub.extras import traces

            traces.start(settings.OTLP_ENDPOINT)
