from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from labelhub.accounts.models import ApiToken, ExternalIdentity, Scope, User, open_the_administration

admin.site.unregister(Group)


@admin.register(Group)
class HubGroupAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    pass


@admin.register(User)
class HubUserAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    fieldsets = (*(UserAdmin.fieldsets or ()), (_("Preferences"), {"fields": ("time_zone", "language")}))
    list_display = ("username", "email", "role_names", "is_staff", "is_active", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("Roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        open_the_administration(form.instance)


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(ModelAdmin):  # type: ignore[misc]
    """Add one to let somebody who was here before sign in by the provider."""

    list_display = ("user", "issuer", "subject")
    autocomplete_fields = ("user",)


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("read: see all; print: print and act on jobs; manage: printers and templates; admin: everything."),
    )

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes", "rate_limit_per_minute", "enabled", "expires_at", "note")


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):  # type: ignore[misc]
    """The secret is shown once, in the message after the token was made; only its digest is kept."""

    form = TokenForm
    list_display = ("name", "prefix", "user", "scopes", "enabled", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("enabled",)
    search_fields = ("name", "prefix", "note")
    autocomplete_fields = ("user",)
    readonly_fields = ("prefix", "created_at", "last_used_at", "last_used_from", "revoked_at")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:  # noqa: ARG002
        return [*TokenForm.Meta.fields, *(self.readonly_fields if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=[*form.changed_data] or None)
            return
        secret = obj.give_secret()
        obj.save()
        messages.warning(request, _("This is the token. It is shown this once: %(secret)s") % {"secret": secret})

    @admin.action(description=_("Revoke"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:  # noqa: ARG002
        for token in tokens:
            token.revoke()
