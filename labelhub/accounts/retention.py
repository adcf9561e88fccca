"""What is kept of signing in ends some time; Django and axes keep it for ever."""

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

CHUNK = 500
SIGN_INS_KEPT = timedelta(days=90)
# Who changed what in the administration.
CHANGES_KEPT = timedelta(days=365)


def forget(now: datetime | None = None) -> None:
    now = now or timezone.now()
    _forget(Session.objects.filter(expire_date__lt=now))
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        _forget(model.objects.filter(attempt_time__lt=now - SIGN_INS_KEPT))
    _forget(LogEntry.objects.filter(action_time__lt=now - CHANGES_KEPT))


def _forget(old: QuerySet[Any]) -> None:
    """Some rows at a time: nobody waits for a long transaction."""
    while ids := list(old.order_by().values_list("pk", flat=True)[:CHUNK]):
        old.model._default_manager.filter(pk__in=ids).delete()
