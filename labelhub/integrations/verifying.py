"""Whether a webhook comes from whom it says, by its raw body, before anything in it is read."""

import hmac
import logging
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping

from labelhub.integrations.integration import Integration
from labelhub.problems import NotAuthenticated
from labelhub.webhooks.models import SECRET_MARK
from labelhub.webhooks.sending import signature

log = logging.getLogger(__name__)

# Both ways, as Standard Webhooks recommends.
TOLERANCE_S = 300


def refused(name: str, why: str) -> NotAuthenticated:
    """One sentence for all: who does not know the secret learns nothing, not even which webhooks there are."""
    log.warning("webhook %r refused: %s", name, why)
    return NotAuthenticated("There is no such webhook, or its signature or token is wrong; the hub's log says more.")


def signs(secret: str) -> bool:
    """Whether its owner signs with it, instead of sending it along."""
    return secret.startswith(SECRET_MARK)


def check_signature(integration: Integration, headers: Mapping[str, str], body: bytes) -> None:
    """Of Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Raises NotAuthenticated."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not timestamp.isdecimal() or len(timestamp) > 12:
        raise refused(integration.name, "webhook-id or webhook-timestamp is missing")
    if abs(time.time() - int(timestamp)) > TOLERANCE_S:
        raise refused(integration.name, f"webhook-timestamp is more than {TOLERANCE_S // 60} minutes away")
    try:
        wanted = signature(integration.webhook_secret, message_id, int(timestamp), body)
    except NotBase64 as error:
        raise refused(integration.name, "its secret is not base64 behind whsec_") from error
    # Several where the sender is changing its secret.
    if not any(_same(given, wanted) for given in headers.get("webhook-signature", "").split()):
        raise refused(integration.name, "webhook-signature does not fit")


def check_token(integration: Integration, given: str) -> None:
    if not _same(given, integration.webhook_secret):
        raise refused(integration.name, "its token is missing or wrong")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def is_base64(secret: str) -> bool:
    try:
        return bool(b64decode(secret.removeprefix(SECRET_MARK), validate=True))
    except NotBase64:
        return False
