"""What must be true of every job and every printer, whatever happened to the hub (docs/reliability.md)."""

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

from jobs.models import Job, Outcome, State
from jobs.states import OUTCOME_UNKNOWN, QUEUED_IN_DEVICE, TERMINAL
from printers.emulator import EmulatedPrinter
from printers.models import Event
from printers.raster import Raster

COLUMNS = ("id", "state", "outcome", "reasons", "copies", "artifact", "barrier_at")
Row = dict[str, Any]


def check_invariants(devices: Iterable[EmulatedPrinter]) -> Counter[str]:
    """I1 to I6 for the jobs of the test's own database; how many ended in which way."""
    devices = list(devices)
    asked = Job.objects.filter(printer__port__in=[device.port for device in devices])
    events = Event.objects.filter(job_id__in=asked.values("pk"), data__has_key="to").order_by("id")
    return judge(list(asked.values(*COLUMNS)), [dict(event) for event in events.values("job_id", "data")], devices)


def check_invariants_of(database_url: str, devices: Iterable[EmulatedPrinter]) -> Counter[str]:
    """The same for the database of other processes."""
    devices = list(devices)
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        ports = [device.port for device in devices]
        columns = ", ".join(f"job.{name}" for name in COLUMNS)
        of_them = (
            "jobs_job AS job JOIN printers_printer AS printer ON printer.id = job.printer_id AND printer.port = ANY(%s)"
        )
        jobs = connection.execute(f"SELECT {columns} FROM {of_them}".encode(), [ports]).fetchall()
        events = connection.execute(
            f"SELECT event.job_id, event.data FROM printers_event AS event JOIN {of_them} ON job.id = event.job_id "
            "WHERE event.data ? 'to' ORDER BY event.id".encode(),
            [ports],
        ).fetchall()
    return judge(jobs, events, devices)


def judge(jobs: list[Row], events: list[Row], devices: list[EmulatedPrinter]) -> Counter[str]:
    printed = Counter(name for device in devices for label in device.labels for name in _names(label.raster))
    stories: dict[Any, list[tuple[str | None, str]]] = defaultdict(list)
    for event in events:
        stories[event["job_id"]].append((event["data"]["from"], event["data"]["to"]))
    ends: Counter[str] = Counter()
    for job in jobs:
        _check_job(job, printed[job["artifact"]] if job["artifact"] else 0)
        _check_story(job, stories[job["id"]])
        ends[f"{job['state']} {job['outcome']}"] += 1
    for device in devices:
        assert device.most_connections_at_once <= 1, "I5, two connections at once"
    return ends


def _names(raster: Raster) -> set[str]:
    """What the same dots are called by this release, and by those that had Pillow write the picture."""
    former = io.BytesIO()
    raster.black.save(former, "PNG", dpi=(raster.dpi_along, raster.dpi_across))
    return {raster.sha256, hashlib.sha256(former.getvalue()).hexdigest()}


def _check_job(job: Row, count: int) -> None:
    state, copies = job["state"], job["copies"]
    said = f"{job['id']} {state} {job['outcome']} {job['reasons']} printed {count}"
    assert count <= copies, f"I1, printed more than once: {said}"
    if state == State.COMPLETED and QUEUED_IN_DEVICE not in job["reasons"]:
        assert count == copies, f"I2, confirmed and not printed: {said}"
    assert state in TERMINAL or state == State.STOPPED, f"I3, never ended: {said}"
    if state in {State.ABORTED, State.CANCELED} and OUTCOME_UNKNOWN not in job["reasons"]:
        assert count == 0, f"I4, given up and printed: {said}"
    if state == State.STOPPED:
        assert (job["outcome"], job["barrier_at"] is not None) == (Outcome.UNKNOWN, True), said


def _check_story(job: Row, story: list[tuple[str | None, str]]) -> None:
    assert story, f"I6, nothing is told of {job['id']}"
    assert story[0] == (None, "pending"), story
    assert all(before[1] == after[0] for before, after in pairwise(story)), f"I6, a change is missing: {story}"
    assert story[-1][1] == job["state"], f"I6, the last change is missing: {story}, {job['state']}"
