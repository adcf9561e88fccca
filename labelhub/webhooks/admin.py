from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from labelhub.webhooks.models import DeadLetter, Delivery, Webhook
from labelhub.webhooks.queue import send_again
from labelhub.webhooks.targets import check_target
from printers.admin import ReadOnly
from printers.errors import HubError
from printers.models import Event


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    kinds = forms.CharField(
        required=False,
        help_text=_("Such as “job.completed, printer.*”, separated by commas. Empty: everything that happens."),
    )

    class Meta:
        model = Webhook
        fields = ("name", "url", "kinds", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["kinds"] = ", ".join(self.instance.kinds)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            check_target(url)
        except HubError as error:
            raise forms.ValidationError(error.detail) from error
        return url

    def clean_kinds(self) -> list[str]:
        return [each.strip() for each in str(self.cleaned_data["kinds"]).split(",") if each.strip()]


@admin.register(Webhook)
class WebhookAdmin(ModelAdmin):  # type: ignore[misc]
    """The secret is shown once, in the message after the webhook was made."""

    form = WebhookForm
    list_display = ("name", "url", "kinds", "enabled", "created_at")

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=[*form.changed_data] or None)
            return
        # It is told of what happens from now on.
        obj.position = Event.objects.aggregate(newest=Max("id"))["newest"] or 0
        obj.save()
        text = _("This is the signing secret. It is shown this once: %(secret)s")
        messages.warning(request, text % {"secret": obj.secret})


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("kind", "webhook", "state", "tries", "status", "error", "created_at", "next_at", "ended_at")
    list_filter: tuple[str, ...] = ("state", "webhook")
    list_select_related = ("webhook",)
    show_full_result_count = False


@admin.register(DeadLetter)
class DeadLetterAdmin(DeliveryAdmin):
    list_filter = ("webhook",)
    actions = ("again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        dead: QuerySet[DeadLetter] = super().get_queryset(request).filter(state=Delivery.State.DEAD)
        return dead

    @admin.action(description=_("Send again"))
    def again(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        count = send_again(Delivery.objects.filter(pk__in=letters.values("pk")))
        messages.success(request, _("%(n)d deliveries are sent again.") % {"n": count})
