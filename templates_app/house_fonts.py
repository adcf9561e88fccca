"""Fonts that people add. The database has them, so that every process and every backup does; drawing wants files.

A font never changes under its name: what was printed with it can be drawn again, dot by dot.
"""

import hashlib
import io
import re
import struct
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Cast
from django.utils.text import slugify
from django.utils.translation import gettext as _
from PIL import ImageFont

from printers.callers import Caller
from printers.errors import Conflict, InvalidInput, NotFound, Problem
from templates_app.definition import Definition
from templates_app.elements.text import Text
from templates_app.fonts import FAMILIES, HOUSE, find_face
from templates_app.fonts.coverage import coverage_of
from templates_app.models import Font, TemplateVersion

MAX_BYTES = 6_000_000
MOST_FONTS = 100
_KINDS = (b"\x00\x01\x00\x00", b"OTTO", b"true")


class FontRefused(InvalidInput):
    code = "font-refused"


class FontInUse(Conflict):
    code = "font-in-use"


def add_font(data: bytes, caller: Caller, *, name: str = "") -> Font:
    """A TrueType or OpenType file under a name of its own, else the one that it gives itself.

    The same file again is the same font. Raises FontRefused, or FontInUse for a name that another file has.
    """
    title = _checked(data)
    slug = slugify(name or title)[:40].strip("-")
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug) or slug in FAMILIES:
        raise FontRefused(_("A font's name has small letters, digits and hyphens, and is not “sans”."))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        with transaction.atomic():
            if Font.objects.count() >= MOST_FONTS:
                raise FontRefused(_("There are %(most)d fonts; remove one first.") % {"most": MOST_FONTS})
            return Font.objects.create(name=slug, title=title[:200], sha256=sha256, data=data, added_by=caller.label)
    except IntegrityError:
        known = Font.objects.only("sha256").get(name=slug)
        if known.sha256 == sha256:
            return known
        raise FontInUse(
            _("Another font is called “%(name)s”. A font never changes; give this one its own name.") % {"name": slug}
        ) from None


def _checked(data: bytes) -> str:
    """The font's own name; everything that drawing relies on was tried."""
    if len(data) > MAX_BYTES:
        raise FontRefused(_("A font may have %(most)d MB.") % {"most": MAX_BYTES // 1_000_000})
    if not data.startswith(_KINDS):
        raise FontRefused(
            _("This is no TrueType or OpenType font (.ttf, .otf); collections and web fonts are not taken.")
        )
    try:
        coverage = coverage_of(data)
        font = ImageFont.truetype(io.BytesIO(data), 200, layout_engine=ImageFont.Layout.BASIC)
        tall = [font.getbbox(letter, anchor="ls")[1] for letter in "Hxd"]
        font.getmask2("Hxdp", "L", anchor="ls")
    except (OSError, ValueError, struct.error, OverflowError) as error:
        raise FontRefused(_("The font is damaged.")) from error
    if not coverage.has_all("Hxdp0") or any(top >= 0 for top in tall):
        raise FontRefused(_("The font lacks Latin letters, from which sizes are measured."))
    return " ".join(part for part in font.getname() if part)


def remove_font(name: str) -> None:
    """Raises FontInUse while a version of a template, also an old one, is drawn with it."""
    font = Font.objects.defer("data").filter(name=name).first()
    if font is None:
        raise NotFound(_("There is no font “%(name)s”.") % {"name": name})
    if users := templates_with(name):
        told = _("The font is used by %(names)s, or by an older version of it.") % {"names": ", ".join(users[:5])}
        raise FontInUse(told)
    font.delete()
    HOUSE.pop(name, None)
    find_face.cache_clear()


def templates_with(name: str) -> list[str]:
    as_text = TemplateVersion.objects.annotate(text=Cast("definition", models.TextField()))
    found = as_text.filter(text__contains=f'"{name}"').select_related("template")
    return sorted({each.template.key for each in found if name in _fonts_in(each.definition)})


def _fonts_in(document: object) -> set[str]:
    if isinstance(document, list):
        return set().union(*map(_fonts_in, document))
    if not isinstance(document, dict):
        return set()
    own = {document["font"]} if isinstance(document.get("font"), str) else set()
    return own.union(*(_fonts_in(value) for value in document.values()))


def house_fonts_of(definition: Definition) -> dict[str, str]:
    """The fonts that a definition wants beside the shipped one, with the element that first names each."""
    found: dict[str, str] = {}
    for element in definition.all_elements():
        if isinstance(element, Text) and element.font not in FAMILIES:
            found.setdefault(element.font, element.name)
    return found


def provide_fonts(definition: Definition) -> list[Problem]:
    """Makes the definition's fonts ready to draw with; a problem for each that is not in this hub."""
    wanted = house_fonts_of(definition)
    missing = [name for name in wanted if name not in HOUSE]
    for font in Font.objects.filter(name__in=missing):
        HOUSE[font.name] = str(_file(font))
    return [
        Problem(f"/elements/{wanted[name]}/font", f"There is no font “{name}” in this hub.")
        for name in missing
        if name not in HOUSE
    ]


def _file(font: Font) -> Path:
    """Named after its content; one that says something else is written anew."""
    folder = Path(settings.DATA_DIR) / "fonts"
    path = folder / f"{font.sha256}.ttf"
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == font.sha256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as out:
        out.write(bytes(font.data))
    Path(out.name).replace(path)
    return path
