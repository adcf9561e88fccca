from django.contrib import admin

from printers.admin import ReadOnly
from templates_app.models import Counter, Template


@admin.register(Template)
class TemplateAdmin(ReadOnly):
    """To look at; templates are made and changed by registration alone (templates_app/registration)."""

    list_display = ("key", "title", "source", "current")
    list_filter = ("source",)
    list_select_related = ("current",)
    search_fields = ("key", "title")


@admin.register(Counter)
class CounterAdmin(ReadOnly):
    """To look at; a counter is set anew on the page of its template, which keeps who did it."""

    list_display = ("name", "value", "updated_at")
    search_fields = ("name",)
