import json

from django.conf import settings

LIVENESS_PATHS = frozenset({"/healthz", "/livez"})


def liveness_body() -> bytes:
    """From constants only: alive means that this process answers, whatever it can reach."""
    return json.dumps({"status": "ok", "version": settings.VERSION, "revision": settings.REVISION}).encode()
