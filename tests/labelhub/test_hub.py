"""`manage.py hub` as people run it: a process, a folder, a port."""

import signal
import socket
import stat
import time
from pathlib import Path

import pytest

from tests.hubs import Hub, manage
from tests.services import free_port

pytestmark = pytest.mark.processes

STOP_LIMIT_S = 5.5


def printed(data: Path, name: str = "pt-p750w") -> list[str]:
    return sorted(path.name for path in (data / "demo" / name).glob("*.png"))


def test_first_start_stop_and_second_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Hub(data) as hub:
        assert hub.said("Page") == f"{hub.origin}/"
        assert hub.said("API docs") == f"{hub.origin}/docs"
        name, _, password = hub.said("Sign in").partition(" / ")
        assert (name, len(password) >= 16) == ("admin", True)
        token = hub.said("API token")
        assert hub.said("Sample") == f"{data}/demo/pt-p750w/0001.png (confirmed)"
        announced = hub.out[hub.out.index(" is ready after ") : hub.out.index("Ctrl-C stops it")]
        assert [line for line in announced.splitlines()[1:] if not line.startswith("  ")] == []
        assert (data / "demo/pt-p750w/0001.png").read_bytes().startswith(b"\x89PNG")
        assert hub.call("GET", "/healthz")[0] == 200
        code, jobs = hub.call("GET", "/api/jobs", token=token)
        assert (code, [job["outcome"] for job in jobs["items"]]) == (200, ["confirmed"])
        code, printers = hub.call("GET", "/api/printers", token=token)
        assert sorted(each["model"] for each in printers["items"]) == ["PT-P750W", "QL-820NWB"]
        before = sorted(each["id"] for each in printers["items"])
        ended, took = hub.stop(signal.SIGINT)
        assert (ended, took < STOP_LIMIT_S) == (0, True), (ended, took)
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    assert password not in "".join(path.read_text(errors="replace") for path in data.glob("*.sqlite3*"))
    with Hub(data) as hub:
        assert "API token" not in hub.out
        assert "Sign in" not in hub.out
        assert "Sample" not in hub.out
        code, printers = hub.call("GET", "/api/printers", token=token)
        assert (code, sorted(each["id"] for each in printers["items"])) == (200, before)
        assert len(hub.call("GET", "/api/jobs", token=token)[1]["items"]) == 1
        assert printed(data) == ["0001.png"]
        ended, took = hub.stop(signal.SIGTERM)
        assert (ended, took < STOP_LIMIT_S) == (0, True), (ended, took)


def test_it_is_ready_when_it_says_so(tmp_path: Path) -> None:
    with Hub(tmp_path / "data") as hub:
        deadline = time.monotonic() + 20
        while (answer := hub.call("GET", "/readiness"))[1]["status"] != "ready" and time.monotonic() < deadline:
            time.sleep(0.5)
        assert answer[0] == 200
        assert {name: each["status"] for name, each in answer[1]["checks"].items()} == {
            "database": "ok",
            "migrations": "ok",
            "template_seed": "ok",
            "printer_runtime": "skipped",
            "printer_db_sync": "skipped",
            "snmp_discovery": "ok",
            "print_queue": "ok",
            "sse_bus": "ok",
            "broker": "skipped",
        }


