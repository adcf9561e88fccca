"""From a webhook to labels in the queue: who sends it, was it there before, what does it want."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.submission import Accepted, Request, submit
from jobs.submission.queueing import as_answer, from_answer
from labelhub.integrations.configuration import integrations, usable
from labelhub.integrations.errors import AlreadyReceived
from labelhub.integrations.integration import Integration, Item
from labelhub.integrations.kinds import KINDS
from labelhub.integrations.lookup import with_own_fields
from labelhub.integrations.models import Received
from labelhub.integrations.verifying import check_signature, check_token, refused, signs
from labelhub.problems import MalformedJson
from printers.callers import Caller
from printers.errors import InvalidInput, Problem
from printers.violations import is_unique_violation
from templates_app.catalog import current_version, definition_of, find_template

MOST_BYTES = 64 * 1024
LONGEST_ID = 120
# Longer than any sender tries again.
KEPT = timedelta(days=7)
TOKEN = "token"  # noqa: S105 - the name of the body's member


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came; `path_token` is what stood behind the webhook's address."""

    headers: Mapping[str, str]
    body: bytes
    address: str
    path_token: str = ""


def receive(source: str, message: Message) -> Accepted:
    """Queue the label that it wants, once for each message id.

    Raises NotAuthenticated, AlreadyReceived, MalformedJson, IntegrationFailed, IntegrationBusy, UnknownItem, and what
    jobs.submission raises.
    """
    _verify(source, message)
    integration = usable(source)
    message_id = _message_id(message.headers)
    digest = hashlib.sha256(message.body).hexdigest()
    if message_id and (known := Received.objects.filter(source=source, message_id=message_id).first()):
        return _as_before(known, digest)
    item = KINDS[integration.kind].received(integration, _content(message))
    label = f"webhook {source} ({message.address})"
    caller = Caller(label=label, address=message.address, scopes=frozenset({"print"}))
    # Two that come at the same time meet in the key: one job, and the other hears of it.
    key = f"webhook:{source}:{message_id}" if message_id else None
    done = submit(_request(integration, item), caller, idempotency_key=key)
    if message_id:
        _remember(source, message_id, digest, done)
    return done


def _verify(source: str, message: Message) -> None:
    integration = integrations().get(source)
    if integration is None or not integration.webhook_secret:
        raise refused(source[:60], "there is none of this name with a webhook_secret in the configuration")
    if signs(integration.webhook_secret):
        check_signature(integration, message.headers, message.body)
        return
    scheme, _, bearer = message.headers.get("authorization", "").partition(" ")
    given = message.path_token or message.headers.get("x-webhook-token", "")
    if not given and scheme.lower() == "bearer":
        given = bearer.strip()
    kind = KINDS.get(integration.kind)
    if not given and kind is not None and kind.token_in_body:
        given = _token_of(message)
    check_token(integration, given)


def _token_of(message: Message) -> str:
    try:
        content = _content(message)
    except MalformedJson:
        return ""
    token = content.get(TOKEN) if isinstance(content, dict) else None
    return token if isinstance(token, str) else ""


def _message_id(headers: Mapping[str, str]) -> str:
    """What tells two messages from one that was sent twice; empty where the sender says nothing."""
    found = headers.get("webhook-id", "") or headers.get("idempotency-key", "")
    if len(found) > LONGEST_ID or not found.isprintable():
        sentence = f"An id of a message has at most {LONGEST_ID} printable characters."
        raise InvalidInput(sentence, [Problem("/webhook-id", sentence)])
    return found


def _content(message: Message) -> Any:
    if message.headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded":
        return dict(parse_qsl(message.body.decode("utf-8", "replace")))
    try:
        return json.loads(message.body)
    except (ValueError, RecursionError) as error:
        raise MalformedJson(f"The body is not valid JSON: {error}.") from error


def _request(integration: Integration, item: Item) -> Request:
    item = with_own_fields(integration, item)
    definition = definition_of(current_version(find_template(integration.template)))
    names = {each.name for each in definition.fields}
    # What somebody mapped on purpose, and what of the rest the template has a place for.
    fields = {name: value for name, value in item.fields.items() if name in names or name in integration.fields}
    return Request(printer=integration.printer, pool=integration.pool, template=integration.template, rows=[fields])


def _remember(source: str, message_id: str, digest: str, done: Accepted) -> None:
    try:
        with transaction.atomic():
            Received.objects.create(source=source, message_id=message_id, body_sha256=digest, answer=as_answer(done))
    except IntegrityError as error:
        # The other one of two at the same time wrote it.
        if not is_unique_violation(error):
            raise
    Received.objects.filter(received_at__lt=timezone.now() - KEPT).delete()


def _as_before(known: Received, digest: str) -> Accepted:
    if known.body_sha256 != digest:
        raise AlreadyReceived(f"The message “{known.message_id}” came before with another body; nothing was printed.")
    return from_answer(known.answer)
