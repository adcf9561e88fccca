"""Questions and answers with one device, over a connected UDP socket of its own.

pysnmp writes the questions and carries the packets. The sockets, the patience and the reading are ours: one shared,
unconnected socket would take answers from anybody, hear no ICMP error, and overflow when hundreds answer at once.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from pyasn1.codec.ber import encoder  # type: ignore[import-untyped]
from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME, UdpAsyncioTransport
from pysnmp.carrier.asyncio.dispatch import AsyncioDispatcher
from pysnmp.proto import api

from printers.snmp.ber import Response, Unreadable, Value, encoded_oid, read_response

# An answer to the largest question is well below this.
LARGEST_DATAGRAM = 8192
MOST_KINDS = 256
# Ids from here on take four bytes; the mark stands where one belongs.
SMALLEST_ID = 2**24
MARK = bytes.fromhex("5aa55aa5")
NO_ERROR, NO_SUCH_NAME = 0, 2
REFUSALS = {6, 16}  # noAccess, authorizationError

_dispatchers: WeakKeyDictionary[asyncio.AbstractEventLoop, "Dispatcher"] = WeakKeyDictionary()
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Question:
    """`version` as in the packet: 0 is v1, 1 is v2c."""

    version: int
    community: bytes
    oids: tuple[str, ...]


Domain = tuple[int, ...]
Answered = Callable[[Question, Response], None]


@dataclass(frozen=True, slots=True)
class Heard:
    question: Question
    error_status: int
    error_index: int
    values: dict[str, Value]


class Dispatcher:
    """One for each event loop: what pysnmp's `SnmpDispatcher` is, whose import takes 10 MB.

    This way of asking and hearing takes a sixth of its time, and leaves no timer on the wall clock, which may jump.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.transport_dispatcher = AsyncioDispatcher(loop=loop)
        self.transport_dispatcher.register_recv_callback(self._recv_callback)
        self._asked: dict[int, tuple[Domain, Answered, Question]] = {}
        self._written: dict[Question, tuple[bytes, bytes]] = {}

    def ask(self, question: Question, domain: Domain, address: tuple[str, int], answered: Answered) -> int:
        """Send it under a random id, which `forget` ends."""
        request_id = SMALLEST_ID + secrets.randbelow(2**31 - SMALLEST_ID)
        self._asked[request_id] = domain, answered, question
        before, after = self._message(question)
        self.transport_dispatcher.send_message(before + request_id.to_bytes(4, "big") + after, domain, address)
        return request_id

    def forget(self, request_ids: Iterable[int]) -> None:
        for request_id in request_ids:
            self._asked.pop(request_id, None)

    def _recv_callback(self, _dispatcher: Any, domain: Domain, _address: Any, message: bytes) -> None:
        response = read_response(message)
        asked = self._asked.get(response.request_id)
        # Only who was asked can answer.
        if asked is not None and asked[0] == domain:
            _, answered, question = asked
            answered(question, response)

    def _message(self, question: Question) -> tuple[bytes, bytes]:
        """What pysnmp writes for it, before and after the four bytes of the request id."""
        written = self._written.get(question)
        if written is None:
            protocol = api.PROTOCOL_MODULES[question.version]
            pdu = protocol.GetRequestPDU()
            protocol.apiPDU.set_defaults(pdu)
            protocol.apiPDU.set_request_id(pdu, int.from_bytes(MARK, "big"))
            names = [(protocol.ObjectIdentifier(oid), protocol.Null("")) for oid in question.oids]
            protocol.apiPDU.set_varbinds(pdu, names)
            message = protocol.Message()
            protocol.apiMessage.set_defaults(message)
            protocol.apiMessage.set_community(message, question.community)
            protocol.apiMessage.set_pdu(message, pdu)
            # The last one: a community may be anything, the names of our facts do not contain it.
            before, _, after = bytes(encoder.encode(message)).rpartition(MARK)
            written = before, after
            if len(self._written) < MOST_KINDS:
                self._written[question] = written
        return written


class Session(UdpAsyncioTransport):  # type: ignore[misc]  # pysnmp has no types
    """Open with `open_session`, close in a finally."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: tuple[str, int]) -> None:
        super().__init__(loop=loop)
        self.garbage = False
        self.other_answered = False
        self._dispatcher = dispatcher_of(loop)
        self._domain: Domain = (*DOMAIN_NAME, next(_numbers))
        self._address = address
        self._request_ids: list[int] = []
        self._heard: asyncio.Future[Heard | OSError | None] = loop.create_future()
        self._open: tuple[Question, ...] = ()
        self._other: Question | None = None

    def start(self) -> None:
        self._dispatcher.transport_dispatcher.register_transport(self._domain, self)

    def close(self) -> None:
        self._dispatcher.forget(self._request_ids)
        if self._callback_function is not None:
            self._dispatcher.transport_dispatcher.unregister_transport(self._domain)
        if self.transport is not None:
            self.transport.close()

    async def ask(
        self, question: Question, timeout_s: float, *, later: Sequence[Question] = (), other: Question | None = None
    ) -> Heard | OSError | None:
        """The first answer, the network's refusal, or None when there was neither in time.

        `later` are other ways to ask, tried at half time; `other` is asked then too, only to see whether it is
        answered. Half time also covers a lost packet.
        """
        self._heard = self.loop.create_future()
        self._open = (question, *later)
        self._other = other
        self._send(question)
        timers = [self.loop.call_later(timeout_s, self._silence)]
        if later or other is not None:
            questions = [*later, *([] if other is None else [other])]
            timers.append(self.loop.call_later(timeout_s / 2, self._send_all, questions))
        try:
            return await self._heard
        finally:
            for timer in timers:
                timer.cancel()

    def datagram_received(self, datagram: bytes, transportAddress: Any) -> None:
        # Called at once, not in the loop's next round: an answer that is here counts before any timer.
        try:
            if len(datagram) > LARGEST_DATAGRAM:
                raise Unreadable("too large")
            self._callback_function(self, transportAddress, datagram)
        except Unreadable:
            # It may be a forgery: the true answer may still come.
            self.garbage = True

    def error_received(self, exc: OSError) -> None:
        self._settle(exc)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._silence()

    def _send_all(self, questions: Sequence[Question]) -> None:
        for question in questions:
            self._send(question)

    def _send(self, question: Question) -> None:
        self._request_ids.append(self._dispatcher.ask(question, self._domain, self._address, self._answered))

    def _answered(self, question: Question, response: Response) -> None:
        if self._heard.done():
            return
        if question is self._other:
            self.other_answered = True
        if question not in self._open:
            return
        values = {oid: response.values[name] for oid in question.oids if (name := encoded_oid(oid)) in response.values}
        self._settle(Heard(question, response.error_status, response.error_index, values))

    def _silence(self) -> None:
        self._settle(None)

    def _settle(self, result: Heard | OSError | None) -> None:
        if not self._heard.done():
            self._heard.set_result(result)


async def open_session(address: tuple[str, int]) -> Session:
    """Raises OSError where this machine knows no way to the address."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.connect(address)
        session = Session(loop, address)
        await loop.create_datagram_endpoint(lambda: session, sock=sock)
    except BaseException:
        sock.close()
        raise
    session.start()
    return session


def dispatcher_of(loop: asyncio.AbstractEventLoop) -> Dispatcher:
    dispatcher = _dispatchers.get(loop)
    if dispatcher is None:
        dispatcher = _dispatchers[loop] = Dispatcher(loop)
    return dispatcher
