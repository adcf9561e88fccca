from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from printers.callers import caller_of
from printers.errors import HubError
from templates_app.models import Preset
from templates_app.presets import delete_preset, rename_preset


@require_POST
def change_preset(request: HttpRequest, key: str, preset_id: UUID) -> HttpResponse:
    """POST `name` to rename it, `do=delete` to delete it."""
    preset = Preset.objects.filter(pk=preset_id, template__key=key).first()
    if preset is None:
        raise Http404
    try:
        if request.POST.get("do") == "delete":
            delete_preset(preset, caller_of(request))
            messages.success(request, _("The preset “%(name)s” was deleted.") % {"name": preset.name})
        else:
            rename_preset(preset, request.POST.get("name", ""), caller_of(request))
            messages.success(request, _("The preset is called “%(name)s” now.") % {"name": preset.name})
    except HubError as error:
        messages.error(request, error.detail)
    return redirect("template", key=key)
