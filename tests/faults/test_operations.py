"""Every operation of the API on jobs, batches and printers, as a worker of its own and the printers see it."""

from collections.abc import Iterator
from typing import Any

import pytest

from jobs.models import Job, Outcome, State
from printers.emulator import EmulatedPrinter
from templates_app.registration import load_builtin
from tests.api import Script, script
from tests.faults.workers import Worker
from tests.jobs.labels import TEXT, make_printer, make_template, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


class Bench:
    """A printer, what is asked of it by API, and the words on its labels."""

    def __init__(self, caller: Script, device: EmulatedPrinter, name: str, medium: str) -> None:
        self.caller, self.device = caller, device
        self.printer = make_printer(device, name=name, media=medium)
        self.seen = 0

    def do(self, path: str, body: object = None) -> Any:
        answer = self.caller.post(f"/api/{path}", body)
        assert answer.status_code in {200, 202}, answer.content
        return answer.json()

    def printer_does(self, verb: str) -> Any:
        return self.do(f"printers/{self.printer.pk}/{verb}")

    def ask(self, *words: str) -> dict[str, Any]:
        rows = [{"word": word} for word in words]
        answer: dict[str, Any] = self.do("print", {"printer": self.printer.path, "template": "word", "rows": rows})
        return answer

    def one(self, word: str) -> str:
        return str(self.ask(word)["jobs"][0]["id"])

    def came_out(self) -> list[str]:
        """Since it was asked last, when nothing waits for its turn any more."""
        waiting = Job.objects.filter(state__in=[State.PENDING, State.PROCESSING])
        wait_for(lambda: not waiting.exists(), "all labels", 60)
        words = {job.artifact: str(job.fields.get("word")) for job in Job.objects.exclude(artifact="")}
        labels, self.seen = self.device.labels[self.seen :], len(self.device.labels)
        return [words[label.raster.sha256] for label in labels]


@pytest.fixture
def benches() -> Iterator[tuple[Bench, Bench]]:
    with (
        EmulatedPrinter("PT-P750W", "tze:12", speed=0) as narrow,
        EmulatedPrinter("PT-P750W", "tze:24", speed=0) as wide,
    ):
        make_template()
        caller = script()
        yield Bench(caller, narrow, "narrow", "tze:12"), Bench(caller, wide, "wide", "tze:24")


def test_every_operation_reaches_the_printer(benches: tuple[Bench, Bench]) -> None:
    bench, other = benches
    do, printer_does = bench.do, bench.printer_does
    with Worker():
        # While it is paused nothing comes out, and what is done to jobs decides what will.
        printer_does("pause")
        first, second, third, fourth = (bench.one(word) for word in ("first", "second", "third", "fourth"))
        do(f"jobs/{first}/cancel")
        do(f"jobs/{second}/hold")
        do(f"jobs/{fourth}/priority", {"priority": 1})
        assert bench.device.labels == []
        printer_does("resume")
        assert bench.came_out() == ["fourth", "third"]
        do(f"jobs/{second}/release")
        assert bench.came_out() == ["second"]

        # The same dots, and those of today's template.
        do(f"jobs/{third}/reprint")
        assert bench.came_out() == ["third"]
        make_template(TEXT.replace('"{word}"', '"{word} now"'))
        before = bench.device.labels[-1].raster.sha256
        anew = do(f"jobs/{third}/reprint", {"rerender": True})
        assert (anew["template_version"], bench.came_out()) == (2, ["third"])
        assert bench.device.labels[-1].raster.sha256 != before

        # Moved, it is drawn for the tape of the other one.
        printer_does("pause")
        do(f"jobs/{bench.one('moved')}/move", {"printer": other.printer.path})
        assert (other.came_out(), other.device.labels[-1].medium) == (["moved"], "tze:24")

        # Nobody knew whether it came out; a person saw that it did not.
        lost = bench.one("lost")
        Job.objects.filter(pk=lost).update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        do(f"jobs/{lost}/resolve", {"printed": False, "reprint": True})
        printer_does("resume")
        assert bench.came_out() == ["lost"]

        # A batch ends early, and goes on where somebody says.
        printer_does("pause")
        batch = bench.ask("a", "b", "c")["batch"]
        do(f"batches/{batch}/cancel")
        printer_does("resume")
        assert bench.came_out() == []
        do(f"batches/{batch}/resume", {"from": 1})
        assert bench.came_out() == ["b", "c"]

        # Cleared, none of its labels comes out; a test label does.
        printer_does("pause")
        bench.ask("never", "never")
        assert printer_does("clear") == {"canceled": 2}
        printer_does("resume")
        assert bench.came_out() == []
        load_builtin()
        printer_does("test")
        assert len(bench.came_out()) == 1
    assert other.came_out() == []
