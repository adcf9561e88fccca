"""Hostile template definitions and field values: nothing leaks, hangs or crashes."""

import time
import unicodedata
from typing import Any

import pytest
from django.conf import settings

from printers.errors import HubError
from templates_app.errors import InvalidDefinition, InvalidFields
from templates_app.lint import lint
from templates_app.rendering import resolve
from tests.fuzz.mutations import or_refused
from tests.security.corpus import EVERYTHING, PATTERNS, TEMPLATE_ESCAPES
from tests.templates_app.labels import definition, rendered


def quick(run: Any, seconds: float = 2.0) -> Any:
    began = time.process_time()
    try:
        return run()
    finally:
        assert time.process_time() - began < seconds


def shown(made: Any, values: dict[str, Any]) -> str:
    return str(rendered(made, values).elements[0].details["text"])


@pytest.mark.parametrize("text", TEMPLATE_ESCAPES)
def test_in_a_definition_it_is_a_literal_or_refused(text: str) -> None:
    try:
        made = quick(
            lambda: definition(
                {"kind": "text", "name": "t", "text": text, "size": 0.5, "min_size": 0.5}, fields=[{"name": "name"}]
            )
        )
        said = quick(lambda: shown(made, {"name": "NAME"}))
    except HubError as error:
        said = error.detail
        assert "49" not in said.replace(text, "")
    assert settings.SECRET_KEY not in said
    assert "<class" not in said
    assert "root:" not in said


@pytest.mark.parametrize("text", EVERYTHING)
def test_as_a_value_it_is_only_text(text: str) -> None:
    made = definition(
        {"kind": "text", "name": "t", "text": "{v}", "size": 0.5, "min_size": 0.5},
        fields=[{"name": "v", "max_length": 4000}],
    )
    with or_refused(HubError):
        said = quick(lambda: shown(made, {"v": text}))
        # What orders or joins others has no picture of its own.
        assert said == "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"}).strip()


@pytest.mark.parametrize("text", EVERYTHING)
def test_as_the_value_of_a_code_it_reads_back(text: str) -> None:
    made = definition(
        {"kind": "barcode", "name": "c", "value": "{v}"}, media="dk:62", fields=[{"name": "v", "max_length": 4000}]
    )
    with or_refused(HubError):
        rendering = quick(lambda: rendered(made, {"v": text}), 4)
        found = quick(lambda: lint(rendering, made, resolve(made, {"v": text})), 4)
        assert {finding.code for finding in found} <= {"misread", "unreadable", "quiet-zone", "small-module"}
        assert rendering.elements[0].details["payload"] == text


@pytest.mark.parametrize(("pattern", "value"), PATTERNS)
def test_a_pattern_cannot_stall(pattern: str, value: str) -> None:
    try:
        made = quick(lambda: definition({"kind": "text", "text": "x"}, fields=[{"name": "v", "pattern": pattern}]), 3)
    except InvalidDefinition:
        return
    with or_refused(InvalidFields):
        quick(lambda: resolve(made, {"v": value}), 1)


@pytest.mark.parametrize("name", ["v.__class__", "1", "", "a" * 65, "v\n", "today", "ｖ", "v'--"])
def test_names_of_fields_are_plain(name: str) -> None:
    with pytest.raises(InvalidDefinition):
        definition({"kind": "text", "text": "x"}, fields=[{"name": name}])


@pytest.mark.parametrize(
    "element",
    [
        {"kind": "text", "text": "{v}", "font": "../../etc/passwd"},
        {"kind": "text", "text": "x", "font": "/usr/share/fonts/x.ttf"},
        {"kind": "image", "picture": "../../../secret_key"},
        {"kind": "image", "data": "file:///etc/passwd"},
        {"kind": "image", "data": "http://169.254.169.254/"},
        {"kind": "image", "field": "__dict__"},
        {"kind": "python", "code": "import os"},
        {"kind": "text", "text": "x", "onload": "x"},
        {"kind": "group", "elements": [], "repeat": {"field": "v", "limit": 10**9}},
    ],
)
def test_elements_reach_neither_files_nor_network(element: dict[str, Any]) -> None:
    with pytest.raises(HubError):
        quick(lambda: rendered(definition(element, fields=[{"name": "v"}]), {"v": "x"}))
