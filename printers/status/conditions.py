"""hrPrinterDetectedErrorState (RFC 2790): what its bits mean, for devices without a status block."""

from typing import NamedTuple


class Condition(NamedTuple):
    name: str
    reason: str
    stops: bool


# Octet and bit, most significant bit first.
CONDITIONS: dict[tuple[int, int], Condition] = {
    (0, 0x80): Condition("low media", "media-low-warning", stops=False),
    (0, 0x40): Condition("no media", "media-empty", stops=True),
    (0, 0x20): Condition("low toner", "marker-supply-low-warning", stops=False),
    (0, 0x10): Condition("no toner", "marker-supply-empty", stops=True),
    (0, 0x08): Condition("cover open", "cover-open", stops=True),
    (0, 0x04): Condition("jammed", "media-jam", stops=True),
    (0, 0x02): Condition("switched offline at the device", "other", stops=True),
    (0, 0x01): Condition("service requested", "other-report", stops=False),
    (1, 0x80): Condition("input tray missing", "input-tray-missing", stops=True),
    (1, 0x40): Condition("output tray missing", "output-tray-missing", stops=True),
    (1, 0x20): Condition("cassette missing", "marker-supply-missing", stops=True),
    (1, 0x10): Condition("output nearly full", "output-area-almost-full-report", stops=False),
    (1, 0x08): Condition("output full", "output-area-full", stops=True),
    (1, 0x04): Condition("no media in the tray", "media-empty", stops=True),
    (1, 0x02): Condition("maintenance overdue", "other-report", stops=False),
}


def detected_conditions(octets: bytes) -> list[Condition]:
    """In the order of their bits; an unknown bit is shown and stops nothing."""
    found = []
    for number, octet in enumerate(octets):
        for shift in range(7, -1, -1):
            bit = 1 << shift
            if octet & bit:
                unknown = Condition(f"unknown bit {bit:02x} of octet {number}", "other-report", stops=False)
                found.append(CONDITIONS.get((number, bit), unknown))
    return found
