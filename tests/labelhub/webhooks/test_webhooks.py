"""Events on their way to others: from the log, signed, until they arrive or a person is told that they did not."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labelhub.accounts.models import User
from labelhub.webhooks import queue, sending
from labelhub.webhooks.models import DeadLetter, Delivery, Webhook
from labelhub.webhooks.queue import BACKOFF_S, due, fan_out, send_due
from labelhub.webhooks.targets import check_target
from printers.errors import HubError
from printers.models import Event, record
from tests.labelhub.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    with Receiver() as receiver:
        settings.WEBHOOK_ORIGINS = [receiver.origin]
        yield receiver


@pytest.fixture
def hook(receiver: Receiver) -> Webhook:
    return Webhook.objects.create(name="test", url=f"{receiver.origin}/hub", kinds=["job.*", "printer.paused"])


def round_of() -> None:
    fan_out()
    for webhook_id in due():
        send_due(webhook_id)


def make_due() -> None:
    Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1))


def test_it_works(hook: Webhook, receiver: Receiver) -> None:
    event = record("job.completed", actor="ada", data={"outcome": "confirmed"})
    record("template.registered")
    round_of()
    [(headers, body)] = receiver.got
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.tries) == ("delivered", 200, 1)
    assert headers["webhook-id"] == str(delivery.id)
    key = b64decode(hook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
    said = json.loads(body)
    assert (said["type"], said["data"]["id"], said["data"]["actor"]) == ("job.completed", event.id, "ada")
    assert said["timestamp"].endswith("Z")
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60


def test_the_signature_is_the_one_of_the_standard() -> None:
    """The example of the reference libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}'
    found = sending.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body.encode())
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_event_goes_out_once(hook: Webhook, receiver: Receiver) -> None:
    record("job.completed")
    for _ in range(3):
        round_of()
    assert len(receiver.got) == 1


def test_an_event_that_was_committed_late_is_found(hook: Webhook, receiver: Receiver) -> None:
    late, early = record("job.pending"), record("job.completed")
    number = late.id
    late.delete()
    round_of()
    Event.objects.create(id=number, kind="job.pending")
    round_of()
    assert [json.loads(body)["data"]["id"] for _headers, body in receiver.got] == [early.id, number]


def test_what_is_settled_is_not_read_again(hook: Webhook, receiver: Receiver) -> None:
    event = record("template.registered")
    Event.objects.update(at=timezone.now() - timedelta(minutes=1))
    round_of()
    hook.refresh_from_db()
    assert (hook.position, receiver.got) == (event.id, [])


def test_a_switched_off_webhook_is_told_nothing(hook: Webhook, receiver: Receiver) -> None:
    record("job.completed")
    fan_out()
    Webhook.objects.update(enabled=False)
    round_of()
    assert (receiver.got, Delivery.objects.get().state) == ([], "waiting")


def test_it_is_tried_again_later_and_longer_apart(hook: Webhook, receiver: Receiver) -> None:
    receiver.statuses = [500, 503]
    record("job.completed")
    round_of()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.status) == ("waiting", 1, 500)
    assert 3 <= (delivery.next_at - timezone.now()).total_seconds() <= 6
    round_of()
    assert len(receiver.got) == 1
    make_due()
    round_of()
    delivery.refresh_from_db()
    assert (delivery.tries, delivery.status) == (2, 503)
    assert 20 <= (delivery.next_at - timezone.now()).total_seconds() <= 36
    make_due()
    round_of()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.error) == ("delivered", 3, "")
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1


def test_it_becomes_a_dead_letter_that_a_person_sends_again(
    hook: Webhook, receiver: Receiver, admin_client: Client
) -> None:
    record("job.completed")
    receiver.statuses = [500] * (len(BACKOFF_S) + 1)
    for _ in range(len(BACKOFF_S) + 1):
        round_of()
        make_due()
    delivery = Delivery.objects.get()
    assert delivery.state == "dead"
    round_of()
    assert len(receiver.got) == len(BACKOFF_S) + 1
    url = reverse("admin:webhooks_deadletter_changelist")
    assert "500" in admin_client.get(url).content.decode()
    admin_client.post(url, {"action": "again", "_selected_action": [str(delivery.pk)]})
    round_of()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("delivered", 1)


def test_a_worker_that_died_loses_nothing(hook: Webhook, receiver: Receiver) -> None:
    record("job.completed")
    fan_out()
    assert queue.claim(hook.pk) is not None
    round_of()
    assert receiver.got == []
    make_due()
    round_of()
    assert len(receiver.got) == 1


