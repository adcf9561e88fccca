import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator

from jobs.lease import LEASE_S
from labelhub.router import SCRIPT_THREADS, THREADS
from tests.hubs import ROOT, environment
from tests.stack import command_of, compose, native

SERVICES: dict[str, Any] = compose()["services"]
OURS = ("bring_up", "web", "worker", "beat")
SERVERS = tuple(name for name in SERVICES if name != "bring_up")
SCHEMA = Path(__file__).parent / "compose_spec" / "compose-spec.json"


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@pytest.fixture(scope="module")
def specification() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_it_is_what_the_specification_knows(specification: Draft202012Validator) -> None:
    assert [error.message for error in specification.iter_errors(compose())] == []


@pytest.mark.parametrize(
    ("service", "wrong"),
    [
        ("web", {"heathcheck": {}}),
        ("web", {"depends_on": {"redis": {"condition": "service_well"}}}),
        ("web", {"read_only": 1}),
        ("worker", {"deploy": {"resources": {"limits": {"mem": "1g"}}}}),
        ("proxy", {"networks": {"edge": {"ipv4": "172.31.253.2"}}}),
    ],
)
def test_the_specification_would_refuse_it(
    specification: Draft202012Validator, service: str, wrong: dict[str, Any]
) -> None:
    document = compose()
    document["services"][service] |= wrong
    assert not specification.is_valid(document)


def test_what_is_named_is_declared() -> None:
    document = compose()
    used: dict[str, set[str]] = {"secrets": set(), "networks": set(), "volumes": set()}
    for service in SERVICES.values():
        used["secrets"] |= set(service.get("secrets", []))
        used["networks"] |= set(service.get("networks", []))
        named = (str(each).split(":")[0] for each in service.get("volumes", []))
        used["volumes"] |= {each for each in named if not each.startswith((".", "/"))}
    assert used == {kind: set(document[kind]) for kind in used} | {"volumes": set(document["volumes"])}
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        if name not in OURS:
            assert re.search(r":\d+\.\d+(\.\d+)?-\w+$", service["image"]), service["image"]
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    bases = {line.split()[1] for line in lines if line.startswith("FROM")} - {"scratch"}
    assert len(bases) == 1
    assert re.search(r":[a-z]+-\d{8}-slim$", bases.pop())


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "useradd --uid 10001" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_everything_has_limits(name: str) -> None:
    assert SERVICES[name]["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert SERVICES[name]["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVERS)
