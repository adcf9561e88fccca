import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from printers.callers import HUB, Caller
from printers.errors import HubError
from printers.registration import PrinterRegistration
from templates_app.definition import read
from templates_app.registration import Diff, RegistrationConflict, register

COMMAND_LINE = Caller("command line", scopes=HUB.scopes)
MARKS = (("destructive", "!"), ("additive", "+"), ("changed_text", "~"))


class Command(BaseCommand):
    help = "Register templates and printers from TOML or JSON files; prints what changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="print the diff and change nothing")
        parser.add_argument("--force", action="store_true", help="apply changes that could break something")
        parser.add_argument("--check", action="store_true", help="change nothing, exit 1 unless there is no difference")
        parser.add_argument("--prune", action="store_true", help="remove registered templates that no file has")
        parser.add_argument("--json", action="store_true", help="print the answer of the API")

    def handle(self, *, files: list[str], **options: Any) -> None:
        only_look = options["dry_run"] or options["check"]
        try:
            descriptors = [d for name in files for d in _descriptors(name)]
            done = register(
                descriptors,
                by="command line",
                origin=", ".join(files),
                force=options["force"],
                dry_run=only_look,
                prune=options["prune"],
                printers=PrinterRegistration(COMMAND_LINE),
            )
        except RegistrationConflict as error:
            raise CommandError(error.detail + "\n" + "\n".join(_lines(error.extra["diff"]))) from error
        except HubError as error:
            lines = [f"  {p.pointer or '/'}: {p.message}" for p in error.problems]
            raise CommandError("\n".join([error.detail, *lines])) from error
        if options["json"]:
            self.stdout.write(json.dumps(done.as_json(), indent=1))
        else:
            self._report(done.diff, done.versions, done.dropped_presets)
        if options["check"] and not done.diff.empty:
            raise CommandError("What is registered differs from the files.", returncode=1)

    def _report(self, found: Diff, versions: dict[str, int], dropped: list[dict[str, str]]) -> None:
        for line in _lines(found.as_json()):
            self.stdout.write(line)
        for key in found.already_present:
            self.stdout.write(f"= {key}: as registered")
        for key, number in versions.items():
            self.stdout.write(self.style.SUCCESS(f"{key} is now version {number}"))
        for preset in dropped:
            self.stdout.write(self.style.WARNING(f"preset “{preset['preset']}” dropped: {preset['reason']}"))


def _descriptors(name: str) -> list[Any]:
    """One descriptor, several as a JSON list or under `descriptors`, or the [[printer]] tables of a configuration."""
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
    found = read(text, source=name)
    if isinstance(found, dict) and "key" not in found and isinstance(found.get("printer"), list):
        found = [each | {"kind": "printer"} if isinstance(each, dict) else each for each in found["printer"]]
    if isinstance(found, dict) and "descriptors" in found:
        found = found["descriptors"]
    return list(found) if isinstance(found, list) else [found]


def _lines(found: Any) -> list[str]:
    return [
        f"{mark} {entry['key']}{entry['path']}: {entry['kind']}: {entry['message']}"
        for name, mark in MARKS
        for entry in found[name]
    ]
