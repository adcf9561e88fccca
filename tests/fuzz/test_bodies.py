"""What callers of the API send: it is answered, and never by a fault of the hub's."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from printers.models import Printer
from templates_app.models import TemplateVersion
from templates_app.registration import load_builtin
from tests.api import make_printer, script
from tests.fuzz.mutations import VALUES, bounded, changed, fuzz, mutated
from tests.fuzz.test_definitions import DOCUMENTS

pytestmark = pytest.mark.django_db

LABEL = {"name": "Drill", "id": "A-1", "url": "https://inv.invalid/1"}
BODIES: dict[str, list[Any]] = {
    "/api/print": [
        {"printer": "main/workbench", "template": "asset-tag-12", "fields": LABEL, "copies": 2, "priority": 50,
         "options": {"cut": True, "rotate": 180}, "expires_at": "2030-01-01T00:00:00Z", "max_tape_mm": 500},
        {"printer": "main/workbench", "template": "box-24", "rows": [{"what": "a"}, {"what": "b"}], "override": False},
    ],
    "/api/preview": [{"template": "asset-tag-12", "fields": LABEL, "printer": "main/workbench", "media": "tze:12"}],
    "/api/templates/register": [{"descriptors": DOCUMENTS[:2], "dry_run": True, "force": True}],
    "/api/printers": [{"site": "main", "name": "x", "model": "PT-P750W", "host": "127.0.0.9", "port": 9100}],
    "/api/counters/box/reset": [{"next": 4, "reason": "new year"}],
}  # fmt: skip


@pytest.fixture
def caller() -> dict[str, str]:
    load_builtin()
    if not Printer.objects.exists():
        make_printer(media="tze:12")
    return {"Authorization": f"Bearer {script().text}"}


def answered(path: str, raw: bytes, caller: dict[str, str]) -> None:
    with bounded(8.0, None):
        answer = Client(raise_request_exception=True).generic("POST", path, raw, "application/json", headers=caller)
    assert answer.status_code < 500, (answer.status_code, answer.content[:300])
    if answer.status_code >= 400:
        problem = answer.json()
        assert problem["code"]
        assert problem["detail"]


@pytest.mark.parametrize("path", sorted(BODIES))
@fuzz(8)
@given(data=st.data())
def test_a_document(caller: dict[str, str], path: str, data: st.DataObject) -> None:
    body = data.draw(st.one_of(changed(BODIES[path]), changed(BODIES[path]), VALUES))
    answered(path, json.dumps(body, default=str).encode("utf-8", "surrogatepass"), caller)


@pytest.mark.parametrize("path", sorted(BODIES))
@fuzz(6)
@given(data=st.data())
def test_bytes(caller: dict[str, str], path: str, data: st.DataObject) -> None:
    answered(path, data.draw(mutated([json.dumps(body).encode() for body in BODIES[path]])), caller)


@fuzz(8)
@given(data=st.data())
def test_what_is_registered_for_real_can_be_read_again(caller: dict[str, str], data: st.DataObject) -> None:
    body = {"descriptors": [data.draw(changed(DOCUMENTS))], "force": True}
    answered("/api/templates/register", json.dumps(body, default=str).encode("utf-8", "surrogatepass"), caller)
    for key in TemplateVersion.objects.values_list("template__key", flat=True).distinct():
        assert Client().get(f"/api/templates/{key}", headers=caller).status_code == 200
