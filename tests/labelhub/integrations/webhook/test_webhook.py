"""Anything that sends JSON, and what all webhooks have in common."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from labelhub.integrations.models import Received
from templates_app.registration import load_builtin
from tests.api import assert_problem, make_printer
from tests.labelhub.conftest import Configure

KEY = b"the key of the tests, 32 bytes .."
SECRET = "whsec_" + b64encode(KEY).decode()
TOKEN = "a-token-of-the-tests"
ENTRIES = f"""
[[integration]]
kind = "webhook"
name = "signed"
template = "asset-tag-12"
printer = "main/workbench"
webhook_secret = "{SECRET}"

[[integration]]
kind = "webhook"
name = "paperless"
template = "asset-tag-12"
printer = "main/workbench"
webhook_secret = "{TOKEN}"
fields = {{ name = "document.title", id = "document.tags.0.id" }}

[[integration]]
kind = "webhook"
name = "silent"
template = "asset-tag-12"
printer = "main/workbench"
"""
BODY = json.dumps({"name": "Bench drill", "id": "A-1042", "more": {"no": "text"}})


@pytest.fixture(autouse=True)
def _ready(db: None, configure: Configure) -> None:
    load_builtin()
    make_printer(media="tze:12")
    configure(ENTRIES)


def signed(body: str = BODY, *, message_id: str = "msg_1", at: float | None = None, key: bytes = KEY) -> dict[str, str]:
    """By the words of the specification, not by the hub's own code."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(key, f"{message_id}.{stamp}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }  # fmt: skip


def send(path: str, body: Any = BODY, **headers: str) -> Any:
    return Client().post(f"/api/webhooks/{path}", body, content_type="application/json", headers=headers)


def test_it_works() -> None:
    answer = send("signed", **signed())
    job = Job.objects.get()
    assert (answer.status_code, answer.json()["jobs"]) == (202, [{"id": str(job.id), "state": "pending"}])
    assert answer["Location"] == f"/api/jobs/{job.id}"
    assert (job.fields, job.requested_by, job.source_address) == (
        {"name": "Bench drill", "id": "A-1042"}, "webhook signed (127.0.0.1)", "127.0.0.1",
    )  # fmt: skip


def test_the_same_message_again_prints_nothing_and_is_answered_as_before() -> None:
    first, second = send("signed", **signed()), send("signed", **signed())
    assert (second.status_code, second.json()) == (202, first.json())
    assert (second["Idempotency-Replayed"], Job.objects.count()) == ("true", 1)


def test_an_id_with_another_body_is_refused() -> None:
    send("signed", **signed())
    other = BODY.replace("1042", "1043")
    assert_problem(send("signed", other, **signed(other)), 409, "already-received")
    assert Job.objects.count() == 1


def test_an_id_belongs_to_its_source() -> None:
    send("signed", **signed())
    body = json.dumps({"document": {"title": "Bill", "tags": [{"id": 7}]}})
    answer = send("paperless", body, **{"X-Webhook-Token": TOKEN, "webhook-id": "msg_1"})
    assert (answer.status_code, Job.objects.count()) == (202, 2)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ(seconds: int) -> None:
    assert send("signed", **signed(at=time.time() + seconds)).status_code == 202


@pytest.mark.parametrize("seconds", [-310, 310])
def test_not_by_more_than_five_minutes(seconds: int) -> None:
    assert_problem(send("signed", **signed(at=time.time() + seconds)), 401, "not-authenticated")
    assert not Job.objects.exists()


def test_a_sender_that_changes_its_secret_signs_twice() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1,{b64encode(b'old').decode()} {headers['webhook-signature']}"
    assert send("signed", **headers).status_code == 202


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,ü"},
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-timestamp": "²"},
    ],
)
def test_what_is_not_signed_right_prints_nothing(changes: dict[str, str]) -> None:
    assert_problem(send("signed", **(signed() | changes)), 401, "not-authenticated")
    assert not Job.objects.exists()


def test_another_key_or_another_body_prints_nothing() -> None:
    assert_problem(send("signed", **signed(key=b"another key")), 401, "not-authenticated")
    assert_problem(send("signed", BODY.replace("1042", "1043"), **signed()), 401, "not-authenticated")
    # Nor does the secret as a token: who signs never sends it.
    assert_problem(send("signed", Authorization=f"Bearer {SECRET}"), 401, "not-authenticated")
    assert not Job.objects.exists()


@pytest.mark.parametrize("path", ["paperless", f"paperless/{TOKEN}"])
def test_fields_are_mapped_by_their_paths(path: str) -> None:
    body = json.dumps({"document": {"title": "Bill", "tags": [{"id": 7}]}, "name": "no"})
    headers = {} if TOKEN in path else {"Authorization": f"Bearer {TOKEN}"}
    assert send(path, body, **headers).status_code == 202
    assert Job.objects.get().fields == {"name": "Bill", "id": "7"}


def test_what_the_label_needs_and_the_message_lacks_is_said() -> None:
    body = json.dumps({"document": {"title": "Bill"}})
    assert_problem(send("paperless", body, **{"X-Webhook-Token": TOKEN}), 422, "invalid-fields", "/fields/id")
    assert not Job.objects.exists()
    assert not Received.objects.exists()


@pytest.mark.parametrize(
    "path", ["paperless", "paperless/wrong", "silent", "silent/x", "nowhere", "nowhere/x", "a%0Ab"]
)
def test_who_has_no_token_cannot_tell_which_there_are(path: str, caplog: pytest.LogCaptureFixture) -> None:
    problem = assert_problem(send(path), 401, "not-authenticated")
    assert problem["detail"] == "There is no such webhook, or its signature or token is wrong; the hub's log says more."
    assert not Job.objects.exists()
    assert "refused: " in caplog.text


def test_a_token_in_the_address_is_repeated_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    answer = send(f"paperless/{TOKEN}", "{}")
    assert_problem(answer, 422, "invalid-fields")
    answer = send(f"paperless/{TOKEN}x")
    assert answer.status_code == 401
    assert TOKEN not in answer.content.decode() + caplog.text


@pytest.mark.parametrize("body", ["", "{", "[" * 30_000 + "]" * 30_000, '{"a": 1'])
def test_a_body_that_is_no_json(body: str) -> None:
    assert_problem(send("signed", body, **signed(body)), 400, "malformed-json")
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"'])
def test_a_body_that_is_no_object(body: str) -> None:
    assert_problem(send("signed", body, **signed(body)), 422, "invalid")


def test_a_large_body_is_not_read() -> None:
    body = json.dumps({"name": "x" * 70_000})
    assert_problem(send("signed", body, **signed(body)), 413, "too-large")


def test_what_could_not_be_queued_may_come_again() -> None:
    body = json.dumps({"name": "Drill", "id": "x" * 31})
    assert_problem(send("signed", body, **signed(body)), 422, "invalid-fields")
    assert send("signed", **signed()).status_code == 202
    assert Job.objects.count() == 1


def test_old_ids_are_forgotten() -> None:
    send("signed", **signed())
    Received.objects.update(received_at=timezone.now() - timedelta(days=8))
    send("signed", **signed(message_id="msg_2"))
    assert [each.message_id for each in Received.objects.all()] == ["msg_2"]
    # Its timestamp is what keeps an old message out then, and the key of its job.
    send("signed", **signed())
    assert Job.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one_label() -> None:
    headers = signed()

    def one(_: int) -> int:
        try:
            return int(send("signed", **headers).status_code)
        finally:
            close_old_connections()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(20))) == [202] * 20
    assert (Job.objects.count(), Received.objects.count()) == (1, 1)
