"""What was typed into the inputs of a place goes into the document: as the schema wants it where that is possible."""

from base64 import b64encode
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from templates_app.editor.inputs import Spec, kind_at, specs_at
from templates_app.editor.media import chosen_media
from templates_app.editor.places import look
from templates_app.editor.renaming import rename
from templates_app.elements.image import LARGEST_BYTES

# Posted once for every checkbox of the form, because an empty one posts nothing.
CHECKS = "checks"


def take(
    document: dict[str, Any], place: str, request: HttpRequest, *, live: bool = False
) -> tuple[str, dict[str, str]]:
    """Changes the document; the place, whose name may have changed, and what could not be taken, by pointer.

    `live`: somebody is typing. A counter keeps its name then, because the inputs on the page are called after it.
    """
    here, post = look(document, place), request.POST
    errors: dict[str, str] = {}
    if not isinstance(here, dict) or kind_at(document, place) != post.get("kind"):
        # Another window changed what stands here.
        return place, {}
    before = dict(here)
    for spec in specs_at(document, place):
        if spec.name == "name" and place.startswith("/fields/"):
            continue
        pointer = f"{place}/{spec.name}"
        if spec.control == "words":
            _words(here, spec.name, pointer, post)
        elif spec.control == "file" or (before.get("type") == "image" and spec.name in {"default", "example"}):
            _file(here, spec.name, pointer, request, errors)
        elif spec.control == "check":
            if pointer in post.getlist(CHECKS):
                _put(here, spec, pointer in post)
        elif pointer in post:
            _put(here, spec, _typed(spec, clean(post[pointer]), here))
    if not place:
        _media(here, post)
    if isinstance(here.get("repeat"), dict) and not here["repeat"].get("field"):
        del here["repeat"]
    name = post.get(f"{place}/name")
    renamed_live = live and place.startswith("/counters/")
    if name is not None and place.startswith(("/fields/", "/counters/")) and not renamed_live:
        renamed = rename(document, place, clean(name).strip())
        if renamed is None:
            errors[f"{place}/name"] = _("It needs a name of its own, of letters, digits and underscores.")
        else:
            place = renamed
    return place, errors


def clean(text: str) -> str:
    # What no database takes: U+0000 and lone surrogates.
    return text.replace("\r\n", "\n").replace("\0", "").encode("utf-8", "ignore").decode()


def _put(here: dict[str, Any], spec: Spec, value: Any) -> None:
    """Empty, or what holds anyway, is not written down unless it was before."""
    holder, name = here, spec.name
    if name.startswith("repeat/"):
        holder, name = here.get("repeat"), name.removeprefix("repeat/")  # type: ignore[assignment]
        if not isinstance(holder, dict):
            if value in (None, ""):
                return
            holder = here["repeat"] = {}
    if value is None or (value == "" and spec.name not in {"text", "value"}):
        holder.pop(name, None)
    elif name not in holder and value == spec.default:
        return
    elif holder.get(name) != value or isinstance(holder.get(name), bool) is not isinstance(value, bool):
        holder[name] = value


def _typed(spec: Spec, text: str, here: dict[str, Any]) -> Any:
    if spec.name in {"default", "example"}:
        return _like_the_field(text, here)
    if spec.control == "number":
        return text.strip() if text.strip() in spec.words else _number(text)
    if spec.control == "numbers":
        found = [_number(part) for part in text.replace(";", " ").replace(", ", " ").split()]
        return found[0] if len(found) == 1 else found or None
    if spec.control == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()] or None
    if spec.control == "select":
        return next((each for each in spec.choices if str(each) == text), text)
    return text if spec.control == "area" else text.strip()


def _number(text: str) -> int | float | str | None:
    """What is no number stays as it was typed, so that it can be said what is wrong with it."""
    text = text.strip()
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text or None
    if not abs(number) < 1e15:
        return text
    return int(number) if number.is_integer() else number


def _like_the_field(text: str, here: dict[str, Any]) -> Any:
    kind = str(here.get("type", "string"))
    if not text.strip():
        return None
    if here.get("many"):
        return [line for line in text.splitlines() if line.strip()]
    if kind == "boolean":
        return text == "true"
    return _number(text) if kind in {"integer", "decimal"} else text


def _words(here: dict[str, Any], name: str, pointer: str, post: QueryDict) -> None:
    if f"{pointer}/en" not in post:
        return
    english, german = (clean(post.get(f"{pointer}/{code}", "")).strip() for code in ("en", "de"))
    before = here.get(name)
    value: Any = {"en": english, "de": german} if english and german else {"de": german} if german else english
    if isinstance(before, dict) and english and not german:
        value = {"en": english}
    if value or name == "title":
        here[name] = value
    else:
        here.pop(name, None)


def _file(here: dict[str, Any], name: str, pointer: str, request: HttpRequest, errors: dict[str, str]) -> None:
    if f"{pointer}:none" in request.POST:
        here.pop(name, None)
    upload = request.FILES.get(pointer)
    if not isinstance(upload, UploadedFile) or not upload.size:
        return
    if upload.size > LARGEST_BYTES:
        errors[pointer] = _("The picture is too large.")
        return
    here[name] = b64encode(upload.read()).decode()


def _media(here: dict[str, Any], post: QueryDict) -> None:
    mode = post.get("/media:mode")
    if mode == "keys":
        keys = post.getlist("/media:key")
        known = chosen_media(here.get("media"))
        if set(known) != set(keys):
            keys = [key for key in known if key in keys] + [key for key in keys if key not in known]
            here["media"] = keys[0] if len(keys) == 1 else keys
    elif mode == "range":
        wanted = {
            "kinds": post.getlist("/media:kinds") or None,
            "min_width": _number(clean(post.get("/media/min_width", ""))),
            "max_width": _number(clean(post.get("/media/max_width", ""))),
            "shapes": post.getlist("/media:shapes") or None,
        }
        here["media"] = {name: value for name, value in wanted.items() if value is not None}
