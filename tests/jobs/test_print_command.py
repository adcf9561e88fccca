import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.dispatch import drain
from jobs.models import Job, State
from printers.emulator import EmulatedPrinter
from printers.models import Printer

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("print", "--printer", "bench", "--template", "word", *arguments, stdout=out)
    return out.getvalue()


def test_it_works(printer: Printer) -> None:
    said = run("word=hello", "--copies", "2")
    job = Job.objects.get()
    assert said == f"{job.pk} pending\n"
    assert (job.fields, job.copies, job.requested_by) == ({"word": "hello"}, 2, "command line")


def test_wait_follows_it_to_the_end(printer: Printer, device: EmulatedPrinter, rung: list[str]) -> None:
    def work() -> None:
        try:
            while not rung:
                pass
            drain(printer.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    said = run("word=hello", "--wait")
    worker.join()
    assert said.splitlines()[-1] == f"{Job.objects.get().pk} completed confirmed"
    assert len(device.labels) == 1


def test_wait_fails_where_nobody_prints(printer: Printer) -> None:
    with pytest.raises(CommandError, match="still pending after"):
        run("word=hello", "--wait", "--timeout", "0.1")


def test_wait_fails_where_it_was_given_up(printer: Printer) -> None:
    said = run("word=hello", "--key", "k")
    Job.objects.update(state=State.CANCELED, message="ann canceled it.")
    with pytest.raises(CommandError, match="ann canceled it"):
        run("word=hello", "--key", "k", "--wait")
    assert said.split()[0] == str(Job.objects.get().pk)


@pytest.mark.parametrize(
    ("argument", "says"), [("hello", "name=value"), ("wurd=x", "There is no field “wurd”"), ("word=", "needs a value")]
)
def test_a_wrong_argument_queues_nothing(printer: Printer, argument: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(argument)
    assert not Job.objects.exists()
