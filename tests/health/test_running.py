"""A check that hangs is told in time, alone, and holds one thread however many probes come."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from health import readiness, running
from health.readiness import CHECKS, Checked


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every check hangs; the names of those that were begun."""
    begun, released = list[str](), threading.Event()

    def hang(name: str) -> Checked:
        begun.append(name)
        released.wait()
        return Checked("ok", "")

    monkeypatch.setattr(running, "_current", {})
    monkeypatch.setattr(running, "_running", {})
    monkeypatch.setattr(running, "_answer", hang)
    yield begun
    released.set()
    for each in list(running._running.values()):
        each.join()


@pytest.fixture
def hang_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """These checks hang, all others are well; the names of those that were begun."""
    begun, released = list[str](), threading.Event()

    def choose(*names: str) -> list[str]:
        def answer(name: str) -> Checked:
            begun.append(name)
            if name in names:
                released.wait()
            return Checked("ok", "")

        monkeypatch.setattr(running, "_answer", answer)
        return begun

    monkeypatch.setattr(running, "_current", {})
    monkeypatch.setattr(running, "_running", {})
    monkeypatch.setattr(running, "CHECK_LIMIT_S", 0.1)
    yield choose
    released.set()
    for each in list(running._running.values()):
        each.join()


@pytest.mark.parametrize("name", sorted(CHECKS.keys() - {"database"}))
def test_one_that_hangs_is_told_and_no_other(hang_in: Callable[..., list[str]], name: str) -> None:
    hang_in(name)
    begun = time.monotonic()
    found = running.run_checks(limit_s=0.5)
    assert time.monotonic() - begun < 0.8
    assert [other for other, each in found.items() if each.status != "ok"] == [name]
    assert found[name].detail.startswith("No answer within 0.")


def test_with_a_database_that_hangs_its_others_are_not_even_begun(
    hang_in: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(running.LIMITS_S, "database", 0.1)
    begun = hang_in("database")
    found = running.run_checks(limit_s=0.5)
    assert sorted(begun) == ["broker", "database", "printer_runtime", "sse_bus"]
    assert {name for name, each in found.items() if each.status == "ok"} == {*begun} - {"database"}
    assert found["print_queue"].detail == "The database does not answer."


def test_one_that_still_hangs_is_not_begun_again(hang_in: Callable[..., list[str]]) -> None:
    begun = hang_in("snmp_discovery")
    first, second = running.run_checks(limit_s=0.5), running.run_checks(limit_s=0.5)
    assert begun.count("snmp_discovery") == 1
    assert begun.count("print_queue") == 2
    assert second["snmp_discovery"].detail == "It has not answered since an earlier probe."
    assert (first["print_queue"].status, second["print_queue"].status) == ("ok", "ok")


def test_one_that_is_free_again_is_begun_again(hang_in: Callable[..., list[str]]) -> None:
    hang_in()
    for _ in range(3):
        found = running.run_checks(limit_s=0.5)
        assert {each.status for each in found.values()} == {"ok"}
    assert running._running == {}


def test_many_probes_at_once_share_a_round(hang_in: Callable[..., list[str]]) -> None:
    begun, answers = hang_in("migrations"), list[dict[str, Checked]]()
    probes = [threading.Thread(target=lambda: answers.append(running.run_checks(limit_s=0.5))) for _ in range(8)]
    for probe in probes:
        probe.start()
    for probe in probes:
        probe.join()
    assert begun.count("migrations") == 1
    assert [[name for name, each in found.items() if each.status != "ok"] for found in answers] == [["migrations"]] * 8


def test_checks_that_hang_are_an_answer_in_time(hanging: list[str]) -> None:
    begun = time.monotonic()
    found = running.run_checks(limit_s=0.2)
    assert time.monotonic() - begun < 0.5
    assert found.keys() == CHECKS.keys()
    assert {each.status for each in found.values()} == {"fail"}
    assert found["database"].detail.startswith("No answer within 0.")


def test_probes_that_meet_a_hanging_round_start_no_other(hanging: list[str]) -> None:
    for _ in range(5):
        running.run_checks(limit_s=0.01)
    assert sorted(hanging) == ["broker", "database", "printer_runtime"]


def test_a_check_that_breaks_is_a_failure(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(readiness.CHECKS, "sse_bus", lambda: 1 / 0)
    answer = running._answer("sse_bus")
    assert (answer.status, answer.private) == ("fail", "ZeroDivisionError('division by zero')")
    assert "The health check sse_bus failed" in caplog.text
