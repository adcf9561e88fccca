"""The same submit again prints nothing new: one row per client and key, kept as long as the history of jobs."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction

from jobs.errors import IdempotencyInFlight, IdempotencyMismatch, UnusableKey
from jobs.models import IdempotencyKey
from printers.errors import Problem
from printers.inserts import inserting
from printers.together import Statement
from printers.violations import is_unique_violation

Prepared = TypeVar("Prepared")
Done = TypeVar("Done")
LONGEST_KEY = 255


def fingerprint(request: Any) -> str:
    """The same for two bodies that ask for the same, in this version of the hub and in the one before."""
    added = getattr(request, "ADDED", ())
    given = {name: value for name, value in dataclasses.asdict(request).items() if value or name not in added}
    whole = json.dumps(given, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def once(
    client: str,
    key: str,
    body_sha256: str,
    *,
    prepare: Callable[[], Prepared],
    do: Callable[[Prepared], Done],
    remember: Callable[[Done], dict[str, Any]],
    recall: Callable[[dict[str, Any]], Done],
    at_once: Callable[[Prepared, Callable[[dict[str, Any]], Statement]], Done | None] | None = None,
) -> Done:
    """Do it if this client never used the key, else answer as then.

    `prepare` checks and may be slow; `do` writes, in one transaction with the key's row. Of many at the same time one
    does it; the database lets the others see the row only when it is done. `at_once` may do the same in one statement,
    beginning with the one that it can make of the answer; it gives None where it cannot.
    Raises IdempotencyMismatch for another body, IdempotencyInFlight where an answer is not known yet.
    """
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        sentence = f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters."
        raise UnusableKey(sentence, [Problem("/Idempotency-Key", sentence)])
    if (row := _known(client, key)) is not None:
        return recall(_answer(row, body_sha256))
    prepared = prepare()

    def with_answer(answer: dict[str, Any]) -> Statement:
        return inserting(IdempotencyKey, {"client": client, "key": key, "body_sha256": body_sha256, "response": answer})

    try:
        # A statement that fails would be the end of a transaction around it.
        if at_once and not connection.in_atomic_block and (done := at_once(prepared, with_answer)) is not None:
            return done
        with transaction.atomic():
            with transaction.atomic():
                row = IdempotencyKey.objects.create(client=client, key=key, body_sha256=body_sha256)
            found = do(prepared)
            row.response = remember(found)
            row.save(update_fields=["response"])
            return found
    except IntegrityError as error:
        row = _known(client, key) if is_unique_violation(error) else None
        if row is None:
            raise
    return recall(_answer(row, body_sha256))


def _known(client: str, key: str) -> IdempotencyKey | None:
    return IdempotencyKey.objects.filter(client=client, key=key).first()


def _answer(row: IdempotencyKey, body_sha256: str) -> dict[str, Any]:
    if row.body_sha256 != body_sha256:
        sentence = f"The Idempotency-Key “{row.key[:80]}” was used for another request. Take a new one for new labels."
        raise IdempotencyMismatch(sentence, [Problem("/Idempotency-Key", sentence)])
    if row.response is None:
        raise IdempotencyInFlight(
            "The first request with this Idempotency-Key is still being worked on. Try again soon."
        )
    answer: dict[str, Any] = row.response
    return answer
