import psycopg
import pytest
from psycopg_pool import ConnectionPool

from labelhub.database import QuietlyChecked
from tests.services import Server, wait_until

pytestmark = pytest.mark.services


@pytest.fixture
def pool(postgresql: Server) -> ConnectionPool[QuietlyChecked]:
    return ConnectionPool(
        postgresql.url,
        connection_class=QuietlyChecked,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=1,
        check=ConnectionPool.check_connection,
        open=False,
    )


def test_a_silent_connection_is_lent_without_asking_the_server(
    pool: ConnectionPool[QuietlyChecked], postgresql: Server
) -> None:
    with pool, psycopg.connect(postgresql.url, autocommit=True) as other:
        with pool.connection() as link:
            backend = link.info.backend_pid
            link.execute("SELECT 1")
        asked = "SELECT query_start FROM pg_stat_activity WHERE pid = %s"
        before = other.execute(asked, [backend]).fetchone()
        with pool.connection() as link:
            assert link.info.backend_pid == backend
            assert other.execute(asked, [backend]).fetchone() == before


def test_a_connection_that_the_server_ended_is_not_lent(
    pool: ConnectionPool[QuietlyChecked], postgresql: Server
) -> None:
    with pool, psycopg.connect(postgresql.url, autocommit=True) as other:
        with pool.connection() as link:
            backend = link.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
        gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        wait_until(lambda: other.execute(gone, [backend]).fetchone() == (0,), "the end of the session")
        with pool.connection() as link:
            assert link.info.backend_pid != backend
            assert link.execute("SELECT 1").fetchone() == (1,)
