"""Against bare sockets on loopback: each fake does one thing that printers do."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings

from printers.errors import TransportError
from printers.transport import Connection, connect

LABEL = bytes(range(256)) * 400  # 100 KB: fits into kernel buffers, as a real label does
BIG = LABEL * 80

Behaviour = Callable[[socket.socket], None]
Printing = Callable[..., int]


@pytest.fixture(autouse=True)
def _demo(settings: LazySettings) -> None:
    settings.DEMO = True


@pytest.fixture
def printing() -> Iterator[Printing]:
    """A listening socket whose one session is handled by a function; gives its port."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(behave: Behaviour, *, receive_buffer: int | None = None) -> int:
        listener = socket.socket()
        if receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        listeners.append(listener)

        def serve() -> None:
            session, _ = listener.accept()
            with session:
                behave(session)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        threads.append(thread)
        return int(listener.getsockname()[1])

    yield start
    for thread in threads:
        thread.join(5)
    for listener in listeners:
        listener.close()


def _read_all(into: bytearray) -> Behaviour:
    def behave(session: socket.socket) -> None:
        while piece := session.recv(65536):
            into.extend(piece)

    return behave


def _read(session: socket.socket, size: int) -> None:
    while size > 0:
        size -= len(session.recv(size))


def _reset(session: socket.socket) -> None:
    session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    session.close()


def _connected(
    port: int,
    *,
    seconds: float = 5,
    still_mine: Callable[[], bool] | None = None,
    before_wait: Callable[[], None] | None = None,
) -> Connection:
    deadline = time.monotonic() + seconds
    return connect("127.0.0.1", port, deadline=deadline, still_mine=still_mine, before_wait=before_wait)


def test_it_works(printing: Printing) -> None:
    got = bytearray()
    with _connected(printing(_read_all(got))) as wire:
        one = wire.send(LABEL)
        sent = wire.finish()
    assert (one.bytes_total, one.bytes_written, one.bytes_acked) == (len(LABEL),) * 3
    assert (sent.bytes_total, sent.bytes_acked, sent.fully_acked) == (len(LABEL), len(LABEL), True)
    assert (sent.drained, sent.closed_by_peer, sent.reset, sent.error) == (True, False, False, "")
    assert bytes(got) == LABEL


def test_label_by_label_each_call_reports_its_own_bytes(printing: Printing) -> None:
    got = bytearray()
    with _connected(printing(_read_all(got))) as wire:
        parts = [wire.send(LABEL[:size]) for size in (100, 20_000, 3)]
        sent = wire.finish()
    assert [(p.bytes_total, p.bytes_acked, p.fully_acked) for p in parts] == [
        (100, 100, True),
        (20_000, 20_000, True),
        (3, 3, True),
    ]
    assert sent.bytes_acked == 20_103
    assert bytes(got) == LABEL[:100] + LABEL[:20_000] + LABEL[:3]


def test_progress_is_told_and_ends_with_everything(printing: Printing) -> None:
    steps: list[tuple[int, int]] = []
    with _connected(printing(_read_all(bytearray()))) as wire:
        wire.send(BIG, on_progress=lambda acked, total: steps.append((acked, total)))
    assert steps[-1] == (len(BIG), len(BIG))
    assert len(steps) > 2
    assert steps == sorted(steps)


def test_something_is_done_while_it_is_on_its_way(printing: Printing) -> None:
    got, seen = bytearray(), list[int]()

    def meanwhile() -> None:
        seen.append(wire.sent.bytes_written)

    with _connected(printing(_read_all(got))) as wire:
        sent = wire.send(BIG, meanwhile=meanwhile)
        assert sent.fully_acked
        assert wire.send(LABEL).fully_acked
    assert seen == [len(BIG)]


def test_what_the_printer_says_is_read_and_forgotten(printing: Printing) -> None:
    def talkative(session: socket.socket) -> None:
        session.sendall(b"x" * 100_000)
        _read_all(bytearray())(session)

    with _connected(printing(talkative)) as wire:
        wire.send(LABEL)
        assert wire.finish().drained


def test_refused_is_before_the_first_byte() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(TransportError, match="refused the connection") as caught:
            _connected(unused.getsockname()[1])
    assert caught.value.sent is False


def test_an_address_that_no_printer_may_have_is_before_the_first_byte(settings: LazySettings) -> None:
    settings.DEMO = False
    with pytest.raises(TransportError, match="this machine itself") as caught:
        _connected(9100)
    assert (caught.value.sent, caught.value.code) == (False, "address-refused")


def test_an_unknown_name_is_before_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: object, **more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    waits: list[None] = []
    with pytest.raises(TransportError, match="no host called") as caught:
        connect("labels.lan", 9100, deadline=time.monotonic() + 1, before_wait=lambda: waits.append(None))
    assert caught.value.sent is False
    assert waits == [None]


def test_a_connection_that_nobody_accepts_ends_by_the_deadline() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            waiting.append(filler)
        waits: list[float] = []
        started = time.monotonic()
        with pytest.raises(TransportError, match="did not answer") as caught:
            _connected(full.getsockname()[1], seconds=0.3, before_wait=lambda: waits.append(time.monotonic()))
        assert time.monotonic() - started < 1
        assert [at - started < 0.2 for at in waits] == [True]
        assert caught.value.sent is False
        for filler in waiting:
            filler.close()


