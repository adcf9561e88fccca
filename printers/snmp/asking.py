"""How a device is asked: in one packet if it can, else in the largest that it accepts, v2c before v1."""

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from functools import partial

from printers.errors import AddressRefused
from printers.networks import check_snmp_address, is_literal
from printers.snmp import direct, oids
from printers.snmp.answers import Answer, Target, answer_from, failed, refused_address
from printers.snmp.ber import Value
from printers.snmp.session import NO_ERROR, NO_SUCH_NAME, REFUSALS, Heard, Question, Session, open_session

V1, V2C = 0, 1
VERSIONS = {V1: "1", V2C: "2c"}
ALL, QUICK = oids.ALL, oids.QUICK
PUBLIC = b"public"
IN_FLIGHT = 200
# A device that is asked in pieces gets this many times the patience for one packet.
LONGEST_FACTOR = 4
AT_ONCE_S = 0.2
REMEMBERED = 4096
OUR_OWN_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

# What a v1 device does not have: v1 refuses a whole packet for one unknown OID, so that each costs a round trip.
_speaks_v1: dict[Target, frozenset[str]] = {}

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def read(target: Target, timeout_s: float = 1.0) -> Answer:
    """Everything that a device says of itself. `timeout_s` is the patience for one packet."""
    return read_all([target], timeout_s)[0]


def quick_read(target: Target, timeout_s: float = 0.5) -> Answer:
    """Status block, hrPrinterStatus and life counter alone, cheap enough for four times a second."""
    return read_here(target, timeout_s, wanted=QUICK)


def read_here(target: Target, timeout_s: float = 1.0, *, wanted: tuple[str, ...] = ALL) -> Answer:
    """In this thread, which most devices answer at once; where one does not, the loop asks with all of the patience."""
    if target in _speaks_v1:
        return read_all([target], timeout_s, wanted=wanted)[0]
    answer = direct.ask(target, wanted, min(AT_ONCE_S, timeout_s / 2))
    return answer or read_all([target], timeout_s, wanted=wanted)[0]


def read_all(targets: Sequence[Target], timeout_s: float = 1.0, *, wanted: tuple[str, ...] = ALL) -> list[Answer]:
    """`read_many` for threads: all of them share one event loop and one dispatcher per process."""
    return asyncio.run_coroutine_threadsafe(read_many(targets, timeout_s, wanted=wanted), _running_loop()).result()


async def read_many(
    targets: Sequence[Target],
    timeout_s: float = 1.0,
    *,
    wanted: tuple[str, ...] = ALL,
    in_flight: int = IN_FLIGHT,
) -> list[Answer]:
    """One answer per target, in their order; at most `in_flight` are asked at a time."""
    answers: list[Answer] = [Answer()] * len(targets)
    waiting: Iterator[tuple[int, Target]] = iter(enumerate(targets))

    async def ask_in_turn() -> None:
        for number, target in waiting:
            answers[number] = await _read(target, timeout_s, wanted)

    await asyncio.gather(*(ask_in_turn() for _ in range(min(in_flight, len(targets)))))
    return answers


async def _read(target: Target, timeout_s: float, wanted: tuple[str, ...]) -> Answer:
    where = f"{target.host}:{target.port}"
    try:
        session = await _open(await _address(target), LONGEST_FACTOR * timeout_s)
    except AddressRefused as e:
        return refused_address(e.detail)
    except OSError as e:
        return failed("unreachable", where, e.strerror or str(e))
    try:
        return await _conversation(session, target, where, timeout_s, wanted)
    finally:
        session.close()


async def _open(address: tuple[str, int], patience_s: float) -> Session:
    """That this process has no socket to spare says nothing of the device; others give theirs back soon."""
    until = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            return await open_session(address)
        except OSError as e:
            if e.errno not in OUR_OWN_LIMITS or asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(0.02)


