"""Adding a printer, changing it, taking it off the list."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from printers.callers import caller_of
from printers.discovery import Found, discover
from printers.errors import Conflict, HubError
from printers.forms import AddressForm, PrinterChangeForm, PrinterForm
from printers.inventory import change_printer, create_printer, remove_printer
from printers.lookup import visible_to
from printers.models import Printer, Site
from printers.status import due_now, model_mismatch

READ_AND_POST = ["GET", "HEAD", "POST"]
# A change of these makes the device another one, or asks it differently.
OF_THE_DEVICE = {"model", "host", "port", "snmp_port", "snmp_community", "enabled"}


@never_cache
@require_http_methods(READ_AND_POST)
def new(request: HttpRequest) -> HttpResponse:
    """An address first; POST with `step=ask` asks it and shows the whole form, `step=add` makes the printer."""
    if not caller_of(request).manages_everything:
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "printers/address.html", {"form": AddressForm()})
    return _added(request) if request.POST.get("step") == "add" else _asked(request)


@never_cache
@require_http_methods(READ_AND_POST)
def edit(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    printer = _managed(request, printer_id)
    form, status = PrinterChangeForm(printer, request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            changes = form.changes
            try:
                change_printer(_managed(request, printer_id), changes, caller_of(request))
            except HubError as error:
                form.take_refusal(error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                if OF_THE_DEVICE & changes.keys():
                    due_now(printer.id)
                messages.success(
                    request, _("Saved. It holds from the next job on.") if changes else _("Nothing was changed.")
                )
                return redirect("printer", printer_id)
    context = {"form": form, "printer": printer, "sites": _sites()}
    return render(request, "printers/edit.html", context, status=status)


@require_http_methods(READ_AND_POST)
def remove(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    printer = _managed(request, printer_id)
    refusal = ""
    if request.method == "POST":
        title = printer.title
        try:
            remove_printer(printer, caller_of(request))
        except Conflict as error:
            refusal = error.detail
        else:
            messages.success(request, _("%(printer)s is no longer in the hub.") % {"printer": title})
            return redirect("printers")
    context = {"printer": printer, "refusal": refusal}
    return render(request, "printers/remove.html", context, status=409 if refusal else 200)


@require_POST
def use_model(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    """What the device says it is becomes the model; not what an old page said."""
    printer = _managed(request, printer_id)
    model = model_mismatch(printer, getattr(printer, "status", None))
    if model is None:
        messages.warning(request, _("There is no other model to use: the printer says what the hub has."))
        return redirect("printer", printer_id)
    try:
        change_printer(printer, {"model": model.name}, caller_of(request))
    except HubError as error:
        messages.error(request, error.detail)
        return redirect("printer", printer_id)
    due_now(printer.id)
    messages.success(request, _("The hub has it as %(model)s now.") % {"model": model.name})
    return redirect("printer", printer_id)


def _asked(request: HttpRequest) -> HttpResponse:
    address = AddressForm(request.POST)
    if not address.is_valid():
        return render(request, "printers/address.html", {"form": address}, status=422)
    where = address.cleaned_data
    try:
        found = discover(where["host"], where["port"], where["snmp_port"], where["snmp_community"])
    except HubError as error:
        address.take_refusal(error, "host")
        return render(request, "printers/address.html", {"form": address}, status=422)
    said = {name: request.POST[name] for name in PrinterForm.base_fields if request.POST.get(name)}
    initial = {**said, **where, "model": found.model.name if found.model else said.get("model", "")}
    return _whole(request, PrinterForm(initial=initial), found=found)


def _added(request: HttpRequest) -> HttpResponse:
    form = PrinterForm(request.POST)
    if not form.is_valid():
        return _whole(request, form, status=422)
    try:
        printer = create_printer(form.cleaned_data, caller_of(request))
    except HubError as error:
        form.take_refusal(error)
        return _whole(request, form, status=409 if isinstance(error, Conflict) else 422)
    messages.success(
        request, _("%(printer)s is added. Print a test label to see that it works.") % {"printer": printer.title}
    )
    return redirect("printer", printer.id)


def _whole(request: HttpRequest, form: PrinterForm, *, found: Found | None = None, status: int = 200) -> HttpResponse:
    twin = None
    host, port = form["host"].value(), form["port"].value()
    if host and str(port).isdigit():
        there = visible_to(caller_of(request)).filter(host=host, port=min(int(port), 65535))
        twin = there.select_related("site").first()
    context = {"form": form, "found": found, "twin": twin, "sites": _sites()}
    return render(request, "printers/new.html", context, status=status)


def _sites() -> list[Site]:
    return list(Site.objects.all()[:200])


def _managed(request: HttpRequest, printer_id: UUID) -> Printer:
    if "manage" not in caller_of(request).scopes:
        raise PermissionDenied
    return get_object_or_404(Printer.objects.select_related("site", "status"), id=printer_id)
