import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from labelhub.accounts.roles import ADMIN_ROLE, EVERYTHING, ROLES, Scope, scopes_of

__all__ = ["ApiToken", "ExternalIdentity", "Scope", "User", "open_the_administration"]

TOKEN_MARK = "lh_"  # noqa: S105
PREFIX_LENGTH = 8


class User(AbstractUser):
    """A person who signs in; times are shown in their zone, pages in their language."""

    time_zone = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.filter(name__in=ROLES).values_list("name", flat=True))

    @cached_property
    def scopes(self) -> frozenset[Scope]:
        """What the person's roles allow; without a role what LABELHUB_DEFAULT_ROLE does."""
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return EVERYTHING
        if self.roles:
            return scopes_of(self.roles)
        return EVERYTHING if self.is_staff else scopes_of([settings.DEFAULT_ROLE])

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return super().has_perm(perm, obj) or self._is_admin()

    def has_module_perms(self, app_label: str) -> bool:
        return super().has_module_perms(app_label) or self._is_admin()

    def _is_admin(self) -> bool:
        return self.is_active and self.is_staff and ADMIN_ROLE in self.roles


class ExternalIdentity(models.Model):
    """Who a person is to an OpenID provider: its `sub`, which never changes."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)

    class Meta:
        verbose_name_plural = "external identities"
        constraints = (models.UniqueConstraint(fields=("issuer", "subject"), name="external_identity_once"),)

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


def open_the_administration(user: User) -> None:
    """Whoever has the role admin may enter the administration: Django asks for a flag of its own there."""
    if not user.is_staff and user.groups.filter(name=ADMIN_ROLE).exists():
        user.is_staff = True
        user.save(update_fields=["is_staff"])


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self) -> Self:
        now = timezone.now()
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now), enabled=True, revoked_at=None)


class ApiToken(models.Model):
    """A script's key: shown once when made, kept only as an HMAC-SHA256 of 192 random bits."""

    LAST_USED_STEP: ClassVar = timedelta(minutes=1)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    prefix = models.CharField(max_length=PREFIX_LENGTH, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    rate_limit_per_minute = models.PositiveIntegerField(default=600)
    enabled = models.BooleanField(default=True)
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=64, blank=True, default="")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({TOKEN_MARK}{self.prefix}…)"

    @classmethod
    def issue(
        cls, name: str, scopes: list[str], *, user: User | None = None, expires_at: datetime | None = None
    ) -> tuple["ApiToken", str]:
        """Make a token; the second value is the secret text, which nobody can read again."""
        token = cls(name=name, user=user, scopes=scopes, expires_at=expires_at)
        text = token.give_secret()
        token.save(force_insert=True)
        return token, text

    def give_secret(self) -> str:
        """Set prefix and digest for a new secret, which is returned and kept nowhere."""
        self.prefix = secrets.token_hex(PREFIX_LENGTH // 2)
        text = f"{TOKEN_MARK}{self.prefix}_{secrets.token_urlsafe(24)}"
        self.digest = digest_of(text)
        return text

    @classmethod
    def find(cls, text: str, *, look_up: Callable[[str], "list[ApiToken]"] | None = None) -> "ApiToken | None":
        """The live token with this text, or None; one query, compared in constant time.

        `look_up` gives the tokens with a prefix and their users, of which there is one at most.
        """
        if not text.startswith(TOKEN_MARK):
            return None
        prefix = text[len(TOKEN_MARK) :][:PREFIX_LENGTH]
        if not prefix.isalnum():
            return None
        found = look_up(prefix) if look_up else list(cls.objects.select_related("user").filter(prefix=prefix))
        token = found[0] if found else None
        if token is None or not token.is_live or not hmac.compare_digest(token.digest, digest_of(text)):
            return None
        return None if token.user is not None and not token.user.is_active else token

    @property
    def is_live(self) -> bool:
        """As ApiTokenQuerySet.live has it."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.enabled and self.revoked_at is None and not expired

    def note_use(self, address: str) -> None:
        """Remember when and from where it was used last, with at most one write a minute."""
        now = timezone.now()
        if self.last_used_at is not None and now - self.last_used_at < self.LAST_USED_STEP:
            return
        stale = models.Q(last_used_at=None) | models.Q(last_used_at__lte=now - self.LAST_USED_STEP)
        ApiToken.objects.filter(stale, pk=self.pk).update(last_used_at=now, last_used_from=address)

    def revoke(self) -> None:
        """Refused from the very next request on, in every process."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


def digest_of(text: str) -> str:
    return hmac.digest(settings.TOKEN_PEPPER.encode(), text.encode(), "sha256").hex()
