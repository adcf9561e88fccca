"""The authorities of HTTPS, read once: 30 ms of CPU and some MB for each message would be the worker's largest cost."""

import ssl
from typing import Any

import pytest
from django.conf import LazySettings

from labelhub.trust import trusted
from labelhub.webhooks.models import Delivery, Webhook
from labelhub.webhooks.sending import NotDelivered, send
from tests.labelhub.webhooks.receiver import Receiver

ELSEWHERE = "https://127.0.0.1:1"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each time that the authorities are read."""
    times: list[Any] = []
    original = ssl.create_default_context

    def counted(*args: Any, **options: Any) -> ssl.SSLContext:
        times.append((args, options))
        return original(*args, **options)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    trusted.cache_clear()
    return times


def delivery_to(origin: str, settings: LazySettings) -> Delivery:
    settings.WEBHOOK_ORIGINS = [origin]
    hook = Webhook(name="test", url=f"{origin}/hub", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    return Delivery(webhook=hook, kind="job.completed", body="{}")


def test_not_for_a_message_without_https(read: list[Any], settings: LazySettings) -> None:
    with Receiver() as receiver:
        assert send(delivery_to(receiver.origin, settings)) == 200
        assert len(receiver.got) == 1
    assert read == []


def test_once_for_many_messages(read: list[Any], settings: LazySettings) -> None:
    for _ in range(3):
        with pytest.raises(NotDelivered, match="ConnectError"):
            send(delivery_to(ELSEWHERE, settings))
    assert len(read) == 1


def test_a_certificate_is_required() -> None:
    assert (trusted().verify_mode, trusted().check_hostname) == (ssl.CERT_REQUIRED, True)
