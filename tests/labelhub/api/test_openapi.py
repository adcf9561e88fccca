import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from labelhub.access import WEBHOOKS
from labelhub.openapi import openapi_document

HEALTH = ("/healthz", "/readiness")


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi_document())
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def walk(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for name, each in value.items():
            yield from walk(each, f"{path}/{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from walk(each, f"{path}/{number}")


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    kind, name = node["$ref"].split("/")[-2:]
    found: dict[str, Any] = document["components"][kind][name]
    return found


def check(document: dict[str, Any], schema: dict[str, Any], example: object) -> None:
    """Raises ValidationError where the example is not what the schema says."""
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example)


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "LabelHub"


def test_operations_are_complete(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["operationId"], where
        assert operation["tags"], where
        statuses = set(operation["responses"])
        if path.startswith(HEALTH):
            assert operation["security"] == []
            continue
        assert {"401", "403", "429", "500", "503"} <= statuses, where
        assert path == "/metrics" or {"400", "422"} <= statuses, where
        assert ({"Token": []} in operation["security"]) == ((method, path) not in WEBHOOKS), where
        if "requestBody" in operation:
            assert {"413", "415"} <= statuses, where
        if "{" in path:
            assert "404" in statuses, where


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _method, _path, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400 or (path.startswith(HEALTH) and status == "503"):
                continue
            response = resolved(document, response)
            assert list(response["content"]) == ["application/problem+json"], f"{method} {path} {status}"
            assert response["description"]
            for code, example in response["content"]["application/problem+json"]["examples"].items():
                assert (example["value"]["code"], example["value"]["status"]) == (code, int(status))
                check(document, {"$ref": "#/components/schemas/Problem"}, example["value"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for path, value in walk(document):
        if isinstance(value.get("$ref"), str):
            node: Any = document
            for part in value["$ref"].removeprefix("#/").split("/"):
                assert part in node, f"{path} → {value['$ref']}"
                node = node[part]


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            found = resolved(document, schema)["examples"]
            assert found, f"{method} {path}"
            for example in found:
                check(document, schema, example)


def test_every_answer_has_an_example(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if not status.startswith("2") or status == "204":
                continue
            for kind, content in resolved(document, response)["content"].items():
                if kind == "image/png":
                    continue
                schema = content["schema"]
                found = [content["example"]] if "example" in content else resolved(document, schema)["examples"]
                assert found, f"{method} {path} {status}"
                for example in found:
                    check(document, schema, example)


def test_every_parameter_has_an_example(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter["example"] is not None, f"{method} {path} {parameter['name']}"
            check(document, parameter["schema"], parameter["example"])


def test_every_enumeration_has_a_name(document: dict[str, Any]) -> None:
    names = {f"/components/schemas/{name}" for name in document["components"]["schemas"]}
    inline = [
        path
        for path, value in walk(document)
        # One header has one value.
        if isinstance(value.get("enum"), list) and path not in names and len(value["enum"]) > 1
    ]
    assert inline == []
    assert {"JobState", "JobOutcome", "PrinterState", "ErrorPolicy"} <= set(document["components"]["schemas"])


def test_nothing_may_be_just_anything(document: dict[str, Any]) -> None:
    """Where any JSON is right, that is said by one of two names."""
    says = {"type", "$ref", "anyOf", "allOf", "oneOf", "enum", "const"}
    for path, value in walk(document["components"]["schemas"]):
        if path.startswith(("/JsonValue", "/JsonObject")) or "/examples/" in path:
            continue
        assert value.get("additionalProperties") is not True, path
        if path.rpartition("/")[0].endswith("/properties"):
            assert says & value.keys(), path
    for path, value in walk(document["paths"]):
        if path.endswith("/schema"):
            assert says & value.keys(), path


def test_what_nothing_refers_to_is_left_out(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert [name for name in document["components"]["schemas"] if f'"#/components/schemas/{name}"' not in text] == []


def test_ids_are_uuids(document: dict[str, Any]) -> None:
    for path, value in walk(document["components"]["schemas"]):
        wanted = value.get("properties", {}).get("id") if isinstance(value.get("properties"), dict) else None
        # Another app numbers its items as it likes.
        if isinstance(wanted, dict) and not path.endswith(("Event", "Item", "ItemSummary")):
            assert wanted.get("format") == "uuid", path


def test_every_instant_is_a_date_time(document: dict[str, Any]) -> None:
    """A property that is called like an instant is declared as one: nobody forgets the type that writes Z."""
    for path, value in walk(document["components"]["schemas"]):
        for name, each in (value.get("properties") or {}).items() if isinstance(value.get("properties"), dict) else ():
            if re.fullmatch(r"at|.*_at", name):
                kinds = [each, *each.get("anyOf", [])]
                assert any(kind.get("format") == "date-time" for kind in kinds), f"{path}/{name}"


def test_no_secret_is_read(document: dict[str, Any]) -> None:
    for path, value in walk(document["components"]["schemas"]):
        if path in {"/PrinterIn", "/PrinterPatch"}:
            continue
        if isinstance(value.get("properties"), dict):
            assert "snmp_community" not in value["properties"], path


@pytest.mark.django_db
def test_it_is_served_with_an_etag(django_user_model: Any) -> None:
    client = Client()
    client.force_login(django_user_model.objects.create_user("eva"))
    first = client.get("/openapi.json")
    assert (first.status_code, first["Content-Type"]) == (200, "application/json")
    again = client.get("/openapi.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_load_nothing_from_elsewhere(path: str, client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("eva"))
    response = client.get(path)
    page = response.content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert all(source.startswith("/static/") for source in sources)
    assert "<script>" not in page
    policy = response["Content-Security-Policy"]
    scripts = next((each for each in policy.split(";") if "script-src" in each), policy.partition(";")[0])
    assert "unsafe" not in scripts
    assert "'unsafe-inline'" in policy
