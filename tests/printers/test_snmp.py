import asyncio
import logging
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import LazySettings

from printers import snmp
from printers.brother_status import build_block
from printers.snmp import Answer, Target, oids, quick_read, read, read_all
from printers.snmp.answers import clean
from tests.printers.agents import DIE_CUT_BLOCK, PT, PT_BLOCK, QL, SWITCH, Agent, NetSnmp

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _demo(settings: LazySettings) -> None:
    settings.DEMO = True


def _read(agent: Agent | NetSnmp, *, community: str = "public", timeout_s: float = 0.4) -> Answer:
    return read(Target("127.0.0.1", agent.port, community), timeout_s)


def test_it_works() -> None:
    with Agent(PT) as agent:
        answer = _read(agent)
    assert answer == Answer(
        block=PT_BLOCK,
        device_id="MFG:Brother;CMD:PJL;MDL:PT-P750W;CLS:PRINTER;DES:Brother PT-P750W;",
        device_descr="Brother PT-P750W",
        sys_descr="Brother NC-18002w, Firmware Ver.1.06",
        sys_name="BRW0080927AFBCE",
        printer_status=3,
        detected_errors=b"\0",
        media_name='12mm(0.47")',
        display="READY",
        life_count=17,
        version="2c",
    )


def test_everything_is_asked_in_one_packet() -> None:
    with Agent(PT) as agent:
        _read(agent)
    assert agent.asked == [(1, len(oids.ALL))]


@pytest.mark.parametrize("labels", [0, 17, 127, 128, 65_536, 0x5A3C5A3C, 2**31 - 1])
def test_two_ways_to_ask_hear_the_same_counter(labels: int) -> None:
    with Agent({**PT, oids.LIFE_COUNT: labels}) as agent:
        target = Target("127.0.0.1", agent.port)
        answers = [quick_read(target), quick_read(target), *read_all([target], wanted=oids.QUICK)]
    assert [answer.life_count for answer in answers] == [labels] * 3
    assert answers[0] == answers[1] == answers[2]


def test_a_quick_read_is_one_small_packet() -> None:
    with Agent(PT) as agent:
        answer = quick_read(Target("127.0.0.1", agent.port))
    assert (answer.block, answer.printer_status, answer.life_count) == (PT_BLOCK, 3, 17)
    assert (answer.ok, answer.complete, answer.media_name) == (True, False, "")
    assert agent.asked == [(1, 3)]


def test_it_is_asked_again_over_the_same_socket_until_it_is_silent() -> None:
    with Agent(PT) as agent:
        target = Target("127.0.0.1", agent.port)
        answers = [quick_read(target), quick_read(target)]
        agent.deaf = True
        answers.append(quick_read(target, 0.2))
        agent.deaf = False
        answers.append(quick_read(target))
    assert [answer.life_count for answer in answers] == [17, 17, None, 17]
    assert agent.askers[0] == agent.askers[1] == agent.askers[2]
    assert agent.askers[-1] != agent.askers[0]


def test_a_device_that_lacks_some_of_it() -> None:
    with Agent({oid: PT[oid] for oid in (oids.DEVICE_ID, oids.SYS_DESCR)}) as agent:
        answer = _read(agent)
    assert answer.ok
    assert (answer.block, answer.printer_status, answer.display) == (None, None, "")


def test_dimensions_are_asked_for_where_nothing_else_has_a_width() -> None:
    values = {
        oids.DEVICE_ID: PT[oids.DEVICE_ID],
        oids.MEDIA_UNIT: 4,
        oids.MEDIA_ACROSS: 62_000,
        oids.MEDIA_FEED: -2,
    }
    with Agent(values) as agent:
        answer = _read(agent)
    assert (answer.media_across_mm, answer.media_feed_mm) == (62.0, None)


def test_a_device_that_takes_only_small_packets() -> None:
    with Agent(PT, largest=2) as agent:
        answer = _read(agent)
    assert answer.block == PT_BLOCK
    assert answer.sys_name == "BRW0080927AFBCE"
    assert max(size for _, size in agent.asked[1:]) <= len(oids.ALL) // 2


