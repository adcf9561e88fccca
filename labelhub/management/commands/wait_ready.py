import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

# A printer that is switched off, or wrongly configured, is no reason to take a deployment back.
OF_PRINTERS = frozenset({"printer_runtime", "snmp_discovery", "sse_bus"})
# Readiness itself answers within 1.5 s, whatever hangs.
LIMIT_S = 5.0


class Command(BaseCommand):
    help = (
        "Wait until a hub serves and its workers, beat and broker live, a second between two questions; "
        "else exit 1 with its last answer."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="of a web process, such as http://127.0.0.1:8000")
        parser.add_argument("--tries", type=int, default=20)

    def handle(self, *, url: str, tries: int, **_: Any) -> None:
        address = url.rstrip("/").removesuffix("/readiness") + "/readiness"
        said = ""
        for number in range(1, max(1, tries) + 1):
            ready, said = ask(address)
            if ready:
                self.stdout.write(f"{address}, asked {number} times, says\n{said}")
                return
            if number < tries:
                time.sleep(1)
        self.stderr.write(
            f"{address} was not ready after {tries} tries. Its last answer:\n{said}\n"
            "The logs say more: docker compose logs web worker beat, kubectl logs, or the journal of your supervisor."
        )
        sys.exit(1)


def ask(address: str) -> tuple[bool, str]:
    """Whether it is ready, and what it answered, for people."""
    try:
        with urllib.request.urlopen(address, timeout=LIMIT_S) as response:  # noqa: S310 (the caller names it)
            body = response.read()
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
    except (OSError, ValueError) as error:
        return False, f"none: {getattr(error, 'reason', error)}"
    try:
        answer = json.loads(body)
        checks = {name: (each["status"], each["detail"]) for name, each in answer["checks"].items()}
        lines = [f"[{status}] {name}: {detail}" for name, (status, detail) in checks.items()]
        failing = {name for name, (status, _) in checks.items() if status == "fail"} - OF_PRINTERS
        return not failing and answer["status"] != "not-ready", "\n".join([str(answer["status"]), *lines])
    except (ValueError, KeyError, TypeError, AttributeError):
        return False, body[:500].decode(errors="replace")
