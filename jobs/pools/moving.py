"""Labels of a pool move on to another printer of it, as long as not a byte has left."""

import json
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from jobs.layout import why_not_usable
from jobs.models import Job, Pool
from jobs.pools.choosing import Choice, choose, fits_loaded, members_of, trouble_of
from jobs.queue.moving import move_many
from jobs.states import HELD, MEDIA_NEEDED, NOT_READY, PENDING
from printers.callers import Caller, both, printers_of
from printers.errors import HubError
from printers.media import Medium, canvas_for, find_model
from printers.models import Printer, TokenBinding
from printers.prepared import Prepared
from printers.status import loaded_medium
from templates_app.catalog import definition_of

# At one time; what is left moves with the next sweep.
MOST_AT_ONCE = 2000
MOST_DRAWN_ANEW = 100


def hand_over(printer_id: UUID) -> int:
    """What waits here for a pool and cannot be printed here goes to a printer that can; how many jobs went."""
    if not _movable(printer_id).exists():
        return 0
    printer = Printer.objects.select_related("site", "status").get(pk=printer_id)
    groups: dict[tuple[object, ...], list[Job]] = defaultdict(list)
    jobs = _movable(printer_id).select_related("pool__site", "template_version", "user", "printer")
    for job in jobs.order_by("created_at", "position", "id")[:MOST_AT_ONCE]:
        if _may_go(job):
            alike = (job.pool_id, job.template_version_id, job.medium, job.api_token_id, job.user_id)
            groups[(*alike, json.dumps(job.options, sort_keys=True))].append(job)
    return sum(_move(group, printer) for group in groups.values())


def hand_over_all() -> int:
    """For changes that nobody rang for: a printer that was paused, switched off or went away."""
    return sum(hand_over(printer_id) for printer_id in {printer_id for _pool, printer_id in _waiting()})


def gather(printer_id: UUID) -> bool:
    """This printer may be ready now, or have another tape: what waits elsewhere in its pools may come to it.

    False where no job of any pool waits anywhere: then there is nothing to hand over, either.
    """
    if not OF_POOLS():
        return False
    rows = _waiting()
    elsewhere = {(pool_id, other) for pool_id, other in rows if other != printer_id}
    if elsewhere:
        pools = Pool.objects.in_bulk({pool_id for pool_id, _other in elsewhere})
        mine = {pk for pk, pool in pools.items() if members_of(pool).filter(pk=printer_id).exists()}
        for other in {other for pool_id, other in elsewhere if pool_id in mine}:
            hand_over(other)
    return bool(rows)


# Asked at every ring, and most hubs have no pool. In the order of their index: without one PostgreSQL may look through
# all jobs for the first of any pool.
OF_POOLS = Prepared(
    lambda: Job.objects.filter(pool__isnull=False, state__in=[PENDING, HELD]).order_by("printer_id", "pool_id")[:1]
)


def _waiting() -> list[tuple[UUID, UUID]]:
    rows = Job.objects.filter(pool__isnull=False, state__in=[PENDING, HELD]).order_by()
    return [(pool_id, printer_id) for pool_id, printer_id in rows.values_list("pool_id", "printer_id").distinct()]


def _movable(printer_id: UUID) -> QuerySet[Job]:
    return Job.objects.filter(printer_id=printer_id, pool__isnull=False, state__in=[PENDING, HELD])


def _may_go(job: Job) -> bool:
    """Not what a person holds."""
    return job.state == PENDING or job.reasons in ([MEDIA_NEEDED], [NOT_READY])


def _move(jobs: list[Job], printer: Printer) -> int:
    """Jobs of one pool, template, medium, person and one set of options."""
    first = jobs[0]
    pool, version = first.pool, first.template_version
    if pool is None or version is None or _prints(pool, first.medium, printer):
        return 0
    try:
        choice = choose(pool, [definition_of(version)], _caller_of(first))
    except HubError:
        return 0
    if choice.printer.pk == printer.pk or not choice.able:
        return 0
    same_dots = is_equivalent(printer, choice, first.medium)
    wanted = jobs if same_dots else jobs[:MOST_DRAWN_ANEW]
    return move_many(wanted, choice.printer, choice.medium, choice.why, same_dots=same_dots)


def _prints(pool: Pool, medium: str, printer: Printer) -> bool:
    """Whether it can print labels of the pool now, as far as its status tells."""
    if why_not_usable(printer) or trouble_of(printer):
        return False
    loaded = loaded_medium(printer, getattr(printer, "status", None))
    return loaded is None or (loaded.key == medium and fits_loaded(pool, printer))


def is_equivalent(printer: Printer, choice: Choice, medium: str) -> bool:
    """Whether the dots for the one are the dots for the other: the same medium before the same print head."""
    if choice.medium.key != medium:
        return False
    one, other = find_model(printer.model), find_model(choice.printer.model)
    return _head(one.pins, one.family, choice.medium, printer) == _head(
        other.pins, other.family, choice.medium, choice.printer
    )


def _head(pins: int, family: str, medium: Medium, printer: Printer) -> tuple[object, ...]:
    return pins, family, canvas_for(find_model(printer.model), medium)


def _caller_of(job: Job) -> Caller:
    """With the limits of who asked, as they are today."""
    bound: Iterable[UUID] = ()
    if job.api_token_id is not None:
        bound = TokenBinding.objects.filter(token_id=job.api_token_id).values_list("printer_id", flat=True)
    limits = frozenset(bound)
    if job.user is not None:
        limits = both(limits, printers_of(job.user))
    return Caller(label=job.requested_by, printer_ids=limits)
