import subprocess
import sys
from typing import Any

import pytest
from django.db import connection, transaction

from templates_app.definition import Definition, parse
from templates_app.definition.counters import Counter as Writing
from templates_app.definition.counters import format_serial
from templates_app.models import Counter
from templates_app.serials import allocate, upcoming


def made(**counter: Any) -> Definition:
    element = {"kind": "text", "text": "{serial:box}"}
    return parse(
        {"key": "s", "title": "s", "media": "tze:12", "counters": {"box": counter, "unused": {}}, "elements": [element]}
    )


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["serial:box"] for row in rows]


@pytest.mark.django_db
class TestAllocate:
    def test_it_works(self) -> None:
        definition = made(prefix="B-", width=4, start=7, step=2)
        assert upcoming(definition) == {"serial:box": "B-0007"}
        assert numbers(allocate(definition, [{"a": 1}, {"a": 2}])) == ["B-0007", "B-0009"]
        assert upcoming(definition) == {"serial:box": "B-0011"}
        assert numbers(allocate(definition, [{}])) == ["B-0011"]
        assert dict(Counter.objects.values_list("name", "value")) == {"box": 11}

    def test_rows_are_copied_and_keep_what_they_have(self) -> None:
        rows = [{"serial:box": "old"}, {}]
        assert numbers(allocate(made(), rows)) == ["old", "1"]
        assert rows == [{"serial:box": "old"}, {}]

    def test_a_transaction_that_fails_gives_its_numbers_back(self) -> None:
        allocate(made(), [{}])
        with transaction.atomic():
            allocate(made(), [{}, {}])
            transaction.set_rollback(True)
        assert numbers(allocate(made(), [{}])) == ["2"]

    def test_queries_do_not_grow_with_rows(self, django_assert_num_queries: Any) -> None:
        for rows in (1, 3):
            # Savepoint, counter, update, value, release.
            with django_assert_num_queries(5):
                allocate(made(), [{}] * rows)


@pytest.mark.django_db(transaction=True)
def test_no_number_is_given_twice_to_eight_processes() -> None:
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.templates_app.taking", database, "8", "5"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    runs = [[int(number) for number in line.split()] for line in done.stdout.splitlines()]
    assert sorted(n for run in runs for n in run) == list(range(1, 121))
    # Those of one job follow each other.
    assert all(run == list(range(run[0], run[0] + 3)) for run in runs)


@pytest.mark.parametrize(
    ("writing", "number", "text"),
    [
        ({}, 7, "7"),
        ({"width": 5, "prefix": "A", "suffix": "Z"}, 42, "A00042Z"),
        ({"base": 36}, 35 * 36 + 10, "ZA"),
        ({"base": 16, "width": 4}, 255, "00FF"),
        ({"check": "luhn"}, 7992739871, "79927398713"),
        ({"check": "gs1"}, 400638133393, "4006381333931"),
    ],
)
def test_how_it_is_written(writing: dict[str, Any], number: int, text: str) -> None:
    assert format_serial(Writing(**writing), number) == text
