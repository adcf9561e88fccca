"""What the API tests share: a script with a token, and printers to talk about."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.test import Client

from labelhub.access import route_of
from labelhub.accounts.models import ApiToken
from labelhub.openapi import openapi_document
from printers.models import Printer, Site, TokenBinding

EVERY_SCOPE = ["read", "print", "manage", "admin"]


@dataclass
class Script:
    """Calls the API as a script would: JSON and a bearer token, never a cookie."""

    text: str
    token: ApiToken | None = None

    def was_used(self) -> "Script":
        """So that the next call does not write its first use."""
        if self.token is not None:
            self.token.note_use("127.0.0.1")
        return self

    def _call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.text}"} if self.text else {}
        content = b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = Client().generic(method, path, content, "application/json", headers=given | named)
        assert_declared(response, method)
        return response

    def get(self, path: str, **headers: str) -> Any:
        return self._call("GET", path, None, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self._call("POST", path, body, **headers)

    def patch(self, path: str, body: object) -> Any:
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)


NOBODY = Script("")


def script(*scopes: str, printers: tuple[Printer, ...] = ()) -> Script:
    token, text = ApiToken.issue("script", list(scopes or EVERY_SCOPE))
    TokenBinding.objects.bulk_create(TokenBinding(token=token, printer=printer) for printer in printers)
    return Script(text, token)


def make_printer(name: str = "workbench", *, site: str = "main", **values: Any) -> Printer:
    place, _made = Site.objects.get_or_create(key=site)
    printer = Printer.objects.create(**{"site": place, "name": name, "model": "PT-P750W", "host": "127.0.0.5"} | values)
    printer.refresh_from_db()
    return printer


def assert_declared(response: Any, method: str) -> None:
    """The document knows that this operation can answer with this status, this kind of content and this problem."""
    item = declared()["paths"].get(route_of(response.wsgi_request)[1], {})
    operation = item.get(method.lower())
    if operation is None:
        return
    where = f"{method} {response.wsgi_request.path}: {response.status_code}"
    assert str(response.status_code) in operation["responses"], where
    answer = operation["responses"][str(response.status_code)]
    if "$ref" in answer:
        answer = declared()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    kind = re.split("[ ;]", response.get("Content-Type", ""))[0]
    if not response.content:
        return
    assert kind in answer["content"], where
    if kind == "application/problem+json":
        assert response.json()["code"] in answer["content"][kind]["examples"], f"{where} {response.json()['code']}"


@lru_cache(maxsize=1)
def declared() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi_document())
    return document


def assert_problem(response: Any, status: int, code: str, *pointers: str) -> dict[str, Any]:
    """It is a complete problem document with this code, and points exactly there."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == response.wsgi_request.path
    if pointers:
        assert [each["pointer"] for each in body["problems"]] == list(pointers)
    return body
