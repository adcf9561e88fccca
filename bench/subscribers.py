"""Idle event streams on one web process: what they cost of a core, of memory, and of PostgreSQL's connections."""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from bench import Row
from bench.status_reads import prepared
from tests.stack import stack

STREAMS = 500
# Longer than the pause between two pings, and between two looks whether it still may, so that each stream has some.
SETTLE_S, MEASURE_S = 5.0, 62.0


def rows(streams: int = STREAMS) -> list[Row]:
    found = asyncio.run(_measure(streams))
    return [
        Row(f"{streams} idle event streams", "no stream", found["at_rest"], found["cores"], "% of a core", "≤ 5 %"),
        Row("the same, connections to PostgreSQL in use", "", None, found["connections"], "", "1"),
        Row("the same, memory", "no stream", found["memory_before_mb"], found["memory_mb"], "MB", "–"),
        Row("an event to all of them, last one", "", None, found["event_ms"], "ms", "–"),
    ]


async def _measure(streams: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder, stack(Path(folder)) as made:
        path, token, web = prepared(made)
        process = psutil.Process(web.process.popen.pid)
        web.call("GET", path, token=token)
        at_rest = await _share(process, 5.0)
        before = process.memory_info().rss / 1e6
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(2 * streams + 100, hard)), hard))
        links = [await _listen(web.port, token) for _ in range(streams)]
        await asyncio.sleep(SETTLE_S)
        cores = await _share(process, MEASURE_S)
        connections = _connections(made.database_url, web.process.popen.pid)
        memory = process.memory_info().rss / 1e6
        waiting = [asyncio.create_task(_until_event(reader)) for reader, _ in links]
        begun = time.monotonic()
        with psycopg.connect(made.database_url) as database:
            database.execute(
                "INSERT INTO printers_event (at, kind, actor, data) VALUES (now(), 'bench.said', 'bench', '{}')"
            )
        await asyncio.gather(*waiting)
        event = time.monotonic() - begun
        for _, writer in links:
            writer.close()
    return {
        "at_rest": at_rest * 100,
        "cores": cores * 100,
        "connections": connections,
        "memory_before_mb": before,
        "memory_mb": memory,
        "event_ms": event * 1000,
    }


async def _listen(port: int, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(request.encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    return reader, writer


async def _until_event(reader: asyncio.StreamReader) -> None:
    while b"bench.said" not in await reader.readline():
        pass


async def _share(process: psutil.Process, seconds: float) -> float:
    """Of one core."""
    before, begun = process.cpu_times(), time.monotonic()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    return float((after.user + after.system - before.user - before.system) / (time.monotonic() - begun))


def _connections(url: str, pid: int) -> int:
    """That the process used in the last seconds. By its sockets: the database does not know who is at the other end."""
    ports = {each.laddr.port for each in psutil.Process(pid).net_connections("tcp") if each.raddr}
    with psycopg.connect(url) as database:
        found = database.execute(
            "SELECT client_port FROM pg_stat_activity "
            "WHERE datname = current_database() AND state_change > clock_timestamp() - interval '5 s'"
        )
        return sum(port in ports for (port,) in found)


if __name__ == "__main__":
    for row in rows(*map(int, sys.argv[1:])):
        print(row)
