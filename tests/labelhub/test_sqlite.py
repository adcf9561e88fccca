import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelhub import sqlite
from labelhub.sqlite import InTurns

INSERT = "INSERT INTO words VALUES ('a')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "words.sqlite3") as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE words (word TEXT UNIQUE)")
    return tmp_path / "words.sqlite3"


def connect(path: Path) -> InTurns:
    """As Django does, in autocommit; without the patience of SQLite itself."""
    return sqlite3.connect(path, timeout=0, isolation_level=None, factory=InTurns)


@pytest.fixture
def link(path: Path) -> Iterator[InTurns]:
    made = connect(path)
    yield made
    made.close()
    assert not sqlite._turn.locked()


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_transaction_has_its_turn_until_its_end(link: InTurns, end: str) -> None:
    link.cursor().execute("BEGIN IMMEDIATE")
    link.cursor().execute(INSERT)
    assert sqlite._turn.locked()
    getattr(link, end)()
    assert not sqlite._turn.locked()


def test_a_write_by_itself_has_a_turn_and_a_failed_one_ends_it(link: InTurns) -> None:
    link.cursor().execute(INSERT)
    assert not sqlite._turn.locked()
    with pytest.raises(sqlite3.IntegrityError):
        link.cursor().execute(INSERT)
    assert not sqlite._turn.locked()


def test_readers_wait_for_nobody(path: Path, link: InTurns) -> None:
    link.cursor().execute("BEGIN IMMEDIATE")
    assert connect(path).cursor().execute("SELECT count(*) FROM words").fetchone() == (0,)
    link.rollback()


@pytest.mark.parametrize("first", ["BEGIN IMMEDIATE", INSERT.replace("'a'", "'b'")])
def test_who_comes_second_waits_and_is_not_refused(path: Path, link: InTurns, first: str) -> None:
    link.cursor().execute("BEGIN IMMEDIATE")
    done = threading.Event()

    def second() -> None:
        other = connect(path)
        other.cursor().execute(first)
        other.close()
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not done.wait(0.1)
    link.cursor().execute(INSERT)
    link.commit()
    thread.join(10)
    assert done.is_set()


def test_another_process_is_waited_for_as_ever(path: Path, link: InTurns) -> None:
    """Whom this process knows nothing of."""
    with sqlite3.connect(path, isolation_level=None) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            link.cursor().execute("BEGIN IMMEDIATE")
        assert not sqlite._turn.locked()
        foreign.execute("ROLLBACK")
    link.cursor().execute(INSERT)
