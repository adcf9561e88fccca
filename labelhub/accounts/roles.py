"""What a role may do: one table for pages and API. A role is a Django group of this name; a person may have several."""

from collections.abc import Iterable

from django.db.models import TextChoices


class Scope(TextChoices):
    READ = "read"
    PRINT = "print"
    DESIGN = "design"
    MANAGE = "manage"
    ADMIN = "admin"


EVERYTHING = frozenset(Scope)
BY_NAME: dict[str, Scope] = {each.value: each for each in Scope}
# Print rights are apart from edit rights: who designs templates and prints them has both roles.
ROLES: dict[str, frozenset[Scope]] = {
    "viewer": frozenset({Scope.READ}),
    "printer": frozenset({Scope.READ, Scope.PRINT}),
    "designer": frozenset({Scope.READ, Scope.DESIGN}),
    "manager": frozenset({Scope.READ, Scope.PRINT, Scope.DESIGN, Scope.MANAGE}),
    "admin": EVERYTHING,
}
ADMIN_ROLE = "admin"
# The value of LABELHUB_DEFAULT_ROLE for “nothing at all”.
NO_ROLE = "none"


def scopes_of(roles: Iterable[str]) -> frozenset[Scope]:
    return frozenset[Scope]().union(*(ROLES.get(role, frozenset()) for role in roles))


def granted(scopes: Iterable[str]) -> frozenset[Scope]:
    """The scopes of a token with what they bring along: a manager's token registers templates, too."""
    given = frozenset(BY_NAME[each] for each in scopes if each in BY_NAME)
    if Scope.ADMIN in given:
        return EVERYTHING
    return given | {Scope.DESIGN} if Scope.MANAGE in given else given
