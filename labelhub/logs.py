"""Lines for people by default, JSON for machines; everybody logs with `logging`."""

from typing import Any

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ROOMS = ("labelhub", "printers", "templates_app", "jobs", "health")
# Their INFO is about themselves: connections, requests, timers.
TALKATIVE = ("celery", "kombu", "amqp", "uvicorn", "httpx", "httpcore", "axes", "pysnmp", "PIL", "asyncio", "django")


def logging_for(style: str, level: str, problems: list[tuple[str, str]]) -> dict[str, Any]:
    """A `dictConfig`; what it cannot take is added to the problems and replaced by the default."""
    if style not in {"text", "json"}:
        problems.append(("LABELHUB_LOG_FORMAT", f"“{style}” is neither text nor json"))
    if level.upper() not in LEVELS:
        problems.append(("LABELHUB_LOG_LEVEL", f"“{level}” is none of {', '.join(LEVELS)}"))
        level = "INFO"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"labelhub": _json() if style == "json" else _text()},
        "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "labelhub"}},
        "root": {"handlers": ["terminal"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": "WARNING"} for name in TALKATIVE},
            # Django gives these handlers of their own; one line per record is enough.
            **{name: {"handlers": [], "level": "WARNING"} for name in ("django", "django.server")},
            **{name: {"level": level.upper()} for name in ROOMS},
        },
    }


def _text() -> dict[str, Any]:
    return {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s", "datefmt": "%H:%M:%S"}


def _json() -> dict[str, Any]:
    # Only machines pay for it: the library takes 5 MB.
    import structlog

    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
