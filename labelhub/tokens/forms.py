from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labelhub.accounts.models import ApiToken
from labelhub.accounts.roles import Scope
from printers.callers import Caller
from printers.lookup import visible_to
from printers.models import TokenBinding

MOST_TOKENS = 50
NEVER = "never"
WORDS = {
    Scope.READ: gettext_lazy("See printers, templates and jobs"),
    Scope.PRINT: gettext_lazy("Print, and act on jobs"),
    Scope.DESIGN: gettext_lazy("Register templates"),
    Scope.MANAGE: gettext_lazy("Add, change and pause printers"),
    Scope.ADMIN: gettext_lazy("Everything"),
}
EXPIRY = (
    ("30", gettext_lazy("in 30 days")),
    ("90", gettext_lazy("in 90 days")),
    ("365", gettext_lazy("in a year")),
    (NEVER, pgettext_lazy("expires", "never")),
)


class TokenForm(forms.Form):
    """A token for the caller: no scope that they do not have, no printer that they may not use."""

    name = forms.CharField(max_length=120, strip=True)
    scopes = forms.MultipleChoiceField(choices=())
    printers = forms.MultipleChoiceField(choices=(), required=False)
    expires = forms.ChoiceField(choices=EXPIRY, initial="90")

    def __init__(self, user: Any, caller: Caller, data: Any = None) -> None:
        super().__init__(data, initial={"scopes": [Scope.READ, Scope.PRINT]})
        self.user = user
        self.fields["scopes"].choices = [(s.value, f"{WORDS[s]}") for s in Scope if s in caller.scopes]  # type: ignore[attr-defined]
        self.fields["printers"].choices = [  # type: ignore[attr-defined]
            (str(printer.id), printer.path if printer.handle else printer.title)
            for printer in visible_to(caller).select_related("site")
        ]
        self.fields["name"].error_messages["required"] = _("Give it the name of what will use it.")
        self.fields["scopes"].error_messages["required"] = _("Choose what it may do.")

    def clean(self) -> dict[str, Any]:
        if self.user.tokens.live().count() >= MOST_TOKENS:
            sentence = _("You have %(n)d tokens. Revoke one that is not used any more.")
            raise ValidationError(sentence % {"n": MOST_TOKENS})
        return self.cleaned_data

    def issue(self) -> tuple[ApiToken, str]:
        """The token, and its text, which is nowhere else."""
        wanted = self.cleaned_data
        expires = None if wanted["expires"] == NEVER else timezone.now() + timedelta(days=int(wanted["expires"]))
        with transaction.atomic():
            token, text = ApiToken.issue(wanted["name"], wanted["scopes"], user=self.user, expires_at=expires)
            TokenBinding.objects.bulk_create(TokenBinding(token=token, printer_id=each) for each in wanted["printers"])
        return token, text
