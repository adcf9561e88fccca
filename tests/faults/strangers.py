"""Clients that mean no good, as a process of their own: `python -m tests.faults.strangers PORT SECONDS SEED`.

Hundreds send a head or a body byte by byte, others as fast as they can what is too large, broken, or not asked for.
It says at its end how many connections each kind has made.
"""

import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

HEAD = b"POST /api/print HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PAGE = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
DRIP_S = 0.5
SLOW, QUICK = 300, 6


def drip_head(_dice: random.Random) -> Iterator[bytes]:
    yield b"GET /readiness HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    while True:
        yield b"a"


def drip_empty_lines(_dice: random.Random) -> Iterator[bytes]:
    while True:
        yield b"\r\n"


def drip_long_body(_dice: random.Random) -> Iterator[bytes]:
    yield HEAD + b"Authorization: Bearer lh_none\r\nContent-Length: 9000000\r\n\r\n"
    while True:
        yield b" "


def drip_long_form(_dice: random.Random) -> Iterator[bytes]:
    yield PAGE + b"Content-Length: 9000000\r\n\r\n"
    while True:
        yield b"a"


def drip_short_form(_dice: random.Random) -> Iterator[bytes]:
    yield PAGE + b"Content-Length: 5000\r\n\r\n"
    while True:
        yield b"a"


def say_nothing(_dice: random.Random) -> Iterator[bytes]:
    while True:
        yield b""


def read_nothing(_dice: random.Random) -> Iterator[bytes]:
    yield b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 8
    while True:
        yield b""


def huge_header(_dice: random.Random) -> Iterator[bytes]:
    yield b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Huge: "
    while True:
        yield b"a" * 65536


def many_headers(_dice: random.Random) -> Iterator[bytes]:
    yield b"GET /readiness HTTP/1.1\r\nHost: localhost\r\n"
    while True:
        yield b"X-Many: 1\r\n" * 5000


def huge_address(_dice: random.Random) -> Iterator[bytes]:
    yield b"GET /"
    while True:
        yield b"a" * 65536


def huge_body(_dice: random.Random) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 10000000000\r\n\r\n"
    while True:
        yield b"a" * 65536


def endless_body(_dice: random.Random) -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b"a" * 65536 + b"\r\n"


def pipeline(_dice: random.Random) -> Iterator[bytes]:
    while True:
        yield b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000


def noise(dice: random.Random) -> Iterator[bytes]:
    yield dice.choice(
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(200),
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"G\x00T / HTTP/1.1\r\n\r\n",
            b"POST /api/print HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /api/print HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            b"POST /api/print HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP",
            b"POST /api/print HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
            b"GET /%ff%00%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\n Host: folded\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            dice.randbytes(500),
        ]
    )
    while True:
        yield b""


SLOW_KINDS = (drip_head, drip_empty_lines, drip_long_body, drip_long_form, drip_short_form, say_nothing, read_nothing)
QUICK_KINDS = (huge_header, many_headers, huge_address, huge_body, endless_body, pipeline, noise)


@dataclass
class Stranger:
    kind: int
    quick: bool
    port: int
    dice: random.Random
    left: bytes = b""
    next_at: float = 0.0
    link: socket.socket = field(init=False)

    def connect(self) -> None:
        self.link = socket.socket()
        self.link.setblocking(False)
        self.link.connect_ex(("127.0.0.1", self.port))
        self.words, self.left = (QUICK_KINDS if self.quick else SLOW_KINDS)[self.kind](self.dice), b""

    def act(self) -> None:
        """Raises OSError where the other side has ended it."""
        if not (not self.quick and SLOW_KINDS[self.kind] is read_nothing):
            with suppress(BlockingIOError):
                if self.link.recv(65536) == b"":
                    raise ConnectionResetError
        self.left = self.left or next(self.words)
        with suppress(BlockingIOError):
            self.left = self.left[self.link.send(self.left) :]


def attack(port: int, seconds: float, seed: int) -> Counter[str]:
    dice = random.Random(seed)
    slow = [Stranger(number % len(SLOW_KINDS), False, port, dice) for number in range(SLOW)]
    quick = [Stranger(number % len(QUICK_KINDS), True, port, dice) for number in range(QUICK * len(QUICK_KINDS))]
    made: Counter[str] = Counter()
    fresh = [*slow, *quick]
    living: list[Stranger] = []
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        for each in fresh:
            each.connect()
            made[(QUICK_KINDS if each.quick else SLOW_KINDS)[each.kind].__name__] += 1
        living, fresh = [*living, *fresh], []
        for each in living:
            if now < each.next_at:
                continue
            # Quick ones leave the prober some of the machine.
            each.next_at = now + (0.02 if each.quick else DRIP_S)
            try:
                each.act()
            except OSError:
                each.link.close()
                each.next_at = now + 0.2
                fresh.append(each)
        gone = {id(each) for each in fresh}
        living = [each for each in living if id(each) not in gone]
        time.sleep(0.005)
    for each in living:
        each.link.close()
    return made


if __name__ == "__main__":
    print(dict(attack(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201
