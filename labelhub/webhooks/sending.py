"""One signed message on its way: no redirects, no proxy from the environment, one limit for all of it together."""

import asyncio
import hmac
import time
from base64 import b64decode, b64encode

from django.conf import settings

from labelhub.trust import trusted
from labelhub.webhooks.models import SECRET_MARK, Delivery
from labelhub.webhooks.targets import check_target
from printers.errors import HubError

TOTAL_S = 10.0
MOST_ANSWER = 64 * 1024


class NotDelivered(Exception):
    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 of `id.timestamp.body`."""
    key = b64decode(secret.removeprefix(SECRET_MARK))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()


def send(delivery: Delivery) -> int:
    """The status of the answer, which is 2xx. Raises NotDelivered for everything else."""
    hook, timestamp, body = delivery.webhook, int(time.time()), delivery.body.encode()
    headers = {
        "content-type": "application/json",
        "user-agent": f"LabelHub/{settings.VERSION}",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(hook.secret, str(delivery.id), timestamp, body),
    }
    try:
        check_target(hook.url)
        status = asyncio.run(_post(hook.url, body, headers))
    except HubError as error:
        raise NotDelivered(error.detail) from error
    except TimeoutError as error:
        raise NotDelivered(f"There was no whole answer within {TOTAL_S:g} s.") from error
    except OSError as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
    if not 200 <= status < 300:
        hint = " Redirects are not followed." if 300 <= status < 400 else ""
        raise NotDelivered(f"The answer was {status}.{hint}", status)
    return status


async def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    # Only who has webhooks pays for it: it takes 7 MB.
    import httpx

    try:
        # httpx limits each read for itself; a server that drips would hold a worker for ever.
        async with (
            asyncio.timeout(TOTAL_S),
            httpx.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                verify=trusted() if url.startswith("https:") else False,
                timeout=TOTAL_S,
            ) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            size = 0
            async for chunk in answer.aiter_raw():
                size += len(chunk)
                if size > MOST_ANSWER:
                    raise NotDelivered(f"The answer is larger than {MOST_ANSWER // 1024} kB.", answer.status_code)
            return answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
