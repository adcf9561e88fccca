"""People whom somebody else has signed in: a proxy in front, or an OpenID provider."""

from collections.abc import Iterable

from django.contrib.auth.models import Group

from labelhub.accounts.models import User, open_the_administration
from labelhub.accounts.roles import ADMIN_ROLE, ROLES


def take_roles(user: User, names: Iterable[str]) -> None:
    """Give the person exactly the roles among these names; other groups are left alone."""
    wanted = {name.strip() for name in names} & set(ROLES)
    if wanted == set(user.roles):
        return
    user.groups.remove(*user.groups.filter(name__in=set(ROLES) - wanted))
    user.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in wanted))
    user.__dict__.pop("roles", None)
    user.__dict__.pop("scopes", None)
    open_the_administration(user)
    if user.is_staff and not user.is_superuser and ADMIN_ROLE not in wanted:
        user.is_staff = False
        user.save(update_fields=["is_staff"])
