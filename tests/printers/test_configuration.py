from pathlib import Path

import pytest

from printers.configuration import read_configuration
from printers.identity import derive_printer_id
from printers.models import Printer
from printers.reconcile import reconcile


@pytest.fixture
def write(tmp_path: Path):  # type: ignore[no-untyped-def]
    def _write(text: str) -> Path:
        path = tmp_path / "labelhub.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_it_works(write) -> None:  # type: ignore[no-untyped-def]
    (Path(write("").parent) / "shelf.toml").write_text("")
    found = read_configuration(
        write("""
        templates = ["shelf.toml"]
        [[site]]
        key = "lab"
        title = "The lab"
        [[printer]]
        site = "lab"
        name = "bench"
        model = "pt-p750w"
        host = "127.0.0.2"
        media = "tze:12"
        [[printer]]
        model = "QL-820NWB"
        host = "ql.invalid"
        port = 9101
        queue_path = "/queues/shelf"
        """)
    )
    assert found.readable
    assert found.problems == ()
    assert found.sites == {"lab": "The lab", "main": ""}
    bench, shelf = found.printers
    assert (bench.id, bench.name, bench.site, bench.port) == (
        derive_printer_id("pt-p750w", "127.0.0.2", 9100),
        "bench",
        "lab",
        9100,
    )
    assert (shelf.site, shelf.port, shelf.snmp_port, shelf.queue_path) == ("main", 9101, 161, "/queues/shelf")
    assert bench.error == shelf.error == ""
    assert [path.name for path in found.templates] == ["shelf.toml"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('model = "PT-P9999"\nhost = "127.0.0.2"', "PT-P9999"),
        ('host = "127.0.0.2"', "model is missing"),
        ('model = "PT-P750W"', "host is missing"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nport = 99999', "port has to be a whole number from 1 to 65535"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nport = "9100"', "port has to be a whole number"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nqueue_path = "a/b"', "queue_path has to start with a slash"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nqueue_path = "/a/"', "must not end in one"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nmedia = "tze:13"', "tze:13"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nerror_policy = "hope"', "error_policy is one of retry-current-job"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nerror_policy = ""', "not ''"),
        ('model = 5\nhost = "127.0.0.2"', "model has to be a text"),
        ('model = "PT-P750W"\nhost = "127.0.0.2"\nsite = "ä b"', "the site “ä b”"),
    ],
)
def test_a_bad_entry_says_so_and_hides_no_other(write, entry: str, says: str) -> None:  # type: ignore[no-untyped-def]
    found = read_configuration(write(f'[[printer]]\n{entry}\n[[printer]]\nmodel = "PT-P750W"\nhost = "127.0.0.3"'))
    bad, good = found.printers
    assert says in bad.error
    assert bad.error.startswith("printer 1")
    assert good.error == ""


@pytest.mark.parametrize(("model", "media", "key"), [("PT-P750W", "12", "tze:12"), ("QL-820NWB", "12 mm", "dk:12")])
def test_a_bare_size_is_what_the_model_takes(write, model: str, media: str, key: str) -> None:  # type: ignore[no-untyped-def]
    found = read_configuration(write(f'[[printer]]\nmodel = "{model}"\nhost = "127.0.0.3"\nmedia = "{media}"'))
    assert (found.printers[0].media, found.printers[0].error) == (key, "")


def test_an_unknown_key_is_a_word_not_a_stop(write) -> None:  # type: ignore[no-untyped-def]
    found = read_configuration(write('colour = 1\n[[printer]]\nmodel = "PT-P750W"\nhost = "127.0.0.3"\nnmae = "x"'))
    assert found.printers[0].error == ""
    assert any("nmae" in problem for problem in found.problems)
    assert any("colour" in problem for problem in found.problems)


def test_the_same_device_twice_is_one_printer(write) -> None:  # type: ignore[no-untyped-def]
    entry = '[[printer]]\nmodel = "PT-P750W"\nhost = "127.0.0.3"\n'
    found = read_configuration(write(entry + entry))
    assert len(found.printers) == 1
    assert "is already printer 1" in found.problems[0]


@pytest.mark.parametrize("content", [b"[[printer", b"\xff\xfe", b"printer = 5\n[[printer]]"])
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "labelhub.toml"
    path.write_bytes(content)
    found = read_configuration(path)
    assert not found.readable
    assert len(found.problems) == 1
    assert "labelhub.toml is not valid TOML" in found.problems[0]


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    found = read_configuration(tmp_path / "nowhere.toml")
    assert not found.readable
    assert "cannot be read" in found.problems[0]


@pytest.mark.parametrize(
    "content", ["printer = 5", "printer = [1, 2]", "site = 'x'", "templates = 3", "templates = ['*.x']"]
)
def test_wrong_shapes_are_problems(write, content: str) -> None:  # type: ignore[no-untyped-def]
    found = read_configuration(write(content))
    assert found.readable
    assert found.printers == ()
    assert found.problems


@pytest.mark.parametrize(
    "text",
    [
        'templates = ["/"]',
        'templates = [".."]',
        'templates = ["**x"]',
        'templates = ["\\u0000"]',
        "templates = [1, {}, []]",
        "templates = 5",
        'site = 5\n[[printer]]\nsite = "a/b"\nhost = []\nport = 1e400',
        '[[site]]\nkey = "lab"\ntitle = "a\\u0000b"',
        '[[printer]]\nsite = "lab"\nname = "n\\u0000"\nhost = "h\\u0000"\nmodel = "\\u0000"',
        "[[printer]]\n" * 50,
        "a = " + "[" * 100_000,
        '[[printer]]\nname = "' + "n" * 5000 + '"\nhost = "' + "h" * 5000 + '"\nmodel = "' + "m" * 5000 + '"',
        '[[printer]]\nqueue_path = "/' + "q" * 5000 + '"\nport = 99999999999999999999',
        "[[printer]]\nname = 2026-11-21T00:00:00Z\nmodel = nan\nhost = true\nsnmp_port = -1",
    ],
)
@pytest.mark.django_db
def test_any_file_boots(text: str, tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(text, encoding="utf-8")
    configuration = read_configuration(path)
    done = reconcile(configuration)
    assert len(done.created) == len(configuration.printers)
    assert all(printer.config_error for printer in Printer.objects.all())
    assert configuration.problems or configuration.printers or configuration.sites


def test_a_folder_is_no_template(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "hub.toml").write_text('templates = ["*"]')
    assert [path.name for path in read_configuration(tmp_path / "hub.toml").templates] == ["hub.toml"]
