from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from printers.configuration import DEFAULT_COMMUNITY, DEFAULT_PORT, DEFAULT_SITE, DEFAULT_SNMP_PORT
from printers.errors import HubError
from printers.media import MEDIA, MODELS, Medium, find_medium, find_model, media_for
from printers.models import Printer
from printers.words import medium_words

Choices = list[tuple[str, Any]]
DEFAULTS = {
    "site": DEFAULT_SITE, "port": DEFAULT_PORT, "snmp_port": DEFAULT_SNMP_PORT, "snmp_community": DEFAULT_COMMUNITY,
    "error_policy": Printer.ErrorPolicy.RETRY_CURRENT_JOB,
}  # fmt: skip
# Behind “More”: what most people leave as it is.
SELDOM = ("port", "snmp_port", "snmp_community", "queue_path", "error_policy")

ERROR_POLICIES = (
    (Printer.ErrorPolicy.RETRY_CURRENT_JOB, gettext_lazy("Print it as soon as the printer is well")),
    (Printer.ErrorPolicy.STOP_PRINTER, gettext_lazy("Stop the printer until somebody resumes it")),
    (Printer.ErrorPolicy.ABORT_JOB, gettext_lazy("Give the label up, go on with the next")),
)
FAMILIES = (("pt", gettext_lazy("P-touch: tapes and tubes")), ("ql", gettext_lazy("QL: rolls and labels")))
KINDS = (
    (("tze",), gettext_lazy("Tapes")),
    (("hse2", "hse3"), gettext_lazy("Heat-shrink tubes")),
    (("dk",), gettext_lazy("Rolls and labels")),
)


def _text(label: Any, most: int, *, help_text: Any = "", placeholder: Any = "", **options: Any) -> forms.CharField:
    written = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    if placeholder:
        written["placeholder"] = placeholder
    return forms.CharField(
        label=label, max_length=most, help_text=help_text, widget=forms.TextInput(attrs=written), **options
    )


def _port(label: Any, initial: int) -> forms.IntegerField:
    # A text with digits: no spinner that a turn of the wheel changes unseen.
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, min_value=1, max_value=65535, initial=initial, widget=widget)


class AddressForm(forms.Form):
    """Where a printer is, and how it is asked."""

    host = _text(
        gettext_lazy("Address"),
        253,
        help_text=gettext_lazy("Its IP address or host name; the printer's own menu or your router shows it."),
        placeholder="192.168.1.40",
    )
    port = _port(gettext_lazy("Printing port"), DEFAULT_PORT)
    snmp_port = _port(gettext_lazy("SNMP port"), DEFAULT_SNMP_PORT)
    snmp_community = _text(
        gettext_lazy("SNMP community"),
        120,
        help_text=gettext_lazy("The word by which it answers; “public” unless somebody changed it."),
        required=False,
        initial=DEFAULT_COMMUNITY,
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, auto_id="%s", **options)
        for name, field in self.fields.items():
            described = f"error-{name} hint-{name}" if field.help_text else f"error-{name}"
            field.widget.attrs["aria-describedby"] = described
        self.fields["host"].error_messages["required"] = _("Enter the printer's address.")
        if "model" in self.fields:
            self.fields["model"].error_messages["required"] = _("Choose the model.")

    @property
    def seldom_matters(self) -> bool:
        """Whether “More” has to be open: something in it is wrong, or not as usual."""
        return any(
            name in self.errors or str(self[name].value() or "") not in {"", str(DEFAULTS.get(name, ""))}
            for name in SELDOM
            if name in self.fields
        )

    def clean_snmp_community(self) -> str:
        return str(self.cleaned_data["snmp_community"] or DEFAULT_COMMUNITY)

    def take_refusal(self, error: HubError, field: str = "") -> None:
        """Each problem to its field; what belongs to none stands above the form."""
        if not error.problems:
            self.add_error(field or None, error.detail)
        for problem in error.problems:
            name = problem.pointer.strip("/")
            self.add_error(name if name in self.fields else None, problem.message)


