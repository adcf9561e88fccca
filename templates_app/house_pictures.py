"""Pictures that people add, once for all templates: logos, warning signs. An image element or field names one.

A picture never changes under its name, and its name is never given to another: what was printed with it can be drawn
again, dot by dot.
"""

import hashlib
import io
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePath

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from PIL import Image

from printers.callers import Caller
from printers.errors import Conflict, InvalidInput, NotFound, Problem
from templates_app.definition import Definition
from templates_app.elements.image import PICTURES, REFERENCE, opened_picture, read_picture
from templates_app.elements.image import Picture as PictureElement
from templates_app.models import HousePicture, TemplateVersion

MOST_PICTURES = 500
THUMBNAIL = (320, 160)
A_DAY = timedelta(days=1)


class PictureRefused(InvalidInput):
    code = "picture-refused"


class PictureInUse(Conflict):
    code = "picture-in-use"


def add_picture(data: bytes, caller: Caller, *, name: str = "", file_name: str = "") -> HousePicture:
    """A PNG or JPEG under a name of its own, else its file's. The same file again is the same picture.

    Raises PictureRefused, or PictureInUse for a name that another file has or had.
    """
    try:
        header = opened_picture(data)
        read_picture(data)
    except ValueError as error:
        raise PictureRefused(_("The picture was not taken: %(why)s.") % {"why": error}) from error
    slug = slugify(name or PurePath(file_name).stem)[:40].strip("-")
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
        raise PictureRefused(_("A picture's name has small letters, digits and hyphens."))
    sha256 = hashlib.sha256(data).hexdigest()
    known = HousePicture.objects.filter(sha256=sha256).defer("data").first()
    if known is not None and known.removed_at is None:
        return known
    if known is not None:
        known.data, known.removed_at, known.added_by = data, None, caller.label
        known.save(update_fields=["data", "removed_at", "added_by"])
        return known
    if HousePicture.objects.filter(removed_at=None).count() >= MOST_PICTURES:
        raise PictureRefused(_("There are %(most)d pictures; remove one first.") % {"most": MOST_PICTURES})
    try:
        with transaction.atomic():
            return HousePicture.objects.create(
                name=slug, sha256=sha256, kind=str(header.format).lower(), width=header.width, height=header.height,
                size=len(data), data=data, added_by=caller.label,
            )  # fmt: skip
    except IntegrityError:
        raise PictureInUse(
            _("Another picture is or was called “%(name)s”. A picture never changes; give this one its own name.")
            % {"name": slug}
        ) from None


def remove_picture(name: str) -> None:
    """Its bytes go, its name stays taken. Raises PictureInUse while a template or a recent label has it."""
    picture = HousePicture.objects.defer("data").filter(name=name, removed_at=None).first()
    if picture is None:
        raise NotFound(_("There is no picture “%(name)s”.") % {"name": name})
    if users := picture_users().get(name):
        told = _("The picture is used by %(names)s, or by an older version of it.") % {"names": ", ".join(users[:5])}
        raise PictureInUse(told)
    keep = timedelta(days=settings.JOB_RETENTION_DAYS)
    if picture.used_at is not None and picture.used_at > timezone.now() - keep:
        told = _("The picture stands on labels of the last %(days)d days, which may be printed again.")
        raise PictureInUse(told % {"days": keep.days})
    picture.data, picture.removed_at = b"", timezone.now()
    picture.save(update_fields=["data", "removed_at"])
    PICTURES.pop(name, None)


def picture_users() -> dict[str, list[str]]:
    """The keys of the templates that have, or in an older version had, each picture."""
    as_text = TemplateVersion.objects.annotate(text=Cast("definition", models.TextField()))
    found: dict[str, set[str]] = {}
    wanted = models.Q(text__contains='"picture"') | models.Q(text__contains=f'"{REFERENCE}')
    for version in as_text.filter(wanted).select_related("template").iterator(chunk_size=200):
        for name in _pictures_in(version.definition):
            found.setdefault(name, set()).add(version.template.key)
    return {name: sorted(keys) for name, keys in found.items()}


def _pictures_in(document: object) -> set[str]:
    if isinstance(document, str):
        return {document.removeprefix(REFERENCE)} if document.startswith(REFERENCE) else set()
    if isinstance(document, list):
        return set().union(*map(_pictures_in, document))
    if not isinstance(document, dict):
        return set()
    own = {document["picture"]} if isinstance(document.get("picture"), str) else set()
    return own.union(*(_pictures_in(value) for value in document.values()))


def provide_pictures(definition: Definition) -> list[Problem]:
    """Makes the definition's pictures ready to draw with; a problem for each that is not in this hub."""
    wanted: dict[str, str] = {}
    for element in definition.all_elements():
        if isinstance(element, PictureElement) and element.picture:
            wanted.setdefault(element.picture, f"/elements/{element.name}/picture")
    for field in definition.fields:
        for attribute in ("default", "example"):
            value = getattr(field, attribute)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and each.startswith(REFERENCE) and field.type == "image":
                    wanted.setdefault(each.removeprefix(REFERENCE), f"/fields/{field.name}/{attribute}")
    _load(wanted)
    return [Problem(at, missing(name)) for name, at in wanted.items() if name not in PICTURES]


def provide_values(references: list[str]) -> list[str]:
    """Makes pictures that labels name as values ready to draw with; the references of those that are not here."""
    names = [reference.removeprefix(REFERENCE) for reference in references]
    _load(names)
    now = timezone.now()
    stale = models.Q(used_at=None) | models.Q(used_at__lt=now - A_DAY)
    HousePicture.objects.filter(stale, name__in=names).update(used_at=now)
    return [reference for reference, name in zip(references, names, strict=True) if name not in PICTURES]


def missing(name: str) -> str:
    return f"There is no picture “{name[:60]}” in this hub."


def _load(names: Iterable[str]) -> None:
    unknown = [name for name in names if name not in PICTURES]
    if unknown:
        for picture in HousePicture.objects.filter(name__in=unknown, removed_at=None):
            PICTURES[picture.name] = bytes(picture.data)


def thumbnail(picture: HousePicture) -> bytes:
    """A small grey PNG, made here: what was uploaded is never served as it came."""
    image = read_picture(bytes(picture.data)).copy()
    image.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
