"""The hub's list of printers: add one, change it, pause it, take it off. Pages and API call these and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from printers.callers import Caller
from printers.configuration import DEFAULT_SITE, is_site_key
from printers.errors import Conflict, Forbidden, HandleTaken, HubError, InvalidInput, Problem
from printers.identity import effective_handle, queue_path_fits
from printers.media import find_medium, find_model, media_for, placement
from printers.models import Printer, Site, TokenBinding, UserLimit, record
from printers.networks import check_address, check_snmp_address
from printers.violations import is_unique_violation

EDITABLE = frozenset(
    {
        "site", "name", "queue_path", "model", "host", "port", "snmp_port", "snmp_community", "media",
        "enabled", "disabled_reason", "error_policy", "calibration",
    }
)  # fmt: skip
SECRET = frozenset({"snmp_community"})
OFFSET_WAYS = ("along_mm", "across_mm")
MOST_OFFSET_MM = 5.0


class InUse(Conflict):
    """Others still need this printer's row."""

    code = "in-use"


def create_printer(values: dict[str, Any], caller: Caller) -> Printer:
    """A new printer from EDITABLE values; `site` is a key and is made where it does not exist.

    Raises InvalidInput (or the kind of its only problem) naming every problem, HandleTaken, and Forbidden to a caller
    who is limited to some printers.
    """
    if caller.printer_ids:
        raise Forbidden(_("Who is limited to some printers cannot add one."))
    printer = Printer(**{name: value for name, value in values.items() if name != "site"})
    site_key = str(values.get("site") or DEFAULT_SITE).strip()
    _check(printer, site_key, set(values) | {"model", "host", "port", "snmp_port"})
    with _handle_guarded(printer):
        printer.site, _made = Site.objects.get_or_create(key=site_key)
        _refuse_taken_handle(printer)
        with transaction.atomic():
            printer.save(force_insert=True)
            record("printer.created", printer_id=printer.id, actor=caller.label)
    printer.refresh_from_db(fields=["handle"])
    return printer


def change_printer(printer: Printer, values: dict[str, Any], caller: Caller) -> Printer:
    """Change EDITABLE values; the id stays. Raises as create_printer does; then nothing is changed."""
    site_key = str(values.get("site", printer.site.key)).strip()
    before = {name: getattr(printer, name) for name in EDITABLE}
    for name, value in values.items():
        if name != "site":
            setattr(printer, name, value)
    if values.get("enabled"):
        printer.disabled_reason = ""
    _check(printer, site_key, set(values))
    with _handle_guarded(printer):
        if site_key != printer.site.key:
            printer.site, _made = Site.objects.get_or_create(key=site_key)
        changed = sorted(name for name in EDITABLE if getattr(printer, name) != before[name])
        if not changed:
            return printer
        if {"site", "name", "queue_path"} & set(changed):
            _refuse_taken_handle(printer)
        with transaction.atomic():
            printer.save(update_fields=[*changed, "updated_at"])
            record("printer.changed", printer_id=printer.id, actor=caller.label, data={"changed": changed})
    printer.refresh_from_db(fields=["handle"])
    return printer


def remove_printer(printer: Printer, caller: Caller) -> None:
    """Take a printer off the list for good. Raises InUse while it has history, or is what limits a token."""
    sole = (
        TokenBinding.objects.filter(printer=printer)
        .exclude(token__bindings__in=TokenBinding.objects.exclude(printer=printer))
        .select_related("token")
        .first()
    )
    if sole is not None:
        # Without its last binding a token would reach every printer.
        raise InUse(
            _("The token “%(token)s” may use this printer only. Revoke the token first, or disable the printer.")
            % {"token": sole.token.name}
        )
    if (limit := UserLimit.objects.filter(printer=printer).select_related("user").first()) is not None:
        sentence = _("%(person)s is limited to this printer. Change that first, or disable the printer.")
        raise InUse(sentence % {"person": limit.user.get_username()})
    name, printer_id = printer.path, printer.id
    try:
        with transaction.atomic():
            printer.delete()
            record("printer.removed", actor=caller.label, data={"id": str(printer_id), "path": name})
    except (ProtectedError, IntegrityError) as error:
        sentence = _("%(printer)s has a history of jobs, which would be lost. Disable it instead: enabled = false.")
        raise InUse(sentence % {"printer": name}) from error


def pause_printer(printer: Printer, caller: Caller) -> Printer:
    """The label that is running finishes; nothing new begins."""
    return _set_paused(printer, caller, paused=True)


def resume_printer(printer: Printer, caller: Caller) -> Printer:
    return _set_paused(printer, caller, paused=False)


def _set_paused(printer: Printer, caller: Caller, *, paused: bool) -> Printer:
    with transaction.atomic():
        if Printer.objects.filter(pk=printer.pk, paused=not paused).update(paused=paused):
            record("printer.paused" if paused else "printer.resumed", printer_id=printer.id, actor=caller.label)
    printer.paused = paused
    return printer


