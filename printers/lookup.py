"""A printer by what people and scripts call it."""

from difflib import get_close_matches
from uuid import UUID

from django.db.models import Q, QuerySet

from printers.callers import Caller
from printers.errors import AmbiguousPrinter, UnknownPrinter
from printers.models import Printer
from printers.prepared import Prepared

MOST_NAMES, MOST_NAMESAKES = 2000, 20


def _asked(wanted: Q) -> QuerySet[Printer]:
    return Printer.objects.filter(wanted).select_related("site", "status").order_by()


# Each begins with a column of its own index; an OR across two tables would read every printer.
_by_id = Prepared(lambda text, id: _asked(Q(handle=text) | Q(id=id)), str, UUID)
_by_path = Prepared(
    lambda text, site, handle: _asked(
        Q(handle__in=[text, handle]) & (Q(handle=text) | Q(site__key=site, handle=handle))
    ),
    *(str, str, str),
)
_by_handle = Prepared(lambda text: _asked(Q(handle=text)), str)


def find_printer(reference: str, caller: Caller | None = None) -> Printer:
    """By UUID, `site/handle`, or a handle that only one site has; with its site and status, in one query.

    To a caller who may use only some printers the others do not exist.
    Raises UnknownPrinter (naming near ones) and AmbiguousPrinter.
    """
    reference = reference.strip()
    site, slash, handle = reference.partition("/")
    as_id = _uuid(reference)
    look_up: Prepared[Printer] = _by_path if slash else _by_id if as_id else _by_handle
    values = (reference, site, handle) if slash else (reference, as_id) if as_id else (reference,)
    if caller is None or not caller.printer_ids:
        found = look_up(*values)
    else:
        found = list(look_up.build(*values).filter(id__in=caller.printer_ids))
    # An id before a path before a bare handle, should one text be several of these.
    for exact in (
        [printer for printer in found if printer.id == as_id],
        [printer for printer in found if slash and (printer.site.key, printer.handle) == (site, handle)],
    ):
        if exact:
            return exact[0]
    if len(found) == 1:
        return found[0]
    if found:
        raise AmbiguousPrinter(
            f"More than one site has a printer called “{reference}”. Say which: "
            + ", ".join(sorted(printer.path for printer in found)[:MOST_NAMESAKES])
            + "."
        )
    raise _unknown(reference, caller)


def visible_to(caller: Caller | None) -> QuerySet[Printer]:
    """The printers that exist for this caller."""
    if caller is None or not caller.printer_ids:
        return Printer.objects.all()
    return Printer.objects.filter(id__in=caller.printer_ids)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _unknown(reference: str, caller: Caller | None) -> UnknownPrinter:
    named = visible_to(caller).exclude(handle=None).values_list("site__key", "handle")[:MOST_NAMES]
    paths = {f"{site}/{handle}" for site, handle in named}
    by_text = {path.lower(): path for path in paths} | {path.partition("/")[2].lower(): path for path in paths}
    near = [by_text[text] for text in get_close_matches(reference.lower(), by_text, n=3, cutoff=0.5)]
    near = list(dict.fromkeys(near))
    shown = reference if len(reference) <= 80 else f"{reference[:80]}…"
    detail = f"There is no printer “{shown}”."
    if near:
        detail += f" Did you mean {' or '.join(near)}?"
    elif paths and len(paths) <= 5:
        detail += f" There are: {', '.join(sorted(paths))}."
    return UnknownPrinter(detail, extra={"near": near})
