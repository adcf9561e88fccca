"""The print form: a template's fields as inputs, the printers to choose from, and what was typed."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jobs.models import Job, Pool
from jobs.places import Places, PoolChoice, PrinterChoice, places_for
from jobs.pools.choosing import Choice
from jobs.submission.request import MAX_COPIES
from printers.callers import Caller, caller_of
from printers.errors import HubError
from printers.media import Medium, find_model
from printers.models import Printer
from templates_app.cards import TemplateCard
from templates_app.definition import Field, words
from templates_app.elements.image import REFERENCE
from templates_app.models import HousePicture

PREFIX = "f."
MAX_UPLOAD = 2_000_000
# What the browser draws for each type of field; `many` takes one entry a line.
INPUTS = {
    "string": "text",
    "text": "textarea",
    "integer": "number",
    "decimal": "number",
    "date": "date",
    "datetime": "datetime-local",
    "boolean": "checkbox",
    "choice": "select",
    "url": "url",
    "image": "file",
}


@dataclass(slots=True)
class FormField:
    field: Field
    label: str
    help: str
    value: str
    autofocus: bool = False
    error: str = ""

    @property
    def key(self) -> str:
        return PREFIX + self.field.name

    @property
    def id(self) -> str:
        return f"field-{self.field.name}"

    @property
    def input(self) -> str:
        return "textarea" if self.field.many else INPUTS[self.field.type]

    @property
    def pictures(self) -> list[tuple[str, str]]:
        """The hub's pictures, as values."""
        names = HousePicture.objects.filter(removed_at=None).values_list("name", flat=True)
        return [(f"{REFERENCE}{name}", name) for name in names]

    @property
    def required(self) -> bool:
        return self.field.required and self.field.default is None

    @property
    def example(self) -> str:
        return "" if self.field.example is None or self.field.type == "image" else _text(self.field.example)

    @property
    def choices(self) -> list[str]:
        return self.field.choices or []

    @property
    def max_length(self) -> int | None:
        return None if self.field.many else self.field.max_length

    @property
    def step(self) -> str:
        return {"integer": "1", "decimal": "any"}.get(self.field.type, "")


@dataclass(slots=True)
class PrintForm:
    fields: list[FormField]
    places: Places
    values: dict[str, Any]
    copies: str = "1"
    cut: str = ""
    high_resolution: bool = False
    submission: str = field(default_factory=lambda: str(uuid4()))
    description: str = ""
    error: str = ""
    printer_error: str = ""
    copies_error: str = ""
    max_copies: int = MAX_COPIES

    @property
    def printers(self) -> list[PrinterChoice]:
        return self.places.printers

    @property
    def pools(self) -> list[PoolChoice]:
        return self.places.pools

    @property
    def pool(self) -> Pool | None:
        return next((each.pool for each in self.pools if each.checked), None)

    @property
    def place(self) -> Choice | None:
        """Of the pool that is chosen."""
        return next((each.choice for each in self.pools if each.checked), None)

    @property
    def printer(self) -> Printer | None:
        if self.place is not None:
            return self.place.printer
        return next((choice.card.printer for choice in self.printers if choice.checked), None)

    @property
    def medium(self) -> Medium | None:
        if self.place is not None:
            return self.place.medium
        return next((choice.card.medium for choice in self.printers if choice.checked), None)

    @property
    def usable(self) -> bool:
        return any(not choice.disabled for choice in self.printers)

    @property
    def takes_files(self) -> bool:
        return any(each.input == "file" for each in self.fields)

    @property
    def has_long_fields(self) -> bool:
        return any(each.input == "textarea" for each in self.fields)

    @property
    def cuts(self) -> list[tuple[str, str]]:
        if any(_model_has(choice.card.printer, "half_cut") for choice in self.printers):
            usual = [("", _("As a strip: half cut between labels")), ("full", _("After every label"))]
        else:
            usual = [("", _("After every label"))]
        return [*usual, ("none", _("Do not cut"))]

    @property
    def offers_high_resolution(self) -> bool:
        return self.printer is not None and _model_has(self.printer, "high_resolution")

    @property
    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"none": {"cut": False}, "full": {"half_cut": False}}.get(self.cut, {})
        return options | {"high_resolution": True} if self.high_resolution and self.offers_high_resolution else options

    def complain(self, error: HubError) -> None:
        """Put every problem of a refusal beside the input that it is about; what is left over stands on top."""
        by_name = {each.field.name: each for each in self.fields}
        left = []
        for problem in error.problems:
            parts = problem.pointer.strip("/").split("/")
            known = next((by_name[part] for part in parts if part in by_name), None)
            if known is not None:
                empty = known.required and known.field.name not in self.values
                known.error = known.error or (_("Please fill this in.") if empty else _at_field(problem.message, known))
            elif "copies" in parts:
                self.copies_error = problem.message
            elif parts[0] in {"printer", "pool"}:
                self.printer_error = problem.message
            else:
                left.append(problem.message)
        self.error = " ".join(left) if error.problems else error.detail
        if not self.error:
            self.error = _("Look at the marked fields.")
        first = next((each for each in self.fields if each.error), None)
        for each in self.fields:
            each.autofocus = each is first if first else each.autofocus