class PrinterForm(AddressForm):
    """Everything that a person says of a new printer."""

    name = _text(
        gettext_lazy("Name"),
        200,
        help_text=gettext_lazy("How people and scripts call it. One name on each site."),
        placeholder=gettext_lazy("workbench"),
        required=False,
    )
    site = _text(
        gettext_lazy("Site"),
        50,
        help_text=gettext_lazy("A building, a workshop, a lab. A new one is made by naming it."),
        initial=DEFAULT_SITE,
    )
    model = forms.ChoiceField(label=gettext_lazy("Model"), choices=lambda: models())
    # Fields leave the class: form.media stays Django's, form["media"] and templates have this one.
    media = forms.ChoiceField(  # type: ignore[assignment]
        label=gettext_lazy("Tape or roll"),
        help_text=gettext_lazy("Only for printers that cannot tell what lies in them."),
        choices=lambda: media(),
        required=False,
    )
    error_policy = forms.ChoiceField(
        label=gettext_lazy("When a label fails"),
        help_text=gettext_lazy("One that may have come out is never printed again by itself."),
        choices=ERROR_POLICIES,
        initial=Printer.ErrorPolicy.RETRY_CURRENT_JOB,
    )
    queue_path = _text(
        gettext_lazy("Queue path"),
        1000,
        help_text=gettext_lazy(
            "The path by which older programs know this queue. Its last part is the name where there is no other."
        ),
        placeholder="/labels/workbench",
        required=False,
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["site"].widget.attrs["list"] = "sites"

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not values.get("name") and not values.get("queue_path") and not {"name", "queue_path"} & set(self.errors):
            self.add_error("name", _("Give it a name: it is how people and scripts call it."))
        return values


class PrinterChangeForm(PrinterForm):
    """The same for a printer that there is: its community is never shown, and empty keeps it."""

    enabled = forms.BooleanField(required=False)
    disabled_reason = _text(
        gettext_lazy("Why it is switched off"),
        300,
        placeholder=gettext_lazy("at the repair shop until Friday"),
        required=False,
    )

    def __init__(self, printer: Printer, data: Any = None) -> None:
        self.printer = printer
        self.present: dict[str, Any] = {
            name: getattr(printer, name) for name in self.base_fields if name not in {"site", "snmp_community"}
        }
        self.present |= {"site": printer.site.key, "model": _model_key(printer.model), "media": _medium_key(printer)}
        super().__init__(data, initial=self.present | {"snmp_community": ""})
        self.fields["snmp_community"].help_text = _("Never shown. Leave it empty to keep the one that is set.")

    def clean_snmp_community(self) -> str:
        return str(self.cleaned_data["snmp_community"])

    def clean(self) -> dict[str, Any]:
        # One that is only watched has no name, and may stay like that.
        return self.cleaned_data if not self.printer.handle else super().clean()

    @property
    def changes(self) -> dict[str, Any]:
        """What is another value now: what nobody touched is not judged again."""
        values = {name: value for name, value in self.cleaned_data.items() if value != self.present.get(name)}
        if not values.get("snmp_community"):
            values.pop("snmp_community", None)
        return values


def models() -> Choices:
    yet = [("", _("Choose …"))]
    return yet + [
        (str(title), [(model.name, model.name) for model in MODELS.values() if model.family == family])
        for family, title in FAMILIES
    ]


def media() -> Choices:
    return [("", _("What the printer says")), *_grouped(MEDIA.values())]


def _grouped(found: Iterable[Medium]) -> Iterator[tuple[str, Any]]:
    found = list(found)
    for kinds, title in KINDS:
        yield str(title), [(medium.key, _medium_title(medium)) for medium in found if medium.kind in kinds]


def _medium_title(medium: Medium) -> str:
    return f"{medium_words(medium)} 3:1" if medium.kind == "hse3" else medium_words(medium)


def _model_key(text: str) -> str:
    try:
        return find_model(text).name
    except HubError:
        return ""


def _medium_key(printer: Printer) -> str:
    try:
        return find_medium(printer.media, media_for(find_model(printer.model))).key if printer.media else ""
    except HubError:
        return ""