def test_servers_come_back(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_order_of_the_start() -> None:
    assert SERVICES["bring_up"]["restart"] == "no"
    assert SERVICES["bring_up"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"] == {
            "bring_up": {"condition": "service_completed_successfully"},
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
        }
    assert SERVICES["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}


def test_health_is_liveness() -> None:
    assert "/healthz" in SERVICES["web"]["healthcheck"]["test"][-1]
    assert "/healthz" in (ROOT / "Dockerfile").read_text().partition("HEALTHCHECK")[2]
    for name in ("postgres", "redis", "proxy"):
        assert SERVICES[name]["healthcheck"]["test"]
    for name in ("worker", "beat", "bring_up"):
        assert SERVICES[name]["healthcheck"] == {"disable": True}


def test_no_secret_stands_in_the_open() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|DATABASE_URL|BROKER_URL", key):
                assert str(value).startswith("/run/secrets/"), (name, key)
                assert Path(value).name in service["secrets"], (name, key)


def test_every_setting_is_one() -> None:
    named = {key for name in OURS for key in SERVICES[name]["environment"] if key.startswith("LABELHUB_")}
    assert {key for key in named if key not in settings.SETTING_NAMES} == set()


def test_redis_drops_no_doorbell() -> None:
    command = command_of("redis")
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert "store" in SERVICES["redis"]["networks"]
    assert compose()["networks"]["store"]["internal"] is True


def test_nothing_but_the_edge_is_open_to_the_network() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web", "proxy"]
    assert SERVICES["web"]["ports"] == ["${LABELHUB_LISTEN:-127.0.0.1:8000}:8000"]


def test_the_proxy_alone_may_speak_for_others() -> None:
    # uvicorn would believe its own list; the hub has one.
    assert "--no-proxy-headers" in command_of("web")
    proxy = SERVICES["proxy"]["networks"]["edge"]["ipv4_address"]
    assert SERVICES["web"]["environment"]["LABELHUB_TRUSTED_PROXIES"] == f"${{LABELHUB_TRUSTED_PROXIES:-{proxy}}}"


def test_a_label_is_finished_before_its_worker_ends() -> None:
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > 5 * LEASE_S
    assert THREADS + SCRIPT_THREADS <= settings.DATABASE_CONNECTIONS


@pytest.mark.parametrize("name", OURS)
def test_the_commands_exist(name: str) -> None:
    command = native(command_of(name))
    assert os.access(command[0], os.X_OK)
    options = [each.partition("=")[0] for each in command if each.startswith("--")]
    verb = {"worker": ["worker"], "beat": ["beat"], "bring_up": command[1:], "web": []}[name]
    shown = subprocess.run(
        [command[0], *(["-A", "labelhub"] if command[0].endswith("celery") else []), *verb, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [each for each in options if each not in shown.stdout] == []


def test_the_image_runs_what_compose_runs() -> None:
    (command,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert json.loads(command) == command_of("web")


def test_the_image_has_what_the_product_is() -> None:
    copied = set(re.findall(r"^COPY (\w+) /srv", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == {"labelhub", "printers", "templates_app", "jobs", "health", "static"}
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text()
    assert {f"!{name}" for name in copied} <= set(ignored.splitlines())


LOADED = """
import sys, django
django.setup()
import celery.bin.celery, celery.concurrency.thread, labelhub.administration, labelhub.celery, labelhub.embedded
import labelhub.urls, uvicorn.main, uvicorn.protocols.http.httptools_impl
from jobs.sample_label import print_sample
from PIL import Image
Image.init()
print("\\n".join(filter(None, (getattr(each, "__file__", None) for each in list(sys.modules.values())))))
"""


def test_the_image_lacks_nothing_that_is_loaded() -> None:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    gone = re.search(r"^RUN rm -rf (ninja/static .*)$", lines, re.MULTILINE)
    assert gone is not None
    patterns = [*gone[1].split(), "*/tests"]
    assert "find . -type d -name tests -prune" in lines
    shown = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="labelhub.settings", LABELHUB_SECRET_KEY="of-a-test" * 8),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    packages = [
        Path(line.partition("site-packages/")[2]) for line in shown.stdout.splitlines() if "site-packages/" in line
    ]
    loaded = {folder for each in packages for folder in [each, *each.parents]}
    assert {Path("django/test"), Path("numpy/_core"), Path("PIL/Image.py")} <= loaded
    # Image.init loads each kind of picture that there is, and goes on without one.
    assert [str(each) for each in loaded if any(each.match(it) for it in patterns) and each.parts[0] != "PIL"] == []


def test_secrets_are_made_once(tmp_path: Path) -> None:
    folder, script = tmp_path / "secrets", ROOT / "docs/deployment/make_secrets.sh"
    for _ in range(2):
        subprocess.run([script, folder], check=True)
        made = {path.name: path.read_text() for path in folder.iterdir()}
        assert set(made) == set(compose()["secrets"])
        if _ == 0:
            first = made
    assert made == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert made["postgres_password"] in made["database_url"]
    assert len(made["secret_key"]) >= 50
    password = made["broker_url"].split(":")[2].split("@")[0]
    assert password not in made["redis_users"]
    assert "user default off" in made["redis_users"]


def test_it_is_yaml_without_surprises() -> None:
    """Every option is text: a number or a yes in a command would become something else."""
    for name, service in SERVICES.items():
        command = service.get("command", [])
        assert all(isinstance(each, str) for each in command), name
    assert yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["bring_up"]["restart"] == "no"