def test_a_device_that_speaks_v1_only_and_lacks_some_of_it() -> None:
    values = {oid: value for oid, value in PT.items() if oid not in (oids.LIFE_COUNT, oids.DISPLAY)}
    with Agent(values, versions=[0]) as agent:
        first = _read(agent)
        asked = len(agent.asked)
        second = _read(agent)
    assert (first.version, first.block, first.life_count) == ("1", PT_BLOCK, None)
    assert second == first
    # What it speaks and lacks is remembered: one packet from now on.
    assert agent.asked[asked:] == [(0, len(oids.ALL) - 2)]


def test_a_lost_packet_is_not_a_dead_printer() -> None:
    with Agent(PT, lose=1) as agent:
        assert _read(agent).ok


def test_silence_is_one_timeout() -> None:
    with Agent(PT, deaf=True) as agent:
        started = time.monotonic()
        answer = _read(agent, timeout_s=0.3)
    assert 0.25 < time.monotonic() - started < 0.6
    assert answer.problem == "timeout"
    assert "switched off or asleep" in answer.error


def test_a_device_without_snmp_is_told_by_the_network_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    answer = read(Target("127.0.0.1", port), 2.0)
    assert time.monotonic() - started < 0.5
    assert answer.problem == "refused"
    assert "Switch SNMP on" in answer.error


def test_a_wrong_community_is_told_where_public_works() -> None:
    with Agent(PT) as agent:
        answer = _read(agent, community="geheim")
    assert answer.problem == "wrong-community"
    assert "geheim" not in answer.error


def test_another_community_stays_a_silence() -> None:
    with Agent(PT, community=b"geheim") as agent:
        assert _read(agent).problem == "timeout"
        assert _read(agent, community="geheim").ok


def test_not_a_printer() -> None:
    with Agent(SWITCH) as agent:
        answer = _read(agent)
    assert answer.problem == "not-a-printer"
    assert "ProCurve Switch 2810-24G" in answer.error


