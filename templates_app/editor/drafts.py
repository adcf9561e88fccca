"""Drafts: kept for each person and template with every step, so that a reload loses nothing and undo goes far back."""

import json
import math
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from printers.errors import Problem
from templates_app.definition import read
from templates_app.definition.toml_text import toml_text
from templates_app.errors import InvalidDefinition
from templates_app.models import DraftStep, Template, TemplateDraft

MOST_STEPS = 100
# Of steps that are pictures rather than words, fewer are kept.
LARGE, MOST_LARGE_STEPS = 100_000, 10
ONE_STEP = timedelta(seconds=3)


@dataclass(slots=True)
class Work:
    """A draft as it is shown: `document` is the last readable state, `text` what was typed as text, or empty.

    Nothing is stored before something changes.
    """

    draft: TemplateDraft
    template: Template | None
    document: dict[str, Any]
    text: str = ""
    can_undo: bool = False
    can_redo: bool = False

    @property
    def overtaken(self) -> bool:
        """Whether somebody registered another version since it was begun."""
        current = self.template.current if self.template is not None else None
        return current is not None and self.draft.base != current.sha256

    @property
    def as_text(self) -> str:
        return self.text or toml_text(self.document)


def open_work(user_id: int, key: str) -> Work | None:
    """The person's draft, else the template as it is; None where there is neither."""
    template = Template.objects.usable().filter(key=key).first()
    draft = TemplateDraft.objects.filter(owner_id=user_id, key=key).first()
    if draft is not None:
        steps = {s.number: s for s in draft.steps.filter(number__in=[draft.at - 1, draft.at, draft.at + 1])}
        if draft.at in steps:
            here = steps[draft.at]
            return Work(draft, template, here.document, here.text, draft.at - 1 in steps, draft.at + 1 in steps)
    if template is None or template.current is None:
        return None
    fresh = TemplateDraft(owner_id=user_id, key=key, base=template.current.sha256)
    return Work(draft or fresh, template, deepcopy(template.current.definition))


def begin(user_id: int, document: dict[str, Any]) -> TemplateDraft:
    """A draft of a template that does not exist yet."""
    with transaction.atomic():
        draft, made = TemplateDraft.objects.get_or_create(owner_id=user_id, key=document["key"])
        if made:
            DraftStep.objects.create(draft=draft, number=0, document=document)
    return draft


def keep(work: Work, document: dict[str, Any], *, text: str = "", place: str = "") -> None:
    """A step further, unless nothing changed. Changes at one place that follow each other closely are one step."""
    if (document, text) == (work.document, work.text) or (document == work.document and not text and not work.text):
        return
    now = timezone.now()
    with transaction.atomic():
        _store(work)
        draft = TemplateDraft.objects.select_for_update().get(pk=work.draft.pk)
        last = draft.steps.filter(number=draft.at).first()
        draft.steps.filter(number__gt=draft.at).delete()
        if last is not None and last.number and last.place == place and now - last.changed_at < ONE_STEP:
            last.document, last.text, last.changed_at = document, text, now
            last.save(update_fields=["document", "text", "changed_at"])
        else:
            draft.at += 1
            DraftStep.objects.create(draft=draft, number=draft.at, document=document, text=text, place=place)
            large = len(json.dumps(document)) + len(text) > LARGE
            draft.steps.filter(number__lt=draft.at - (MOST_LARGE_STEPS if large else MOST_STEPS)).delete()
        draft.changed_at = now
        draft.save(update_fields=["at", "changed_at"])
    work.draft, work.document, work.text, work.can_undo, work.can_redo = draft, document, text, True, False


def keep_view(work: Work, examples: dict[str, str], medium: str) -> None:
    """What the preview is shown with; no step, because it is no part of the definition."""
    if (examples, medium) == (work.draft.examples, work.draft.medium):
        return
    _store(work)
    work.draft.examples, work.draft.medium = examples, medium
    work.draft.save(update_fields=["examples", "medium"])


def _store(work: Work) -> None:
    """A draft that was only looked at becomes one, with what it began as for its first step."""
    if work.draft.pk is not None:
        return
    begun = {"base": work.draft.base, "examples": work.draft.examples, "medium": work.draft.medium}
    with transaction.atomic():
        work.draft, made = TemplateDraft.objects.get_or_create(
            owner_id=work.draft.owner_id, key=work.draft.key, defaults=begun
        )
        if made:
            DraftStep.objects.create(draft=work.draft, number=0, document=work.document)


def go(work: Work, by: int) -> None:
    """A step back or forth, where there is one."""
    draft = work.draft
    if draft.pk is not None and draft.steps.filter(number=draft.at + by).exists():
        draft.at += by
        draft.save(update_fields=["at"])


def read_text(text: str) -> dict[str, Any]:
    """The document in a text as it can be stored; raises InvalidDefinition with a sentence."""
    try:
        document = _plain(read(text))
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        # Lone surrogates, numbers without end, nesting without end: no database would take them.
        sentence = _("There are characters or numbers in this text that cannot be kept.")
        raise InvalidDefinition(sentence, [Problem("", sentence)]) from error
    if not isinstance(document, dict):
        sentence = _("A definition is a table of key, title, media, fields and elements.")
        raise InvalidDefinition(sentence, [Problem("", sentence)])
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, str) and "\0" in value:
        raise ValueError("U+0000")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no number")
    return value
