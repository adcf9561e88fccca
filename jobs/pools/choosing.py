"""Which printer of a pool gets a label: by the tape that is loaded now, its state, and how much waits for it."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from jobs.errors import PrinterNotUsable, UnknownPool
from jobs.layout import medium_for, why_not_usable
from jobs.models import Job, Pool, PoolMember
from jobs.states import HELD, PENDING, PROCESSING
from printers.callers import Caller
from printers.errors import Conflict, HubError, MediumDoesNotFit
from printers.lookup import visible_to
from printers.media import MODELS, Medium, find_medium, find_model, media_for
from printers.models import Printer, PrinterStatus
from printers.status import loaded_medium, printer_state
from templates_app.definition import Definition

MOST_NAMED = 20
# How well the tape suits, best first: it is loaded, nobody knows what is loaded, another one is.
LOADED, NOT_KNOWN, OTHER = range(3)


@dataclass(frozen=True, slots=True)
class Choice:
    """`medium` is what the label is laid out for there; `why` a sentence; `able` where it can print right now."""

    printer: Printer
    medium: Medium
    why: str
    able: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    printer: Printer
    medium: Medium
    tape: int
    trouble: str
    load: int

    @property
    def rank(self) -> tuple[object, ...]:
        return (self.tape == OTHER, bool(self.trouble), self.tape, self.load, self.printer.path)


def find_pool(reference: str, caller: Caller | None = None) -> Pool:
    """By UUID, `site/name`, or a name that only one site has.

    To a caller who may use none of its printers it does not exist. Raises UnknownPool, Conflict where two sites have
    the name.
    """
    text = reference.strip()
    site, slash, name = text.partition("/")
    wanted = Q(site__key=site, name=name) if slash else Q(name=text)
    with suppress(ValueError):
        wanted |= Q(id=UUID(text))
    found = list(visible_pools(caller).filter(wanted))
    if len(found) > 1:
        raise Conflict(f"More than one site has a pool “{text[:80]}”. Say which: {', '.join(p.path for p in found)}.")
    if not found:
        known = [pool.path for pool in visible_pools(caller)]
        near = get_close_matches(text, known, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UnknownPool(f"There is no pool “{text[:80]}”.{hint}", extra={"near": near})
    return found[0]


def visible_pools(caller: Caller | None) -> QuerySet[Pool]:
    """The pools of whose printers the caller may use one, with their sites."""
    pools = Pool.objects.select_related("site")
    if caller is None or not caller.printer_ids:
        return pools
    mine = {pool.pk for pool in pools if members_of(pool, caller).exists()}
    return pools.filter(pk__in=mine)


def members_of(pool: Pool, caller: Caller | None = None) -> QuerySet[Printer]:
    """The printers of the pool that the caller may use, with site and status; those that are switched off, too."""
    named = Exists(PoolMember.objects.filter(pool=pool, printer=OuterRef("pk")))
    wanted = Q(named)
    if pool.every_printer:
        # What is only watched has no handle: nothing prints on it.
        rule = Q(site_id=pool.site_id, handle__isnull=False)
        if pool.family:
            rule &= Q(model__in=[model.name for model in MODELS.values() if model.family == pool.family])
        wanted |= rule
    return visible_to(caller).filter(wanted).select_related("site", "status")


def fits_loaded(pool: Pool, printer: Printer) -> bool:
    """Whether the colours that are loaded are the pool's; what nobody knows counts as fitting."""
    status: PrinterStatus | None = getattr(printer, "status", None)
    if status is None or not status.media_key:
        return True
    return colours_fit(pool, status.tape_color, status.text_color)


def colours_fit(pool: Pool, tape_color: str, text_color: str) -> bool:
    return (not pool.tape_color or tape_color in ("", pool.tape_color)) and (
        not pool.text_color or text_color in ("", pool.text_color)
    )


def wanted_tape(pool: Pool, medium: Medium) -> str:
    """`12 mm tape, black on white`."""
    colours = " on ".join(filter(None, (pool.text_color, pool.tape_color)))
    return f"{medium.title}, {colours}" if colours else medium.title


def choose(pool: Pool, definitions: Sequence[Definition], caller: Caller | None = None) -> Choice:
    """The printer of the pool that can print labels of these templates soonest, of those that the caller may use.

    Where no printer has the tape it is the one that would print it first after a change of tape; the label waits there
    and moves on by itself. Raises MediumDoesNotFit where no printer could take such a label at all, PrinterNotUsable
    where all that could are switched off.
    """
    members = list(members_of(pool, caller))
    usable = [printer for printer in members if not why_not_usable(printer)]
    if not usable:
        raise PrinterNotUsable(
            f"The pool {pool.path} has no printer that is switched on"
            f"{'' if caller is None or not caller.printer_ids else ' and that you may use'}."
        )
    load = _waiting([printer.pk for printer in usable])
    found = [each for printer in usable if (each := _candidate(pool, printer, definitions, load[printer.pk]))]
    if not found:
        raise MediumDoesNotFit(
            f"No printer of the pool {pool.path} takes a tape that “{definitions[0].key}” is for: "
            f"{definitions[0].media_title}."
        )
    best = min(found, key=lambda each: each.rank)
    able = best.tape != OTHER and not best.trouble
    return Choice(best.printer, best.medium, _why(pool, best, found), able)


def _candidate(pool: Pool, printer: Printer, definitions: Sequence[Definition], load: int) -> _Candidate | None:
    try:
        takes = {medium.key for medium in media_for(find_model(printer.model))}
        medium = find_medium(pool.medium) if pool.medium else medium_for(definitions[0], printer)
    except HubError:
        return None
    if medium.key not in takes or not all(definition.takes(medium) for definition in definitions):
        return None
    loaded = loaded_medium(printer, getattr(printer, "status", None))
    tape = NOT_KNOWN if loaded is None else LOADED
    if loaded is not None and (loaded.key != medium.key or not fits_loaded(pool, printer)):
        tape = OTHER
    return _Candidate(printer, medium, tape, trouble_of(printer), load)


def trouble_of(printer: Printer) -> str:
    """Why it does not print now, in IPP's words; empty where it does."""
    state, reasons = printer_state(printer, getattr(printer, "status", None))
    return ", ".join(reasons) or state if state == "stopped" else ""


def _waiting(printer_ids: Sequence[UUID]) -> Counter[UUID]:
    rows = Job.objects.filter(printer_id__in=printer_ids, state__in=[PENDING, HELD, PROCESSING]).order_by()
    return Counter(dict(rows.values_list("printer").annotate(n=Sum("copies"))))


def _why(pool: Pool, best: _Candidate, found: Sequence[_Candidate]) -> str:
    tape = wanted_tape(pool, best.medium)
    where = f"Pool {pool.path}: {best.printer.title}"
    if best.tape == OTHER:
        return f"Pool {pool.path}: no printer has {tape} loaded now. It goes by itself to the first that gets it."
    if best.trouble:
        return f"{where} has {tape}, but does not print now ({best.trouble}), and no other printer of the pool can."
    if best.tape == NOT_KNOWN:
        return f"{where} takes {tape}; it does not tell what is loaded."
    others = sum(each.tape == LOADED and not each.trouble for each in found) - 1
    if not others:
        return f"{where} is the only printer that has {tape} and prints now."
    return f"{where} has {tape}, and of {others + 1} printers that have it the fewest labels wait for it ({best.load})."
