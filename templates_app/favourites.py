"""Templates that a person wants to find first, in the gallery and where something is to be printed."""

from uuid import UUID

from printers.callers import Caller
from templates_app.models import Favourite, Template


def favourites_of(caller: Caller) -> frozenset[UUID]:
    """The ids of their templates."""
    if caller.user_id is None:
        return frozenset()
    return frozenset(Favourite.objects.filter(user_id=caller.user_id).values_list("template_id", flat=True))


def set_favourite(template: Template, caller: Caller, *, wanted: bool) -> None:
    """Harmless where it is so already."""
    if caller.user_id is None:
        return
    if wanted:
        Favourite.objects.get_or_create(template=template, user_id=caller.user_id)
    else:
        Favourite.objects.filter(template=template, user_id=caller.user_id).delete()
