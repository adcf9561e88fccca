from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from labelhub.accounts.external import take_roles
from labelhub.accounts.models import ExternalIdentity, User
from labelhub.accounts.oidc.provider import option

LEEWAY_S = 60


class OidcBackend(OIDCAuthenticationBackend):  # type: ignore[misc]
    """A person is who the provider's `sub` says, never who has the same name or e-mail address."""

    get_settings = staticmethod(option)

    def __init__(self) -> None:
        # Django makes every backend for every sign-in, also by password: the provider is asked when it is needed.
        self.UserModel = User

    def authenticate(self, request: Any, **kwargs: Any) -> Any:
        # Only the callback brings a nonce.
        if request is None or "nonce" not in kwargs:
            return None
        super().__init__()
        return super().authenticate(request, **kwargs)

    def _verify_jws(self, payload: str, key: Any) -> dict[str, Any]:
        """With issuer, audience and times, which the library leaves out."""
        try:
            claims: dict[str, Any] = jwt.decode(
                payload,
                key,
                algorithms=[settings.OIDC_ALGORITHM],
                audience=settings.OIDC_CLIENT_ID,
                issuer=settings.OIDC_ISSUER,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise SuspiciousOperation(f"The provider's token is not valid: {error}") from error
        return claims

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if said.get("sub") != payload["sub"]:
            raise SuspiciousOperation("The provider's answers are about two people.")
        return payload | said

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        return bool(claims.get("sub"))

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(identities__issuer=settings.OIDC_ISSUER, identities__subject=claims["sub"])

    def create_user(self, claims: dict[str, Any]) -> User:
        with transaction.atomic():
            user = User.objects.create_user(_free_name(claims), email=str(claims.get("email", ""))[:254])
            ExternalIdentity.objects.create(user=user, issuer=settings.OIDC_ISSUER, subject=claims["sub"])
        return self.update_user(user, claims)

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        if settings.OIDC_ROLES_CLAIM:
            names = claims.get(settings.OIDC_ROLES_CLAIM) or []
            take_roles(user, [names] if isinstance(names, str) else [str(name) for name in names])
        return user


def _free_name(claims: dict[str, Any]) -> str:
    """A user name that nobody has: who was here before under this name is somebody else."""
    email = str(claims.get("email", "")).partition("@")[0]
    for wish in (str(claims.get("preferred_username", "")), email, "person"):
        try:
            User._meta.get_field("username").run_validators(wish[:140])
        except ValidationError:
            continue
        name, number = wish[:140], 2
        while User.objects.filter(username__iexact=name).exists():
            name, number = f"{wish[:140]}-{number}", number + 1
        return name
    raise SuspiciousOperation("There is no name for this person.")
