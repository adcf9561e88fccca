"""Templates that a person wants to find first, in the gallery and where something is to be printed."""

from uuid import UUID

from templates_app.models import Favourite, Template


def favourites_of(user_id: int | None) -> frozenset[UUID]:
    """The ids of their templates."""
    return frozenset(Favourite.objects.filter(user_id=user_id).values_list("template_id", flat=True))


def set_favourite(template: Template, user_id: int | None, *, wanted: bool) -> None:
    """Harmless where it is so already."""
    if user_id is None:
        return
    if wanted:
        Favourite.objects.get_or_create(template=template, user_id=user_id)
    else:
        Favourite.objects.filter(template=template, user_id=user_id).delete()