def new_form(
    card: TemplateCard,
    query: QueryDict,
    caller: Caller,
    *,
    job: Job | None = None,
    values: Mapping[str, Any] | None = None,
) -> PrintForm:
    """A form to fill in, begun with the values of a job, or others.

    The address may bring values, too: bare field names, `printer`, `copies`.
    """
    names = {each.name for each in card.definition.fields}
    begun = job.fields if job is not None else values or {}
    given = {name: value for name, value in begun.items() if name in names}
    given |= {each.name: query[each.name] for each in card.definition.fields if each.name in query}
    typed = {each.name: given.get(each.name, each.default) for each in card.definition.fields}
    wanted = query.get("printer", "") or (str(job.printer_id) if job is not None else "")
    form = _form(card, typed, wanted, caller)
    form.values = {name: value for name, value in given.items() if value not in (None, "")}
    form.copies = query.get("copies", "1")
    if form.fields:
        form.fields[0].autofocus = True
    return form


def posted_form(card: TemplateCard, request: HttpRequest) -> PrintForm:
    post = request.POST
    raw = {each.name: _posted(each, request) for each in card.definition.fields}
    form = _form(card, raw, post.get("printer", ""), caller_of(request))
    form.values = {name: value for name, value in raw.items() if value != ""}
    form.copies = post.get("copies", "1").strip()
    form.cut = post.get("cut", "")
    form.high_resolution = "high_resolution" in post
    form.submission = post.get("submission", "")[:64] or form.submission
    if (wanted := post.get("printer")) and form.printer is not None and not form.places.gives(wanted):
        form.printer_error = _("What you chose cannot print this any more. Look at what is chosen now.")
    return form


def _form(card: TemplateCard, typed: Mapping[str, Any], wanted: str, caller: Caller) -> PrintForm:
    language = get_language() or "en"
    fields = [
        FormField(
            each,
            words(each.label, language) or each.name.replace("_", " ").capitalize(),
            words(each.help, language),
            _text(typed.get(each.name)),
        )
        for each in card.definition.fields
    ]
    return PrintForm(fields, places_for(card.definition, caller, wanted), {}, description=card.description)


def _posted(wanted: Field, request: HttpRequest) -> str:
    key = PREFIX + wanted.name
    if wanted.type == "boolean" and not wanted.many:
        return "true" if key in request.POST else "false"
    upload = request.FILES.get(key)
    if isinstance(upload, UploadedFile) and upload.size and upload.size <= MAX_UPLOAD:
        return b64encode(upload.read()).decode()
    return request.POST.get(key, "").replace("\r\n", "\n").strip("\n")


def _at_field(message: str, place: FormField) -> str:
    """The sentence without the field's name, beside which it stands."""
    rest = message.removeprefix(f"The field “{place.field.name}”: ")
    return rest[:1].upper() + rest[1:]


def _model_has(printer: Printer, ability: str) -> bool:
    try:
        return bool(getattr(find_model(printer.model), ability))
    except HubError:
        return False


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list):
        return "\n".join(_text(item) for item in value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
