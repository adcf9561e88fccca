"""The first person who can sign in."""

import logging
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, transaction

from labelhub.accounts.models import User
from printers.violations import is_unique_violation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seeded:
    """`password` is only there when it was made here, to be shown this once."""

    username: str
    created: bool
    password: str = ""


def seed_admin() -> Seeded | None:
    """Create the admin of LABELHUB_ADMIN_*, or in demo mode one with a random password; None: nobody was asked for.

    Whoever has that name already is left alone, password and all. Safe in several processes at once.
    """
    username = settings.ADMIN_USERNAME
    try:
        return _seed(username)
    except DatabaseError as error:
        if is_unique_violation(error):
            # Another process was quicker.
            return Seeded(username, created=False)
        log.exception("The admin “%s” cannot be created", username)
        raise


def _seed(username: str) -> Seeded | None:
    if User.objects.filter(username=username).exists():
        return Seeded(username, created=False)
    if not settings.ADMIN_PASSWORD and (not settings.DEMO or User.objects.exists()):
        return None
    made_here = "" if settings.ADMIN_PASSWORD else secrets.token_urlsafe(12)
    with transaction.atomic():
        User.objects.create_superuser(username, settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD or made_here)
    return Seeded(username, created=True, password=made_here)
