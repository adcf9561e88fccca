"""Lines for people by default, JSON for machines; everybody logs with `logging`, Celery and uvicorn as well.

Each line carries the ids of the request, job and printer that it belongs to (printers/doing.py).
"""

import json
import logging
import re
from collections.abc import MutableMapping
from typing import Any

from printers.doing import current_ids

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ROOMS = ("labelhub", "printers", "templates_app", "jobs", "health")
# Their INFO is about themselves: connections, requests, timers.
TALKATIVE = ("celery", "kombu", "amqp", "uvicorn", "httpx", "httpcore", "axes", "pysnmp", "PIL", "asyncio", "django")
# They come with handlers of their own; one line per record, all of one shape, is enough.
HANDLED_ELSEWHERE = ("django", "django.server", "uvicorn", "uvicorn.error", "uvicorn.access")
# Nobody writes a token or a password into a line; a library's error may quote the address that it was given.
SECRETS = re.compile(r"(?<=lh_)[\w-]{16,}|(?<=://)[^\s:/@]*:[^\s/@]+(?=@)")


def logging_for(style: str, level: str, problems: list[tuple[str, str]]) -> dict[str, Any]:
    """A `dictConfig`; what it cannot take is added to the problems and replaced by the default."""
    _leave_out_what_no_line_has()
    if style not in {"text", "json"}:
        problems.append(("LABELHUB_LOG_FORMAT", f"“{style}” is neither text nor json"))
    if level.upper() not in LEVELS:
        problems.append(("LABELHUB_LOG_LEVEL", f"“{level}” is none of {', '.join(LEVELS)}"))
        level = "INFO"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"labelhub": _json() if style == "json" else {"()": TextFormatter}},
        "handlers": {
            "terminal": {"class": "logging.StreamHandler", "formatter": "labelhub", "filters": [_without_place]},
        },
        "root": {"handlers": ["terminal"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": "WARNING"} for name in TALKATIVE},
            **{name: {"handlers": [], "level": "WARNING", "propagate": True} for name in HANDLED_ELSEWHERE},
            **{name: {"level": level.upper()} for name in ROOMS},
        },
    }


def _leave_out_what_no_line_has() -> None:
    """Where in the code, which thread and which process: looked up for each record (logging HOWTO, "Optimization")."""
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _without_place(record: logging.LogRecord) -> bool:
    """A request that Django refuses (a wrong host, too many fields) is told of in one line: anybody may send thousands,
    and where in Django that happens is of no use.
    """
    if record.name.startswith("django.security."):
        record.exc_info = record.exc_text = None
    return True


def without_secrets(text: str) -> str:
    # Hardly a line has one, and the search for what may stand anywhere is slow.
    return SECRETS.sub("…", text) if "lh_" in text or "://" in text else text


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s%(ids)s", "%H:%M:%S")
        self._told = 0, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Written once a second."""
        second, told = self._told
        if second != int(record.created):
            second, told = self._told = int(record.created), super().formatTime(record, datefmt)
        return told

    def format(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{name}={value}" for name, value in current_ids().items())
        record.ids = f" [{ids}]" if ids else ""
        return without_secrets(super().format(record))


def _json() -> dict[str, Any]:
    # Only machines pay for it: the library takes 11 MB.
    import structlog

    # What Python itself warns of is a line like any other.
    logging.captureWarnings(True)
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
            _with_ids,
            _json_line,
        ],
    }


def _with_ids(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**line, **current_ids()}


def _json_line(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    return json.dumps({name: without_secrets(str(value)) for name, value in line.items()}, ensure_ascii=False)
