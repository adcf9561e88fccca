from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from jobs.models import Pool
from jobs.pools.choosing import find_pool, members_of, visible_pools
from jobs.pools.settings import change_pool, create_pool, remove_pool
from jobs.schemas.pools import PoolIn, PoolList, PoolOut, PoolPatch
from printers.callers import caller_of
from printers.paging import chosen_fields, list_answer, page
from printers.schemas import PageQuery

router = Router(tags=["Pools"])


@router.get("/pools", response=PoolList, operation_id="list_pools", summary="List pools")
def list_pools(request: HttpRequest, query: Query[PageQuery]) -> HttpResponse:
    """Those of whose printers the caller may use one."""
    names = chosen_fields(PoolOut, query.fields)
    found = page(visible_pools(caller_of(request)), ("site__key", "name", "id"), cursor=query.cursor, limit=query.limit)
    items = [_answer(request, each) for each in found.rows]
    return list_answer(PoolList(items=items, next_cursor=found.next_cursor), names)


@router.post("/pools", response={201: PoolOut}, operation_id="create_pool", summary="Add a pool")
def create(request: HttpRequest, response: HttpResponse, body: PoolIn) -> Status[PoolOut]:
    pool = create_pool(body.model_dump(), caller_of(request))
    response["Location"] = f"/api/pools/{pool.id}"
    return Status(201, _answer(request, pool))


@router.get("/pools/{printer_for:id}", response=PoolOut, operation_id="read_pool", summary="Read a pool")
def read(request: HttpRequest, id: str) -> PoolOut:
    return _answer(request, find_pool(id, caller_of(request)))


@router.patch("/pools/{printer_for:id}", response=PoolOut, operation_id="change_pool", summary="Change a pool")
def change(request: HttpRequest, id: str, body: PoolPatch) -> PoolOut:
    """Change what is named. It holds for the labels that wait, too."""
    pool = find_pool(id, caller_of(request))
    return _answer(request, change_pool(pool, body.model_dump(exclude_unset=True), caller_of(request)))


@router.delete("/pools/{printer_for:id}", response={204: None}, operation_id="remove_pool", summary="Remove a pool")
def remove(request: HttpRequest, id: str) -> Status[None]:
    """Its labels that wait stay at their printers."""
    remove_pool(find_pool(id, caller_of(request)), caller_of(request))
    return Status(204, None)


def _answer(request: HttpRequest, pool: Pool) -> PoolOut:
    caller = caller_of(request)
    named = pool.members.order_by("printer_id").values_list("printer_id", flat=True)
    return PoolOut(
        id=pool.id,
        site=pool.site.key,
        name=pool.name,
        path=pool.path,
        medium=pool.medium,
        tape_color=pool.tape_color,
        text_color=pool.text_color,
        every_printer=pool.every_printer,
        family=pool.family,
        printers=[each for each in named if caller.may_use(each)],
        members=list(members_of(pool, caller).order_by("id").values_list("id", flat=True)),
    )
