"""The same labels by one, two and four worker processes: the rate rises until the cores are full, the cost does not."""

import sys

from bench import Row
from bench._site import PT, Spent, site

PRINTERS, EACH = 50, 40
COUNTS = (1, 2, 4)


def rows(printers: int = PRINTERS, each: int = EACH) -> list[Row]:
    found = measure(printers, each)
    first = found[COUNTS[0]]
    table = [Row("labels end to end, 1 worker process", "", None, first.rate, "/s", "")]
    for count in COUNTS[1:]:
        work = f"the same, {count} worker processes (ratio: one's time to theirs)"
        table.append(Row(work, "1 process", 1000 / first.rate, 1000 / found[count].rate, "ms", "rises to full cores"))
    table.append(Row("CPU of the hub a label, 1 worker process", "", None, first.hub_ms, "ms", ""))
    table += [
        Row(f"the same, {count} worker processes", "1 process", first.hub_ms, found[count].hub_ms, "ms", "± 15 %")
        for count in COUNTS[1:]
    ]
    return table


def measure(printers: int, each: int) -> dict[int, Spent]:
    found = {}
    with site(PT, printers) as made:
        for count in COUNTS:
            made.start_workers(count)
            made.print_all(f"warm-{count}", 1)
            found[count] = made.print_all(f"count-{count}", each)
    return found


if __name__ == "__main__":
    from bench.__main__ import table

    print(table(rows(*map(int, sys.argv[1:]))))
