from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from printers.models import Event, Printer, PrinterStatus, Site, TokenBinding, UserLimit


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Rows that only the hub itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Site)
class SiteAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("key", "title")


@admin.register(Printer)
class PrinterAdmin(ReadOnly):
    """To look at; printers are added and changed on their own pages, where the address is checked."""

    list_display = ("__str__", "site", "model", "host", "port", "enabled", "paused", "source")
    list_filter = ("site", "enabled", "paused", "source")
    list_select_related = ("site",)
    search_fields = ("name", "host", "model")
    exclude = ("snmp_community",)


@admin.register(PrinterStatus)
class PrinterStatusAdmin(ReadOnly):
    list_display = ("printer", "online", "state", "media_key", "captured_at", "last_seen_at")
    list_select_related = ("printer__site",)
    exclude = ("raw_block",)


@admin.register(TokenBinding)
class TokenBindingAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("token", "printer")
    list_select_related = ("token", "printer__site")
    autocomplete_fields = ("token", "printer")


@admin.register(UserLimit)
class UserLimitAdmin(ModelAdmin):  # type: ignore[misc]
    """People with limits use only these; people without any use everything."""

    list_display = ("user", "site", "printer")
    list_select_related = ("user", "site", "printer__site")
    autocomplete_fields = ("user", "printer")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("id", "at", "kind", "printer", "actor")
    list_filter = ("kind",)
    list_select_related = ("printer__site",)
    ordering = ("-id",)
    show_full_result_count = False
