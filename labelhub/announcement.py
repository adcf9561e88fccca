import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import OutputWrapper
from django.db import connection

from labelhub.accounts.models import ApiToken, Scope, User
from labelhub.startup import BroughtUp

log = logging.getLogger(__name__)


@contextmanager
def warnings_only(name: str) -> Iterator[None]:
    """What becomes of the sample label is told by the announcement, and no log line stands amid it."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(max(level, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(level)


class Announcement:
    """What the terminal says once labels can be printed; secrets only on the start that made them."""

    def __init__(self, out: OutputWrapper, address: Any, done: BroughtUp, begun: float) -> None:
        self.out, self.done, self.begun = out, done, begun
        host, port = address[:2]
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
        self.origin = f"http://{shown}:{port}"

    def make(self) -> None:
        try:
            self._ready()
            if settings.DEMO:
                from labelhub.demo import print_sample

                with warnings_only("jobs"):
                    sample = print_sample(self.origin)
                if sample:
                    self._line("Sample", sample)
        except Exception:
            log.exception("The demo is not complete")
        finally:
            connection.close()
        self.out.write(f"Ctrl-C stops it; everything is kept in {settings.DATA_DIR}.")
        self.out.flush()

    def _ready(self) -> None:
        self.out.write(f"LabelHub {settings.VERSION} is ready after {time.monotonic() - self.begun:.1f} s.")
        self._line("Page", self.origin + "/")
        self._line("API docs", self.origin + "/docs")
        admin = self.done.admin
        if admin and admin.created:
            self._line("Sign in", f"{admin.username} / {admin.password or 'the password of LABELHUB_ADMIN_PASSWORD'}")
            if settings.DEMO:
                scopes = [Scope.READ, Scope.PRINT, Scope.MANAGE]
                _, text = ApiToken.issue("Demo", [*map(str, scopes)], user=User.objects.get(username=admin.username))
                self._line("API token", text)
                self.out.write("  Password and token are shown this once.")
        elif not User.objects.exists():
            self._line("Sign in", "nobody can yet: set LABELHUB_ADMIN_PASSWORD and start again")
        self.out.flush()

    def _line(self, title: str, text: str) -> None:
        self.out.write(f"  {title:<10} {text}")