def test_a_redirect_is_not_followed(hook: Webhook, receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [302], {"location": f"{receiver.origin}/elsewhere"}
    record("job.completed")
    round_of()
    assert (len(receiver.got), Delivery.objects.get().status) == (1, 302)


def test_a_huge_answer_is_not_read(hook: Webhook, receiver: Receiver) -> None:
    receiver.body = b"x" * (sending.MOST_ANSWER + 1)
    record("job.completed")
    round_of()
    assert "larger" in Delivery.objects.get().error


def test_a_dripping_answer_ends_by_the_limit(
    hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_S", 0.3)
    receiver.body, receiver.drip_s = b"x" * 100, 0.05
    record("job.completed")
    round_of()
    assert "0.3 s" in Delivery.objects.get().error


def test_nobody_there(hook: Webhook, receiver: Receiver, settings: LazySettings) -> None:
    settings.WEBHOOK_ORIGINS = ["http://127.0.0.1:1"]
    Webhook.objects.update(url="http://127.0.0.1:1/")
    record("job.completed")
    round_of()
    assert (Delivery.objects.get().state, receiver.got) == ("waiting", [])


def test_one_that_fails_does_not_hold_up_the_others(hook: Webhook, receiver: Receiver, settings: LazySettings) -> None:
    settings.WEBHOOK_ORIGINS = [*settings.WEBHOOK_ORIGINS, "http://127.0.0.1:1"]
    Webhook.objects.create(name="gone", url="http://127.0.0.1:1/")
    for _ in range(3):
        record("job.completed")
    round_of()
    assert len(receiver.got) == 3
    assert Delivery.objects.filter(webhook__name="gone", tries=1).count() == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8123/hub",
        "https://hooks.example.org:8443/x",
        "http://hooks.example.org/x",
        "https://hooks.example.org.evil.test/x",
        "https://hooks.example.org@evil.test/x",
        "https://user:word@hooks.example.org/x",
        "https://evil.test\\@hooks.example.org/x",
        "https://hooks.example.org/\r\nx",
        "file:///etc/passwd",
        "gopher://hooks.example.org/",
        "//hooks.example.org/",
        "",
        "https://hooks.example.org:99999/",
    ],
)
def test_messages_go_to_named_origins_only(settings: LazySettings, url: str) -> None:
    settings.WEBHOOK_ORIGINS = ["https://hooks.example.org"]
    with pytest.raises(HubError):
        check_target(url)


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org/a?b=c", "https://HOOKS.example.org:443/", "https://hooks.example.org./"]
)
def test_a_named_origin(settings: LazySettings, url: str) -> None:
    settings.WEBHOOK_ORIGINS = ["https://hooks.example.org"]
    check_target(url)


def test_an_origin_that_is_not_named_any_more_is_told_nothing(hook: Webhook, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_ORIGINS = []
    record("job.completed")
    round_of()
    assert receiver.got == []
    assert "LABELHUB_WEBHOOK_ORIGINS" in Delivery.objects.get().error


class TestAdmin:
    FORM = {"name": "home", "kinds": "job.completed, printer.*", "enabled": "on"}

    def test_the_secret_is_shown_once(self, receiver: Receiver, admin_client: Client) -> None:
        record("job.completed")
        form = self.FORM | {"url": f"{receiver.origin}/x"}
        page = admin_client.post(reverse("admin:webhooks_webhook_add"), form, follow=True).content.decode()
        hook = Webhook.objects.get()
        assert hook.secret in page.replace("&#x2B;", "+").replace("&#43;", "+")
        assert hook.kinds == ["job.completed", "printer.*"]
        assert (
            hook.secret
            not in admin_client.get(reverse("admin:webhooks_webhook_change", args=[hook.pk])).content.decode()
        )
        round_of()
        assert receiver.got == []

    def test_an_address_elsewhere_is_refused(self, receiver: Receiver, admin_client: Client) -> None:
        admin_client.post(reverse("admin:webhooks_webhook_add"), self.FORM | {"url": "http://169.254.169.254/"})
        assert not Webhook.objects.exists()

    def test_it_does_not_open_for_others(self, client: Client) -> None:
        client.force_login(User.objects.create_user("eva"))
        assert client.get(reverse("admin:webhooks_webhook_changelist")).status_code == 302


def test_tidy_forgets_what_arrived_long_ago(hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "CHUNK", 1)
    now = timezone.now()
    kinds = [("delivered", 8), ("delivered", 1), ("dead", 8), ("waiting", 100), ("delivered", 9)]
    for number, (state, days) in enumerate(kinds):
        Delivery.objects.create(
            webhook=hook, event_id=number, kind="job.x", body="{}", state=state,
            ended_at=None if state == "waiting" else now - timedelta(days=days),
        )  # fmt: skip
    assert queue.tidy() == 2
    assert sorted(Delivery.objects.values_list("event_id", flat=True)) == [1, 2, 3]
    assert DeadLetter.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_ten_workers_and_two_beats_send_each_once(receiver: Receiver) -> None:
    Webhook.objects.create(name="test", url=receiver.origin)
    for _ in range(30):
        record("job.completed")

    def work(_: int) -> None:
        close_old_connections()
        try:
            round_of()
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(10)))
    round_of()
    ids = [json.loads(body)["data"]["id"] for _headers, body in receiver.got]
    assert len(ids) == len(set(ids)) == 30
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