async def _address(target: Target) -> tuple[str, int]:
    loop = asyncio.get_running_loop()
    if target.check:
        check = partial(check_snmp_address, target.host, target.port)
        return check() if is_literal(target.host) else await loop.run_in_executor(None, check)
    answers = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)
    answers.sort(key=lambda answer: answer[0] != socket.AF_INET)
    return str(answers[0][4][0]), target.port


async def _conversation(
    session: Session, target: Target, where: str, timeout_s: float, wanted: tuple[str, ...]
) -> Answer:
    community = target.community.encode("utf-8")
    absent = _speaks_v1.get(target)
    version = V2C if absent is None else V1
    asked = tuple(oid for oid in wanted if oid not in (absent or ()))
    heard = await session.ask(
        Question(version, community, asked),
        timeout_s,
        later=[Question(v, community, oids.SMALLEST) for v in (V2C, V1)],
        other=Question(V2C, PUBLIC, oids.SMALLEST) if community != PUBLIC else None,
    )
    if not isinstance(heard, Heard):
        _speaks_v1.pop(target, None)
        return _silence(session, where, heard)
    if heard.error_status in REFUSALS:
        return failed("wrong-community", where)
    version = heard.question.version
    collect = _Collector(session, community, version, timeout_s)
    if heard.question.oids == asked:
        await collect.take(heard)
    else:
        await collect.fetch(asked)
    complete = wanted == ALL
    answer = answer_from(collect.values, where, version=VERSIONS[version], complete=complete)
    if answer.ok and complete and answer.block is None and not answer.media_name:
        await collect.fetch(oids.DIMENSIONS)
        answer = answer_from(collect.values, where, version=VERSIONS[version])
    if version == V1 and len(_speaks_v1) < REMEMBERED:
        _speaks_v1[target] = frozenset(absent or ()) | collect.absent
    if session.garbage and answer.ok:
        answer = answer._replace(notes=(*answer.notes, "Unreadable packets came from its address, too."))
    return answer


def _silence(session: Session, where: str, heard: OSError | None) -> Answer:
    if isinstance(heard, ConnectionRefusedError):
        return failed("refused", where)
    if isinstance(heard, OSError):
        return failed("unreachable", where, heard.strerror or str(heard))
    if session.other_answered:
        return failed("wrong-community", where)
    return failed("garbage" if session.garbage else "timeout", where)


class _Collector:
    """Puts the values of several packets together; splits what a device refuses to answer at once."""

    def __init__(self, session: Session, community: bytes, version: int, timeout_s: float) -> None:
        self.values: dict[str, Value] = {}
        self.absent: set[str] = set()
        self._session, self._community, self._version, self._timeout_s = session, community, version, timeout_s
        self._until = session.loop.time() + LONGEST_FACTOR * timeout_s

    async def fetch(self, part: tuple[str, ...]) -> None:
        if not part or self._session.loop.time() > self._until:
            return
        heard = await self._session.ask(Question(self._version, self._community, part), self._timeout_s)
        if isinstance(heard, Heard):
            await self.take(heard)
        elif heard is None:
            await self._halves(part)

    async def take(self, heard: Heard) -> None:
        part, status, index = heard.question.oids, heard.error_status, heard.error_index
        if status == NO_ERROR:
            self.values.update(heard.values)
        elif len(part) == 1:
            self.absent.update(part)
        elif status == NO_SUCH_NAME and 1 <= index <= len(part):
            self.absent.add(part[index - 1])
            await self.fetch(part[: index - 1] + part[index:])
        else:
            await self._halves(part)

    async def _halves(self, part: tuple[str, ...]) -> None:
        if len(part) > 1:
            middle = len(part) // 2
            await self.fetch(part[:middle])
            await self.fetch(part[middle:])


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.SelectorEventLoop()
            threading.Thread(target=_loop.run_forever, name="snmp", daemon=True).start()
        return _loop


def _forget_loop() -> None:
    """A forked child has the loop's memory and not its thread."""
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_loop)
