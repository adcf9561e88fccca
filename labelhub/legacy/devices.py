"""Printers, what was known of them, who might use them, and who changed them."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from labelhub.accounts.models import ApiToken
from labelhub.legacy.ledger import ALREADY, Ledger
from labelhub.legacy.source import document, identity, table_of
from printers.errors import HubError
from printers.media import find_model
from printers.models import Event, Printer, PrinterStatus, TokenBinding


def import_printers(ledger: Ledger) -> None:
    for row in ledger.rows("printers"):
        printer_id = identity(row["id"])
        if printer_id is None:
            ledger.skip("printers", f"“{row['id']}” is no id")
        elif printer_id in ledger.printers:
            ledger.skip("printers", ALREADY)
        else:
            _write_printer(ledger, printer_id, row)
            ledger.report.of("printers").written += 1


def _write_printer(ledger: Ledger, printer_id: UUID, row: dict[str, Any]) -> None:
    connection = table_of(row["connection"])
    snmp = connection["snmp"] if isinstance(connection.get("snmp"), dict) else {}
    port = connection.get("port", 9100)
    model = str(row["model"])[:64]
    try:
        model, error = find_model(model).name, ""
    except HubError as unknown:
        error = unknown.detail
    if not isinstance(port, int) or not 1 <= port <= 65535:
        port, error = 9100, f"{error} The port {port!r} of the old hub is none.".strip()
    name = ledger.free_name(str(row["name"])[:190])
    created = ledger.source.instant(row, "created_at") or timezone.now()
    ledger.remember_printer(
        Printer(
            id=printer_id,
            site=ledger.site,
            name=name,
            model=model,
            host=str(connection.get("host", ""))[:253],
            port=port,
            snmp_community=str(snmp.get("community", "public"))[:120],
            enabled=bool(row["enabled"]),
            disabled_reason="" if row["enabled"] else "It was disabled in the old hub.",
            config_error=error,
            created_at=created,
        ),
        ledger.source.instant(row, "updated_at"),
    )
    legacy = {key: row[key] for key in ("slug", "backend", "queue_timeout_s", "cut_defaults_half_cut") if key in row}
    ledger.event("printer.imported", created, printer_id=printer_id, data={"legacy": legacy})


def import_paused(ledger: Ledger) -> None:
    for row in ledger.rows("printer_state"):
        printer_id = ledger.known_printer(row["printer_id"])
        wanted = Printer.objects.filter(paused=False, id__in=[printer_id] if printer_id and row["paused"] else [])
        changed = wanted.update(paused=True)
        ledger.report.of("printer_state").written += changed
        if not changed:
            ledger.skip("printer_state", "not paused, or paused here already")


def import_statuses(ledger: Ledger) -> None:
    existing = set(PrinterStatus.objects.values_list("printer_id", flat=True))
    for row in ledger.rows("printer_status_cache"):
        printer_id = ledger.known_printer(row["printer_id"])
        if printer_id is None or printer_id in existing:
            ledger.skip("printer_status_cache", ALREADY if printer_id else f"“{row['printer_id']}” is no id")
            continue
        parsed, captured = table_of(row["parsed"]), ledger.source.instant(row, "captured_at")
        online = parsed.get("online") if isinstance(parsed.get("online"), bool) else None
        width, flags = parsed.get("loaded_tape_mm"), parsed.get("error_flags")
        state = parsed.get("hr_printer_status")
        PrinterStatus.objects.create(
            printer_id=printer_id,
            online=online,
            state=str(state)[:16] if state else "",
            media_width_mm=width if isinstance(width, int | float) else None,
            error_state=flags if isinstance(flags, list) else [],
            raw_block=row["raw_block"] if isinstance(row["raw_block"], bytes) else None,
            source="imported",
            sources={"imported": parsed},
            captured_at=captured,
            last_seen_at=captured if online else None,
        )
        existing.add(printer_id)
        ledger.report.of("printer_status_cache").written += 1


def import_tokens(ledger: Ledger) -> None:
    for row in ledger.rows("api_keys"):
        token_id = identity(row["id"])
        if token_id is None:
            ledger.skip("api_keys", f"“{row['id']}” is no id")
            continue
        ledger.token_names[token_id] = str(row["name"])[:120]
        if token_id in ledger.tokens:
            ledger.skip("api_keys", ALREADY)
            continue
        scopes, rate = document(row["scopes"]), row["rate_limit_per_minute"]
        ApiToken.objects.create(
            id=token_id,
            name=str(row["name"])[:120],
            # No secret leads here: a live token's prefix is eight hexadecimal digits.
            prefix=f"~{token_id.hex[:7]}",
            digest="",
            scopes=[s for s in scopes if s in {"read", "print", "manage", "admin"}] if isinstance(scopes, list) else [],
            rate_limit_per_minute=min(max(1, rate), 100_000) if isinstance(rate, int) else 60,
            enabled=False,
            note=(
                f"Imported key “{row['key_prefix']}…”: its secret cannot be taken over, so it is "
                f"disabled; make a new token in its place. {row['notes'] or ''}"
            ).strip(),
            created_at=ledger.source.instant(row, "created_at") or timezone.now(),
            expires_at=ledger.source.instant(row, "expires_at"),
            last_used_at=ledger.source.instant(row, "last_used_at"),
            last_used_from=str(row["last_used_ip"] or "")[:64],
        )
        ledger.tokens.add(token_id)
        allowed = document(row["allowed_printer_ids"])
        wanted = map(identity, allowed) if isinstance(allowed, list) else ()
        TokenBinding.objects.bulk_create(
            TokenBinding(token_id=token_id, printer_id=p) for p in set(wanted) if p in ledger.printers
        )
        ledger.report.of("api_keys").written += 1


def import_audit(ledger: Ledger) -> None:
    kind = "printer.audit-imported"
    existing = set(Event.objects.filter(kind=kind).values_list("data__id", flat=True))
    for row in ledger.rows("printers_audit"):
        if str(row["id"]) in existing:
            ledger.skip("printers_audit", ALREADY)
            continue
        printer_id = identity(row["printer_id"])
        data = {"id": str(row["id"]), "action": row["action"], "slug": row["slug"]}
        data |= {"before": document(row["before_json"]), "after": document(row["after_json"])}
        ledger.event(
            kind,
            ledger.source.instant(row, "created_at"),
            printer_id=printer_id if printer_id in ledger.printers else None,
            actor=str(row["updated_by"])[:160],
            data=data,
        )
        ledger.report.of("printers_audit").written += 1
