from django.urls import path

from printers.views import printer, scan, settings

urlpatterns = [
    path("printers", printer.printers, name="printers"),
    path("printers/live", printer.printers_live, name="printers-live"),
    path("printers/scan", scan.look_around, name="printer-scan"),
    path("printers/new", settings.new, name="printer-new"),
    path("printers/<uuid:printer_id>", printer.printer_page, name="printer"),
    path("printers/<uuid:printer_id>/live", printer.printer_live, name="printer-live"),
    path("printers/<uuid:printer_id>/edit", settings.edit, name="printer-edit"),
    path("printers/<uuid:printer_id>/remove", settings.remove, name="printer-remove"),
    path("printers/<uuid:printer_id>/use-model", settings.use_model, name="printer-use-model"),
    path("printers/<uuid:printer_id>/pause", printer.pause, name="printer-pause"),
    path("printers/<uuid:printer_id>/probe", printer.probe, name="printer-probe"),
]