@contextmanager
def _handle_guarded(printer: Printer) -> Iterator[None]:
    """The constraint is the guarantee; the friendly check before it only finds better words."""
    try:
        yield
    except IntegrityError as error:
        if is_unique_violation(error):
            raise _taken(printer, None) from error
        raise


def _refuse_taken_handle(printer: Printer) -> None:
    handle = effective_handle(printer.name, printer.queue_path)
    if handle is None:
        return
    holder = Printer.objects.filter(site=printer.site, handle=handle).exclude(pk=printer.pk).first()
    if holder is not None:
        raise _taken(printer, holder.id)


def _taken(printer: Printer, holder: UUID | None) -> HandleTaken:
    handle = effective_handle(printer.name, printer.queue_path)
    sentence = _(
        "The handle “%(handle)s” is taken on site %(site)s by printer %(holder)s. Give this one its own name."
    ) % {
        "handle": handle,
        "site": printer.site.key,
        "holder": holder or _("added a moment ago"),
    }
    pointer = "/name" if printer.name else "/queue_path"
    return HandleTaken(
        sentence, [Problem(pointer, sentence)], {"handle": handle, "holder": str(holder) if holder else None}
    )


def wrong_with(values: dict[str, Any]) -> list[Problem]:
    """What stands against these EDITABLE values of a printer as far as they tell; nothing is written."""
    printer = Printer(**{name: value for name, value in values.items() if name != "site"})
    errors = _wrong(printer, str(values.get("site") or DEFAULT_SITE).strip(), set(values))
    return _problems([(name, error) for name, error in errors if name in values])


def _check(printer: Printer, site_key: str, given: set[str]) -> None:
    errors = _wrong(printer, site_key, given)
    if not errors:
        return
    problems = _problems(errors)
    kinds = {type(error) for _name, error in errors}
    kind = kinds.pop() if len(kinds) == 1 else InvalidInput
    raise kind(" ".join(problem.message for problem in problems), problems)


def _problems(errors: list[tuple[str, HubError]]) -> list[Problem]:
    return [Problem(f"/{name}", error.detail) for name, error in errors]


def _wrong(printer: Printer, site_key: str, given: set[str]) -> list[tuple[str, HubError]]:
    """By the name of what is wrong. What is right is written as the hub writes it."""
    errors: list[tuple[str, HubError]] = []

    def is_right(name: str, check: Callable[[], object]) -> bool:
        try:
            check()
        except HubError as error:
            errors.append((name, error))
            return False
        return True

    is_right("site", lambda: _check_site(site_key))
    is_right("name", lambda: _check_name(printer.name))
    is_right("queue_path", lambda: _check_queue_path(printer.queue_path))
    is_right("snmp_community", lambda: _check_printable(printer.snmp_community))
    is_right("disabled_reason", lambda: _check_printable(printer.disabled_reason))
    if is_right("model", lambda: _canonical_model(printer)):
        is_right("media", lambda: _canonical_medium(printer))
        if "calibration" in given:
            is_right("calibration", lambda: _canonical_calibration(printer))
    host_is_right = not given & {"host", "port"} or is_right("host", lambda: check_address(printer.host, printer.port))
    if given & {"host", "snmp_port"} and host_is_right:
        is_right("snmp_port", lambda: check_snmp_address(printer.host, printer.snmp_port))
    return errors


def _check_site(key: str) -> None:
    if not is_site_key(key):
        raise InvalidInput(_("A site's key has up to 50 letters, digits, hyphens and underscores."))


def _check_printable(text: str) -> None:
    if not text.isprintable():
        raise InvalidInput(_("There are characters here that cannot be shown."))


def _check_name(name: str) -> None:
    _check_printable(name)
    if name != name.strip() or "/" in name:
        raise InvalidInput(_("A name has no slash, and no space at its beginning or end."))
    try:
        UUID(name)
    except ValueError:
        return
    raise InvalidInput(_("A name must not look like an id."))


def _check_queue_path(path: str) -> None:
    _check_printable(path)
    if not queue_path_fits(path):
        raise InvalidInput(_("A queue path begins with a slash and does not end in one."))


def _canonical_model(printer: Printer) -> None:
    printer.model = find_model(printer.model).name


def _canonical_medium(printer: Printer) -> None:
    if printer.media:
        model = find_model(printer.model)
        # "12" means tape in a PT and a roll in a QL.
        medium = find_medium(printer.media, media_for(model))
        placement(model, medium)
        printer.media = medium.key


def _canonical_calibration(printer: Printer) -> None:
    """By the keys of media that fit, without those that are not shifted."""
    model = find_model(printer.model)
    kept: dict[str, dict[str, float]] = {}
    for name, said in printer.calibration.items():
        medium = find_medium(name, media_for(model))
        placement(model, medium)
        offset = {way: round(float(said.get(way) or 0), 2) for way in OFFSET_WAYS}
        if not all(abs(mm) <= MOST_OFFSET_MM for mm in offset.values()):
            sentence = _("A label is shifted by %(most)g mm at most. If more is needed, the tape or roll sits wrong.")
            raise InvalidInput(sentence % {"most": MOST_OFFSET_MM})
        if any(offset.values()):
            kept[medium.key] = offset
    printer.calibration = kept
