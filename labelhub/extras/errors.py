"""What the hub logs as an error goes to Sentry as well: the line, its traceback, its ids; nothing of a request."""

import logging
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.logging import LoggingIntegration

from labelhub.logs import without_secrets
from printers.doing import current_ids


def start(dsn: str) -> None:
    sentry_sdk.init(
        dsn=dsn,
        release=settings.REVISION or settings.VERSION,
        # Others would look into frameworks, requests and variables: labels, passwords and tokens pass there.
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None)],
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_prepare,
    )


def _prepare(event: Any, _hint: Any) -> Any:
    event["tags"] = {**event.get("tags", {}), **current_ids()}
    return _without_secrets(event)


def _without_secrets(found: Any) -> Any:
    if isinstance(found, str):
        return without_secrets(found)
    if isinstance(found, dict):
        return {name: _without_secrets(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [_without_secrets(each) for each in found]
    return found
