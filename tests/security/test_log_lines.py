"""What real processes write while a hub works: lines of one shape with their ids, and no secret in any of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from labelhub.logs import without_secrets
from printers.emulator import EmulatedPrinter
from tests.hubs import Hub, call, manage
from tests.labelhub.webhooks.receiver import Receiver
from tests.services import Server, wait_until
from tests.stack import command_of, stack

COMMUNITY, WRONG_COMMUNITY = "the-community-of-printers", "a-community-that-nobody-answers"
PASSWORD = "a-password-that-is-right"
WRONG_PASSWORD, WRONG_TOKEN = "a-password-that-is-wrong", "lh_0123abcd_a-token-that-nobody-ever-issued"
DATABASE_PASSWORD = "the-password-of-the-database"
REQUEST = "the-request-of-this-test"
PRINTER = """
[[printer]]
name = "{name}"
model = "PT-P750W"
host = "127.0.0.1"
port = {port}
snmp_port = {snmp_port}
snmp_community = "{community}"
"""
PREPARE = """
from labelhub.accounts.models import ApiToken
from labelhub.webhooks.models import Webhook
print(Webhook.objects.create(name="x", url={url!r}).secret)
print(ApiToken.issue("test", ["read", "print", "manage"])[1])
"""


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0, community=COMMUNITY) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(statuses=[500]) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, device: EmulatedPrinter) -> Path:
    path, snmp_port = tmp_path / "hub.toml", device.snmp_port
    path.write_text(
        PRINTER.format(name="good", port=device.port, snmp_port=snmp_port, community=COMMUNITY)
        + PRINTER.format(name="silent", port=9101, snmp_port=snmp_port, community=WRONG_COMMUNITY)
    )
    return path


def settings_of(config: Path, receiver: Receiver, style: str) -> dict[str, str]:
    return {
        "LABELHUB_CONFIG": str(config),
        "LABELHUB_WEBHOOK_ORIGINS": receiver.origin,
        "LABELHUB_LOG_FORMAT": style,
        "LABELHUB_LOG_LEVEL": "DEBUG",
    }


@dataclass
class Done:
    secrets: list[str]
    job: str
    printer: str


def work(origin: str, prepared: str, receiver: Receiver) -> Done:
    """A label printed, a webhook that failed and then arrived, a sign-in and a token that are wrong, a probe."""
    hook, token = prepared.split()
    assert sign_in(origin, "admin", WRONG_PASSWORD) == 200
    assert call(origin, "GET", "/api/jobs", token=WRONG_TOKEN)[0] == 401
    assert call(origin, "GET", "/api/jobs", Host="elsewhere.invalid")[0] == 400
    code, printer = call(origin, "GET", "/api/printers/main/good", token=token)
    assert code == 200
    assert call(origin, "POST", "/api/printers/main/silent/probe", token=token)[0] == 202
    body = {"printer": "main/good", "template": "asset-tag-12", "fields": {"name": "Drill", "id": "A-1"}}
    code, answer = call(origin, "POST", "/api/print", body, token, X_Request_ID=REQUEST)
    assert code == 202, answer
    job = answer["jobs"][0]["id"]

    def ended() -> bool:
        return bool(call(origin, "GET", f"/api/jobs/{job}", token=token)[1]["outcome"] == "confirmed")

    wait_until(ended, "the label")
    wait_until(lambda: len(receiver.got) > 1, "the second message")
    return Done([hook, token, WRONG_TOKEN, WRONG_PASSWORD, COMMUNITY, WRONG_COMMUNITY], job, printer["id"])


def sign_in(origin: str, username: str, password: str) -> int:
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    browser.open(f"{origin}/sign-in", timeout=10).close()
    mark = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"username": username, "password": password, "csrfmiddlewaretoken": mark or ""}
    try:
        with browser.open(f"{origin}/sign-in", urlencode(form).encode(), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.processes
def test_embedded_for_people(tmp_path: Path, config: Path, receiver: Receiver) -> None:
    data = tmp_path / "data"
    env = settings_of(config, receiver, "text") | {"LABELHUB_ADMIN_PASSWORD": PASSWORD, "LABELHUB_DEMO": "1"}
    assert manage("bring_up", LABELHUB_DATA_DIR=str(data), **env).returncode == 0
    command = PREPARE.format(url=f"{receiver.origin}/x")
    prepared = manage("shell", "--no-imports", "-c", command, LABELHUB_DATA_DIR=str(data), **env)
    with Hub(data, demo=False, env=env) as hub:
        done = work(hub.origin, prepared.stdout, receiver)
        hub.stop()
    key = (data / "secret_key").read_text()
    assert [secret for secret in [*done.secrets, key, PASSWORD] if secret in hub.out] == []
    assert re.search(
        r"^\S+ ERROR django\.security\.\S+: Invalid HTTP_HOST header: 'elsewhere.invalid'", hub.out, re.MULTILINE
    )
    assert "Traceback" not in hub.out
    ids = f"printer={done.printer} job={done.job}"
    assert re.search(rf"^\S+ INFO jobs\.\S+: labels queued: 1 \[request={REQUEST} {ids}\]$", hub.out, re.MULTILINE)
    assert re.search(rf"^\S+ INFO jobs\.\S+: processing → completed: .*confirmed \[{ids}\]$", hub.out, re.MULTILINE)


@pytest.mark.services
@pytest.mark.processes
def test_deployed_for_machines(tmp_path: Path, postgresql: Server, config: Path, receiver: Receiver) -> None:
    with stack(tmp_path / "stack", postgresql=postgresql, brought_up=False) as made:
        # The test's server lets everybody in, with any password.
        made.database_url = made.database_url.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
        made.settings = settings_of(config, receiver, "json")
        made.run(*command_of("bring_up"))
        command = PREPARE.format(url=f"{receiver.origin}/x")
        prepared = made.run("python", "manage.py", "shell", "--no-imports", "-c", command)
        worker, beat, web = made.start("worker"), made.start("beat"), made.start_web()
        web.wait_ready(status="degraded")
        done = work(web.origin, prepared, receiver)
        # The library's own lines, too: both lose their broker.
        made.redis.stop()
        for process in (worker, beat):
            wait_until(lambda process=process: "onnect" in process.log.read_text(), "a line about the broker")  # type: ignore[misc]
        made.stop()
        said = {each.name: each.log.read_text() for each in made.processes}
        kept = [path.read_text() for path in (tmp_path / "stack" / "secrets").iterdir() if path.name != "redis_users"]
        password = made.broker_url.split(":")[2].split("@")[0]
    secrets = [*done.secrets, *kept, password, DATABASE_PASSWORD]
    assert [secret for secret in secrets if secret in "".join(said.values())] == []
    lines = {name: [as_json(line) for line in text.splitlines()] for name, text in said.items()}
    for found in lines.values():
        assert found
        assert [line for line in found if not {"timestamp", "level", "logger", "event"} <= line.keys()] == []
    assert {line["logger"].partition(".")[0] for line in lines["worker"]} >= {"jobs", "celery"}
    ids = {"printer": done.printer, "job": done.job}
    (queued,) = [line for line in lines["web"] if line.get("request") == REQUEST]
    assert queued == queued | ids | {"event": "labels queued: 1", "level": "info"}
    (ended,) = [line for line in lines["worker"] if line["event"].startswith("processing → completed")]
    assert ended == ended | ids
    assert "confirmed" in ended["event"]


def as_json(line: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        pytest.fail(f"not JSON: {line}")
    return found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cannot reach redis://labelhub:pass@redis:6379/0", "cannot reach redis://…@redis:6379/0"),
        ("rediss://:pass@host and http://host/x:y@z", "rediss://…@host and http://host/x:y@z"),
        ("Bearer lh_0123abcd_Zm9vYmFyYmF6cXV4cXV1eA was sent", "Bearer lh_… was sent"),
        ("job lh_ 7", "job lh_ 7"),
    ],
)
def test_what_a_library_quotes(text: str, said: str) -> None:
    assert without_secrets(text) == said