@pytest.mark.parametrize("raw", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"HTTP/1.1 200 OK", b"\x30\x80" * 4000])
def test_garbage(raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Agent(PT, raw=raw) as agent:
        answer = _read(agent)
    assert answer.problem == "garbage"
    assert "nobody can read" in answer.error
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize("block", [b"\x80\x20B", b"\0" * 32, PT_BLOCK + b"\0", b""])
def test_a_block_that_is_none_is_ignored_and_noted(block: bytes) -> None:
    with Agent({**PT, oids.STATUS_BLOCK: block}) as agent:
        answer = _read(agent)
    assert (answer.ok, answer.block) == (True, None)
    assert "ignored" in answer.notes[0]


def test_a_block_that_is_none_alone_is_garbage() -> None:
    with Agent({oids.STATUS_BLOCK: b"\x80\x20X" + b"\0" * 29, oids.SYS_DESCR: b"x"}) as agent:
        assert _read(agent).problem == "garbage"


def test_an_answer_to_another_question_is_no_answer() -> None:
    with Agent(PT) as donor:
        recorded: list[bytes] = []
        original = donor._answer
        donor._answer = lambda question: recorded.append(original(question) or b"") or recorded[-1]  # type: ignore[method-assign,func-returns-value]
        _read(donor)
    with Agent(PT, raw=recorded[0]) as agent:
        assert _read(agent).problem == "timeout"


def test_only_the_device_itself_can_answer() -> None:
    """A correct answer from another port of the same machine is not heard."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar,
    ):
        asked.bind(("127.0.0.1", 0))
        liar.bind(("127.0.0.1", 0))

        def lie() -> None:
            question, sender = asked.recvfrom(65535)
            with Agent(PT) as honest:
                liar.sendto(honest._answer(question) or b"", sender)

        thread = threading.Thread(target=lie, daemon=True)
        thread.start()
        answer = read(Target("127.0.0.1", asked.getsockname()[1]), 0.3)
        thread.join(2)
    assert answer.problem == "timeout"


def test_hostile_texts_are_cleaned_and_capped() -> None:
    values = {
        **PT,
        oids.DISPLAY: b"\x1b[31mREADY\r\n\xe2\x80\xae" + b"x" * 5000,
        oids.SYS_NAME: b"\xff\xfe",
        oids.LIFE_COUNT: -5,
    }
    with Agent(values) as agent:
        answer = _read(agent)
    assert answer.display.startswith("[31mREADY xxx")
    assert len(answer.display) == 120
    assert answer.sys_name == "��"
    assert answer.life_count is None


def test_cleaning_keeps_what_people_read() -> None:
    assert clean("  Drücker  fertig\x00\u202e ⌀ 12 ") == "Drücker fertig ⌀ 12"


def test_an_address_that_no_printer_may_have_is_not_asked(settings: LazySettings) -> None:
    settings.DEMO = False
    with Agent(PT) as agent:
        answer = _read(agent)
    assert answer.problem == "address"
    assert agent.asked == []


def test_many_at_once_keep_their_order() -> None:
    with Agent(PT, delay_s=0.0) as one, Agent(QL) as two, Agent(PT, deaf=True) as dead:
        targets = [Target("127.0.0.1", agent.port) for agent in (one, two, dead, two, one)]
        answers = read_all(targets, 0.4)
    assert [a.block for a in answers] == [PT_BLOCK, DIE_CUT_BLOCK, None, DIE_CUT_BLOCK, PT_BLOCK]


def test_an_answer_that_is_here_counts_although_this_machine_is_busy() -> None:
    """The loop is held past the timeout while the answer waits in the socket."""
    with Agent(PT) as agent:

        async def busy() -> Answer:
            asking = asyncio.ensure_future(snmp.read_many([Target("127.0.0.1", agent.port)], 0.2))
            await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
            time.sleep(0.6)
            return (await asking)[0]

        assert asyncio.run(busy()).ok


def test_a_process_without_free_sockets_does_not_call_printers_dead() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Agent(PT) as agent:
        _read(agent)
        with socket.socket() as probe:
            lowest_free = probe.fileno()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 4, hard))
        try:
            answers = read_all([Target("127.0.0.1", agent.port)] * 40, 1.0)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [a.problem for a in answers] == [""] * 40


def test_a_forked_child_asks_with_a_loop_of_its_own() -> None:
    with Agent(PT) as agent:
        _read(agent)
        code = (
            "import os, django; django.setup()\n"
            "from printers.snmp import Target, read\n"
            f"target = Target('127.0.0.1', {agent.port})\n"
            "assert read(target).ok\n"
            "child = os.fork()\n"
            "if child == 0: os._exit(0 if read(target, 2.0).ok else 1)\n"
            "raise SystemExit(os.waitpid(child, 0)[1])\n"
        )
        environment = {**os.environ, "LABELHUB_DEMO": "1", "DJANGO_SETTINGS_MODULE": "labelhub.settings"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, timeout=30, check=False)
    assert done.returncode == 0


def test_a_community_is_not_in_the_representation() -> None:
    assert "geheim" not in repr(Target("printer.invalid", 161, "geheim"))


@pytest.mark.services
def test_net_snmp_as_a_pt_p750w(tmp_path: Path) -> None:
    with NetSnmp(PT, tmp_path) as agent:
        answer = _read(agent, timeout_s=2)
        quick = quick_read(Target("127.0.0.1", agent.port), 2)
    assert (answer.block, answer.media_name, answer.display) == (PT_BLOCK, '12mm(0.47")', "READY")
    assert (answer.printer_status, answer.life_count, answer.sys_name) == (3, 17, "BRW0080927AFBCE")
    assert (quick.block, quick.printer_status) == (PT_BLOCK, 3)


@pytest.mark.services
def test_net_snmp_as_a_ql_820nwb_with_die_cut_labels(tmp_path: Path) -> None:
    with NetSnmp(QL, tmp_path) as agent:
        answer = _read(agent, timeout_s=2)
    assert (answer.block, answer.media_name) == (DIE_CUT_BLOCK, "62mm x 29mm")


@pytest.mark.services
def test_net_snmp_itself_is_no_printer(tmp_path: Path) -> None:
    with NetSnmp({}, tmp_path) as agent:
        answer = _read(agent, timeout_s=2)
    assert answer.problem == "not-a-printer"
    assert "Linux" in answer.error


@pytest.mark.services
def test_net_snmp_with_another_community(tmp_path: Path) -> None:
    with NetSnmp(PT, tmp_path) as agent:
        assert _read(agent, community="geheim", timeout_s=1).problem == "wrong-community"


def test_the_sample_of_a_die_cut_roll_is_whole() -> None:
    assert DIE_CUT_BLOCK[:20] == bytes.fromhex("80 20 42 34 41 30 04 00 00 00 3e 0b 00 00 03 00 00 1d 00 00")
    assert len(build_block(series=0x34, model_code=0x41)) == len(DIE_CUT_BLOCK) == 32
