"""The hub's list of pools: add one, change it, remove it. Pages and API call these and nothing else."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jobs.errors import PoolTaken
from jobs.models import Pool, PoolMember
from printers.callers import Caller
from printers.errors import Forbidden, HubError, InvalidInput, Problem
from printers.lookup import find_printer
from printers.media import MODELS, TAPE_COLOURS, TEXT_COLOURS, Medium, find_medium, media_for
from printers.models import Printer, Site, record
from printers.violations import is_unique_violation

EDITABLE = ("name", "medium", "tape_color", "text_color", "every_printer", "family")
FAMILIES = ("", "pt", "ql")


def create_pool(values: dict[str, Any], caller: Caller) -> Pool:
    """From EDITABLE values, a `site` key that exists, and `printers` by reference.

    Raises InvalidInput naming every problem, PoolTaken, and Forbidden to a caller who is limited to some printers.
    """
    return _write(Pool(site=_site(values)), values, caller, "pool.created")


def change_pool(pool: Pool, values: dict[str, Any], caller: Caller) -> Pool:
    """What is not in `values` stays. Raises as create_pool does."""
    return _write(pool, values, caller, "pool.changed")


def remove_pool(pool: Pool, caller: Caller) -> None:
    """Its labels that wait stay where they are."""
    _refuse_limited(caller)
    with transaction.atomic():
        record("pool.removed", actor=caller.label, data={"id": str(pool.pk), "path": pool.path})
        pool.delete()


def _write(pool: Pool, values: dict[str, Any], caller: Caller, kind: str) -> Pool:
    _refuse_limited(caller)
    _take(pool, values)
    members, problems = _checked(pool, values)
    if problems:
        raise InvalidInput(" ".join(problem.message for problem in problems), problems)
    try:
        with transaction.atomic():
            if pool._state.adding:
                pool.save(force_insert=True)
            else:
                pool.save(update_fields=list(EDITABLE))
            if members is not None:
                PoolMember.objects.filter(pool=pool).exclude(printer__in=members).delete()
                PoolMember.objects.bulk_create(
                    [PoolMember(pool=pool, printer=printer) for printer in members], ignore_conflicts=True
                )
            record(kind, actor=caller.label, data={"id": str(pool.pk), "path": pool.path})
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        sentence = _("The site %(site)s has a pool “%(name)s” already.") % {"site": pool.site.key, "name": pool.name}
        raise PoolTaken(sentence, [Problem("/name", sentence)]) from error
    return pool


def _taken_by(family: str) -> tuple[Medium, ...]:
    """“12” means tape in a PT and a roll in a QL."""
    models = [model for model in MODELS.values() if family in {"", model.family}]
    return tuple(dict.fromkeys(medium for model in models for medium in media_for(model)))


def _refuse_limited(caller: Caller) -> None:
    if caller.printer_ids:
        raise Forbidden(_("Who is limited to some printers cannot change pools."))


def wrong_with(values: dict[str, Any]) -> list[Problem]:
    """What stands against these values of a pool as far as they tell; nothing is read or written."""
    pool = Pool()
    _take(pool, values)
    return _wrong_with_itself(pool)


def _site(values: dict[str, Any]) -> Site | None:
    return Site.objects.filter(key=values.get("site", "main")).first()


def _take(pool: Pool, values: dict[str, Any]) -> None:
    for name in EDITABLE:
        if name in values:
            setattr(pool, name, values[name])


def _checked(pool: Pool, values: dict[str, Any]) -> tuple[list[Printer] | None, list[Problem]]:
    """Those that are named, if any are; and what is wrong."""
    problems, references = list[Problem](), values.get("printers")
    if pool.site_id is None:
        told = _("There is no site “%(site)s”.") % {"site": str(values.get("site"))[:50]}
        problems.append(Problem("/site", told))
    problems += _wrong_with_itself(pool)
    members: list[Printer] | None = None if references is None else []
    for at, reference in enumerate(references or []):
        try:
            members = [*(members or []), find_printer(reference)]
        except HubError as error:
            problems.append(Problem(f"/printers/{at}", error.detail))
    if not problems and not pool.every_printer and not (members if references is not None else pool.members.exists()):
        problems.append(Problem("/printers", _("No printer belongs to it: name some, or take all of the site.")))
    return members, problems


def _wrong_with_itself(pool: Pool) -> list[Problem]:
    problems = list[Problem]()
    if pool.medium:
        try:
            pool.medium = find_medium(pool.medium, _taken_by(pool.family)).key
        except HubError as error:
            problems.append(Problem("/medium", error.detail))
    for name, known in (("tape_color", TAPE_COLOURS), ("text_color", TEXT_COLOURS)):
        colours = sorted({colour.name for colour in known.values()})
        if getattr(pool, name) and getattr(pool, name) not in colours:
            told = _("There is no such colour; there are: %(colours)s.") % {"colours": ", ".join(colours)}
            problems.append(Problem(f"/{name}", told))
    if pool.family not in FAMILIES:
        problems.append(Problem("/family", _("A family is pt or ql.")))
    return problems
