import io
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from PIL import Image, ImageDraw, ImageFont

from printers.callers import caller_of
from printers.errors import HubError
from templates_app.house_fonts import MAX_BYTES, add_font, remove_font
from templates_app.models import Font

SAMPLE, SAMPLE_PX, LARGEST_SAMPLE = "Hamburgefonstiv 0123456789", 40, (1200, 100)
A_YEAR = 365 * 24 * 3600


@require_safe
def fonts(request: HttpRequest) -> HttpResponse:
    context = {"fonts": Font.objects.defer("data"), "most_mb": MAX_BYTES // 1_000_000}
    return render(request, "templates_app/fonts.html", context)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or not file.size:
        messages.error(request, _("Choose a font file."))
        return redirect("fonts")
    try:
        # One byte more than allowed is enough to know.
        data = cast(bytes, file.read(MAX_BYTES + 1))
        font = add_font(data, caller_of(request), name=request.POST.get("name", ""))
    except HubError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _('The font can be used as font = "%(name)s".') % {"name": font.name})
    return redirect("fonts")


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    try:
        remove_font(name)
    except HubError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The font was removed."))
    return redirect("fonts")


@require_safe
def sample(request: HttpRequest, name: str) -> HttpResponse:
    """A line of the font; its address carries the content, which never changes."""
    found = Font.objects.filter(name=name).first()
    if found is None:
        raise Http404
    font = ImageFont.truetype(io.BytesIO(bytes(found.data)), SAMPLE_PX, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(SAMPLE))
    image = Image.new("L", (min(right - left, LARGEST_SAMPLE[0]), min(bottom - top, LARGEST_SAMPLE[1])), 255)
    ImageDraw.Draw(image).text((-left, -top), SAMPLE, fill=0, font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    response = HttpResponse(out.getvalue(), content_type="image/png")
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable" if "v" in request.GET else "private, no-cache"
    return response