def test_killed_and_started_again_it_keeps_everything(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Hub(data) as hub:
        token = hub.said("API token")
        hub.process.kill()
        hub.process.wait()
    with Hub(data) as hub:
        code, jobs = hub.call("GET", "/api/jobs", token=token)
        assert (code, [job["outcome"] for job in jobs["items"]]) == (200, ["confirmed"])
        assert printed(data) == ["0001.png"]


def test_open_event_streams_do_not_hold_the_stop(tmp_path: Path) -> None:
    with Hub(tmp_path / "data") as hub:
        with socket.create_connection(("127.0.0.1", hub.port)) as stream:
            headers = ("Host: 127.0.0.1", f"Authorization: Bearer {hub.said('API token')}")
            stream.sendall("\r\n".join(["GET /api/events HTTP/1.1", *headers, "", ""]).encode())
            assert stream.recv(4096).startswith(b"HTTP/1.1 200")
            ended, took = hub.stop()
        assert (ended, took < STOP_LIMIT_S) == (0, True), (ended, took)


def test_its_configuration_may_be_broken(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("[[printer]\n")
    with Hub(tmp_path / "data", demo=False, env={"LABELHUB_CONFIG": str(tmp_path / "hub.toml")}) as hub:
        assert f"{tmp_path / 'hub.toml'} is not valid TOML" in hub.out
        code, answer = hub.call("GET", "/readiness/printer_runtime")
        assert (code, answer["status"]) == (503, "fail")
        assert "is not valid TOML" in answer["detail"]


def test_without_a_password_it_says_how_to_get_in(tmp_path: Path) -> None:
    with Hub(tmp_path / "data", demo=False) as hub:
        assert hub.said("Sign in") == "nobody can yet: set LABELHUB_ADMIN_PASSWORD and start again"
        assert not (tmp_path / "data" / "demo").exists()


class TestRefusals:
    """Each in one line, before anything is written."""

    def refusal(self, *arguments: str | Path, **more: str) -> str:
        done = manage("hub", *arguments, **more)
        assert (done.returncode, done.stdout) == (78, "")
        assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr.strip()

    def test_a_port_in_use(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            sentence = self.refusal("--port", str(port), "--data", tmp_path / "data")
        assert sentence == (
            f"LabelHub does not start. Port {port} on 127.0.0.1 cannot be used: Address already in use; "
            "choose another one with --port."
        )
        assert not (tmp_path / "data" / "labelhub.sqlite3").exists()

    def test_a_port_that_does_not_exist(self, tmp_path: Path) -> None:
        assert self.refusal("--port", "99999", "--data", tmp_path / "data") == (
            "LabelHub does not start. Port 99999 on 127.0.0.1 cannot be used: ports are numbers from 0 to 65535; "
            "choose another one with --port."
        )

    def test_a_second_hub_on_the_folder(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with Hub(data, demo=False) as hub:
            assert self.refusal("--port", str(free_port()), "--data", data) == (
                f"LabelHub does not start. Another hub (process {hub.process.pid}) uses the data folder {data}: "
                "stop it, or name another with --data."
            )
            assert hub.call("GET", "/healthz")[0] == 200

    def test_a_folder_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        data = tmp_path / "file" / "data"
        assert self.refusal("--data", data) == (
            f"LabelHub does not start. The data folder {data} cannot be written: Not a directory; "
            "name another one with --data."
        )

    def test_a_read_only_folder(self) -> None:
        # The kernel refuses it to everybody, root included.
        data = Path("/proc/labelhub")
        sentence = self.refusal("--data", data)
        assert sentence.startswith(f"LabelHub does not start. The data folder {data} cannot be written: ")
        assert sentence.endswith("; name another one with --data.")

    def test_a_setting_that_cannot_be_used(self, tmp_path: Path) -> None:
        sentence = self.refusal("--data", tmp_path / "data", LABELHUB_DATABASE_URL="nonsense")
        assert sentence.startswith(
            "LabelHub does not start. LABELHUB_DATABASE_URL: it is not of the form postgresql://"
        )
        assert not (tmp_path / "data" / "labelhub.sqlite3").exists()


@pytest.mark.parametrize("left", [b"SQLite format 3\0" + b"\0" * 84, b"no database, but long enough to be one" * 100])
def test_what_is_no_database_is_refused_by_its_name_and_stays(left: bytes, tmp_path: Path) -> None:
    file = tmp_path / "labelhub.sqlite3"
    file.write_bytes(left)
    done = manage("bring_up", LABELHUB_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
    assert done.stderr.startswith(f"LabelHub does not start. The database {file} cannot be read: ")
    assert file.read_bytes() == left
