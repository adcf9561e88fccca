"""Configured names without an address stop their printers at once; the probe sets them free once they have one."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait

from printers.configuration import PrinterEntry
from printers.errors import AddressRefused
from printers.models import Printer
from printers.networks import check_address, is_literal
from printers.snmp.answers import refused_address
from printers.status import record_many

log = logging.getLogger(__name__)

# A start waits no longer for name servers; what they did not say by then the probe asks again.
LIMIT_S = 2.0
AT_ONCE = 8


def mark_unresolved(entries: Iterable[PrinterEntry]) -> None:
    """Keep in their status which of the configured hosts cannot be printed to; logged when it is news."""
    named = {entry.id: entry for entry in entries if not is_literal(entry.host)}
    if not named:
        return
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="configured-host")
    asked = {pool.submit(_problem, entry): printer_id for printer_id, entry in named.items()}
    heard, _late = wait(asked, LIMIT_S)
    pool.shutdown(wait=False, cancel_futures=True)
    problems = {asked[future]: problem for future in heard if (problem := future.result())}
    rows = Printer.objects.filter(id__in=problems, enabled=True, config_error="").select_related("status")
    news = [row for row in rows if not hasattr(row, "status") or row.status.last_error != problems[row.id]]
    for row in news:
        log.error("configuration: %s: %s", named[row.id].where, problems[row.id])
    if news:
        record_many([(row, refused_address(problems[row.id])) for row in news])


def _problem(entry: PrinterEntry) -> str:
    try:
        check_address(entry.host, entry.port, timeout_s=LIMIT_S)
    except AddressRefused as error:
        return error.detail
    return ""
