"""The paperwork agrees with the code."""

import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).parent.parent


def documents() -> str:
    return "\n".join(
        path.read_text()
        for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    )


LOCKS = {
    "requirements.txt": 20,
    "requirements-dev.txt": 20,
    "requirements-sentry.txt": 1,
    "requirements-telemetry.txt": 2,
}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_registry_and_hashes_everything(name: str) -> None:
    text = (ROOT / name).read_text()
    # "via -r" comments may stay; addresses may not.
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url.*", text) == []
    entries = re.split(r"\n(?=[a-z0-9])", text, flags=re.IGNORECASE)
    pinned = [entry for entry in entries if "==" in entry.splitlines()[0]]
    assert len(pinned) > LOCKS[name]
    assert [entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


def test_what_the_product_needs_is_locked_alike_for_tests() -> None:
    def pins(name: str) -> dict[str, str]:
        found = re.findall(
            r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", (ROOT / name).read_text(), re.MULTILINE | re.IGNORECASE
        )
        return {package.lower(): version for package, version in found}

    extras = pins("requirements-sentry.txt") | pins("requirements-telemetry.txt")
    product, tests = extras | pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: version for name, version in product.items() if tests.get(name) != version} == {}


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == settings.VERSION


def test_every_setting_is_documented() -> None:
    text = documents()
    assert sorted(name for name in settings.SETTING_NAMES if not name.endswith("_FILE") and name not in text) == []


def test_every_documented_setting_exists() -> None:
    named = set(re.findall(r"LABELHUB_[A-Z_]+[A-Z]", documents()))
    known = settings.SETTING_NAMES | {
        "LABELHUB_TEST_SERVICES",
        "LABELHUB_TEST_DATABASE",
        "LABELHUB_SITE",
        "LABELHUB_VERSION",
        "LABELHUB_FUZZ_EXAMPLES",
    }
    assert sorted(named - known) == []


def test_every_command_is_documented() -> None:
    ours = {
        app.name for app in apps.get_app_configs() if Path(app.path).is_relative_to(ROOT) and ".venv" not in app.path
    }
    commands = [name for name, app in get_commands().items() if app in ours]
    text = documents()
    assert "hub" in commands
    assert sorted(name for name in commands if f"manage.py {name}" not in text) == []


def test_every_target_of_make_is_documented() -> None:
    (targets,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = documents()
    assert [target for target in targets.split() if f"make {target}" not in text] == []
