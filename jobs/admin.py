from django.contrib import admin
from unfold.admin import TabularInline

from jobs.models import Attempt, Batch, Heartbeat, Job, Pool
from printers.admin import ReadOnly


class AttemptInline(TabularInline):  # type: ignore[misc]
    model = Attempt
    fields = ("number", "worker", "phase", "bytes_total", "bytes_acked", "outcome", "message", "started_at", "ended_at")
    readonly_fields = fields
    extra = 0
    can_delete = False


@admin.register(Job)
class JobAdmin(ReadOnly):
    """To look at: states change by the operations of the job page and the API alone."""

    list_display = ("id", "state", "outcome", "printer", "template_key", "copies", "requested_by", "created_at")
    list_filter = ("state", "outcome")
    list_select_related = ("printer__site",)
    search_fields = ("id", "template_key", "requested_by")
    show_full_result_count = False
    inlines = (AttemptInline,)


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("id", "printer", "total", "requested_by", "created_at")
    list_select_related = ("printer__site",)


@admin.register(Pool)
class PoolAdmin(ReadOnly):
    """To look at; pools are added and changed on their own page."""

    list_display = ("name", "site", "medium", "tape_color", "text_color", "every_printer", "family")
    list_select_related = ("site",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ("name", "role", "started_at", "seen_at")
