from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from printers.callers import caller_of
from printers.errors import HubError
from templates_app.elements.image import LARGEST_BYTES, LARGEST_PIXELS
from templates_app.house_pictures import add_picture, picture_users, remove_picture, thumbnail
from templates_app.models import HousePicture

A_YEAR = 365 * 24 * 3600


@require_safe
def pictures(request: HttpRequest) -> HttpResponse:
    found = HousePicture.objects.filter(removed_at=None).defer("data")
    users = picture_users()
    context = {
        "pictures": [(picture, users.get(picture.name)) for picture in found],
        "most_mb": LARGEST_BYTES / 1_000_000,
        "most_dots": LARGEST_PIXELS // 1_000_000,
    }
    return render(request, "templates_app/pictures.html", context)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or not file.size:
        messages.error(request, _("Choose a picture."))
        return redirect("pictures")
    try:
        # One byte more than allowed is enough to know.
        data = cast(bytes, file.read(LARGEST_BYTES + 1))
        name, file_name = request.POST.get("name", ""), str(file.name or "")
        picture = add_picture(data, caller_of(request), name=name, file_name=file_name)
    except HubError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _('The picture can be used as picture = "%(name)s".') % {"name": picture.name})
    return redirect("pictures")


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    try:
        remove_picture(name)
    except HubError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The picture was removed."))
    return redirect("pictures")


@require_safe
def small(request: HttpRequest, name: str) -> HttpResponse:
    """The address carries the content, which never changes."""
    picture = HousePicture.objects.filter(name=name, removed_at=None).first()
    if picture is None:
        raise Http404
    response = HttpResponse(thumbnail(picture), content_type="image/png")
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable" if "v" in request.GET else "private, no-cache"
    return response