def test_a_printer_that_is_awake_is_not_waited_for(printing: Printing) -> None:
    waits: list[None] = []
    _connected(printing(_read_all(bytearray())), before_wait=lambda: waits.append(None)).close()
    assert waits == []


def test_no_time_left_does_not_connect(printing: Printing) -> None:
    with pytest.raises(TransportError, match="no time left"):
        _connected(9100, seconds=-1)


def test_a_reset_in_the_middle_is_never_a_success(printing: Printing) -> None:
    def resets(session: socket.socket) -> None:
        _read(session, 200_000)
        _reset(session)

    with _connected(printing(resets)) as wire:
        part = wire.send(BIG)
        later = wire.send(LABEL)
        sent = wire.finish()
    assert part.reset
    assert "reset" in part.error or "broke" in part.error
    assert 0 < part.bytes_acked < len(BIG)
    assert part.bytes_written > 0
    assert later.bytes_written == 0
    assert (sent.fully_acked, sent.drained) == (False, False)


def test_a_reset_after_a_label_that_fitted_the_buffers_is_seen(printing: Printing) -> None:
    """The case in which sendall() and close() both succeed."""

    def resets(session: socket.socket) -> None:
        time.sleep(0.2)
        _reset(session)

    with _connected(printing(resets)) as wire:
        wire.send(LABEL[:1000])
        sent = wire.finish()
    assert sent.reset
    assert not sent.fully_acked
    assert "reset the connection" in sent.error


def test_a_reset_before_the_first_byte_may_be_tried_again(printing: Printing) -> None:
    gone = threading.Event()

    def resets(session: socket.socket) -> None:
        _reset(session)
        gone.set()

    with pytest.raises(TransportError) as caught, _connected(printing(resets)) as wire:  # noqa: PT012
        gone.wait(2)
        time.sleep(0.05)
        wire.send(LABEL)
    assert caught.value.sent is False


def test_a_slow_reader_is_ended_by_the_one_total_deadline(printing: Printing) -> None:
    over = threading.Event()

    def slow(session: socket.socket) -> None:
        while not over.wait(0.05):
            session.recv(500)

    started = time.monotonic()
    with _connected(printing(slow, receive_buffer=4096), seconds=0.6) as wire:
        part = wire.send(BIG)
        sent = wire.finish()
    over.set()
    assert 0.5 < time.monotonic() - started < 1.5
    assert "stopped taking data" in part.error
    assert 0 < part.bytes_acked < part.bytes_written < len(BIG)
    assert not sent.fully_acked


def test_little_is_left_in_the_kernel_when_the_printer_does_not_read(printing: Printing) -> None:
    over = threading.Event()

    with _connected(printing(lambda session: bool(over.wait(5)) and None, receive_buffer=4096), seconds=0.4) as wire:
        part = wire.send(BIG)
    over.set()
    assert part.bytes_written - part.bytes_acked < 200_000


def test_a_printer_that_ends_its_side_early_gets_no_more(printing: Printing) -> None:
    def half_closes(session: socket.socket) -> None:
        _read(session, 50_000)
        session.shutdown(socket.SHUT_WR)
        while session.recv(65536):
            pass

    with _connected(printing(half_closes, receive_buffer=4096)) as wire:
        part = wire.send(BIG)
        sent = wire.finish()
    assert "ended the session" in part.error
    assert part.bytes_written < len(BIG)
    assert (sent.closed_by_peer, sent.fully_acked) == (True, False)


def test_a_label_after_the_session_ended_is_known_not_to_have_left(printing: Printing) -> None:
    ended = threading.Event()

    def one_label(session: socket.socket) -> None:
        _read(session, 1000)
        session.shutdown(socket.SHUT_WR)
        ended.set()
        session.recv(1)

    with _connected(printing(one_label)) as wire:
        first = wire.send(LABEL[:1000])
        ended.wait(2)
        time.sleep(0.05)
        second = wire.send(LABEL[:1000])
    assert (first.fully_acked, first.error) == (True, "")
    assert second.bytes_written == 0
    assert second.error


def test_a_printer_that_keeps_its_side_open_is_not_an_error(printing: Printing) -> None:
    over = threading.Event()

    def keeps(session: socket.socket) -> None:
        _read(session, len(LABEL))
        over.wait(5)

    started = time.monotonic()
    with _connected(printing(keeps)) as wire:
        wire.send(LABEL)
        sent = wire.finish(drain_s=0.2)
    over.set()
    assert time.monotonic() - started < 1
    assert (sent.fully_acked, sent.drained, sent.error) == (True, False, "")


def test_nothing_is_written_once_the_turn_is_over(printing: Printing) -> None:
    got = bytearray()
    mine = True
    with _connected(printing(_read_all(got)), still_mine=lambda: mine) as wire:
        wire.send(LABEL[:1000])
        mine = False
        part = wire.send(LABEL)
        sent = wire.finish()
    assert (part.stopped, part.bytes_written) == (True, 0)
    assert "turn at the printer ended" in part.error
    assert sent.bytes_written == 1000
    time.sleep(0.05)
    assert bytes(got) == LABEL[:1000]


def test_an_exception_from_the_listener_stops_and_closes(printing: Printing) -> None:
    got = bytearray()

    def interrupt(acked: int, total: int) -> None:
        if acked > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), _connected(printing(_read_all(got))) as wire:
        wire.send(BIG, on_progress=interrupt)
    assert len(got) < len(BIG)
