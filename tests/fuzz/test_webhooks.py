"""What other apps send, from whoever knows the token or its signature: it prints, or is refused with a sentence."""

import json
import time
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from templates_app.registration import load_builtin
from tests.api import make_printer
from tests.fuzz.mutations import VALUES, bounded, changed, fuzz, mutated
from tests.labelhub.conftest import Configure, configure

__all__ = ("configure",)
pytestmark = pytest.mark.django_db

KEY, TOKEN = b"the key of the tests, 32 bytes ..", "a-token-of-the-tests"
ENTRY = """
[[integration]]
kind = "{kind}"
name = "{kind}"
template = "asset-tag-12"
printer = "main/workbench"
webhook_secret = "{secret}"
{more}
"""
# Nobody answers there: what would be looked up is refused, whatever it is.
NOWHERE = 'url = "http://127.0.0.1:9"\ntoken = "t"\n'
BODIES: dict[str, list[Any]] = {
    "webhook": [{"name": "Drill", "id": "A-1", "url": "https://inv.invalid/1", "more": {"tags": [{"id": 7}]}}],
    "grocy": [{"product": "Rice", "grocycode": "grcy:p:13:x", "due_date": "DD: 2026-12-24", "token": TOKEN}],
    "snipeit": [{"text": None, "attachments": [{"title_link": "http://127.0.0.1:9/hardware/1042"}]}, {"id": 1042}],
    "spoolman": [{"id": 7}],
}
MORE = {"webhook": "", "grocy": NOWHERE, "snipeit": NOWHERE, "spoolman": NOWHERE.replace('token = "t"\n', "")}
KINDS = ("application/json", "application/x-www-form-urlencoded", "text/plain; charset=latin-1", "")
IDS = st.one_of(st.just(""), st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=200))


@pytest.fixture(autouse=True)
def _ready(db: None, configure: Configure) -> None:
    load_builtin()
    make_printer(media="tze:12")
    configure("".join(ENTRY.format(kind=kind, secret=TOKEN, more=more) for kind, more in MORE.items()))


def answered(kind: str, raw: bytes, content_type: str = "application/json", **headers: str) -> int:
    with bounded(8.0, None):
        client = Client(raise_request_exception=True)
        answer = client.generic("POST", f"/api/webhooks/{kind}", raw, content_type, headers=headers)
    # 502: the other app was to be asked.
    assert answer.status_code < 500 or (answer.status_code == 502 and MORE[kind]), answer.content[:300]
    if answer.status_code >= 400:
        assert answer.json()["detail"]
    return answer.status_code


@pytest.mark.parametrize("kind", sorted(BODIES))
@fuzz(20)
@given(data=st.data())
def test_a_document(kind: str, data: st.DataObject) -> None:
    body = data.draw(st.one_of(changed(BODIES[kind]), changed(BODIES[kind]), VALUES))
    raw = json.dumps(body, default=str).encode("utf-8", "surrogatepass")
    answered(kind, raw, X_Webhook_Token=TOKEN, Webhook_Id=data.draw(IDS))


@pytest.mark.parametrize("kind", sorted(BODIES))
@fuzz(20)
@given(data=st.data())
def test_bytes(kind: str, data: st.DataObject) -> None:
    seeds = [json.dumps(body).encode() for body in BODIES[kind]] + [urlencode(body).encode() for body in BODIES[kind]]
    answered(kind, data.draw(mutated(seeds)), data.draw(st.sampled_from(KINDS)), X_Webhook_Token=TOKEN)


@fuzz(40)
@given(data=st.data())
def test_a_token_or_a_signature_that_is_none(configure: Configure, data: st.DataObject) -> None:
    raw = data.draw(mutated([json.dumps(BODIES["grocy"][0]).encode()], 2))
    wrong = data.draw(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=80))
    assert answered("webhook", raw, X_Webhook_Token=wrong, Authorization=wrong) == 401
    configure(ENTRY.format(kind="webhook", secret="whsec_" + b64encode(KEY).decode(), more=""))
    stamp = data.draw(st.sampled_from([str(int(time.time())), wrong]))
    signature = data.draw(st.sampled_from([wrong, f"v1,{wrong}", "v1," + b64encode(b"x" * 32).decode(), "v1, v1,"]))
    signed = {"Webhook_Id": "m", "Webhook_Timestamp": stamp, "Webhook_Signature": signature}
    assert answered("webhook", raw, **signed) == 401


def test_the_seeds_are_right() -> None:
    """Else nothing behind the door was tried."""
    codes = {
        kind: [answered(kind, json.dumps(body).encode(), X_Webhook_Token=TOKEN) for body in bodies]
        for kind, bodies in BODIES.items()
    }
    assert codes == {"webhook": [202], "grocy": [202], "snipeit": [502, 502], "spoolman": [502]}
