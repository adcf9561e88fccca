"""What scripts may do with other apps: look things up. And what other apps may do here: have a label printed."""

from typing import Annotated

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from jobs.api.answers import accepted
from jobs.schemas.printing import Accepted
from labelhub.integrations.configuration import usable
from labelhub.integrations.lookup import find, search, suggestions
from labelhub.integrations.receiving import MOST_BYTES, Message, receive
from labelhub.integrations.schemas import ItemList, ItemOut, ItemSummary, SuggestionOut

router = Router(tags=["Integrations"])

Words = Annotated[
    str, Query(alias="q", min_length=1, max_length=200, description="What to look for, as in the app's own search.")
]
ItemId = Annotated[
    str, Path(min_length=1, max_length=200, description="As the app numbers it, or what a code on its labels says.")
]

BODY = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JsonObject"}}}}


@router.get("/lookup/{integration}/{path:id}", response=ItemOut, operation_id="look_up", summary="Look an item up")
def look_up(request: HttpRequest, integration: str, id: ItemId) -> ItemOut:  # noqa: ARG001 - ninja passes it by this name
    """What another app knows of a thing, and which labels that fills. The app is asked now, for 5 s at most."""
    item, configured = find(integration, id), usable(integration)
    return ItemOut(
        integration=integration,
        id=item.id,
        title=item.title,
        url=item.url,
        fields=item.fields,
        templates=[
            SuggestionOut(key=each.key, title=each.title, fields=each.fields)
            for each in suggestions(item, first=configured.template)
        ],
        printer=configured.printer or None,
        pool=configured.pool or None,
    )


@router.get("/lookup/{integration}", response=ItemList, operation_id="search_items", summary="Search for items")
def search_items(request: HttpRequest, integration: str, words: Words) -> ItemList:  # noqa: ARG001 - as above
    """What another app finds for some words."""
    found = search(integration, words)
    return ItemList(
        items=[ItemSummary(id=each.id, title=each.title, url=each.url, fields=each.fields) for each in found]
    )


@router.post(
    "/webhooks/{source}",
    response={202: Accepted},
    auth=None,
    operation_id="receive_webhook",
    summary="Print by webhook",
    openapi_extra={"requestBody": BODY},
)
def receive_webhook(request: HttpRequest, source: str) -> HttpResponse:
    """Queue the label of a thing that another app tells of, as the configuration of `source` says.

    The body is that app's own, JSON or a form, up to 64 kB. It is signed as Standard Webhooks say (`webhook-id`,
    `webhook-timestamp`, `webhook-signature`), or a token comes along: `Authorization: Bearer …` or `X-Webhook-Token`.
    The same `webhook-id` (or `Idempotency-Key`) again prints nothing new and gets the first answer again.
    """
    return _received(request, source, "")


@router.post(
    "/webhooks/{source}/{token}",
    response={202: Accepted},
    auth=None,
    operation_id="receive_webhook_by_address",
    summary="Print by webhook, with the token in the address",
    openapi_extra={"requestBody": BODY},
)
def receive_webhook_by_address(request: HttpRequest, source: str, token: str) -> HttpResponse:
    """For apps that can be given an address and nothing else. A proxy may write the address into its log."""
    # Neither our log nor a problem's `instance` repeats it.
    request.path = request.path.removesuffix(f"/{token}")
    return _received(request, source, token)


def _received(request: HttpRequest, source: str, token: str) -> HttpResponse:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise RequestDataTooBig
    headers = {name.lower(): value for name, value in request.headers.items()}
    done = receive(source, Message(headers, request.body, request.META.get("REMOTE_ADDR", ""), token))
    return accepted(done)
