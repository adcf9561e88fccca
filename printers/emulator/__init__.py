"""A Brother label printer in software: what prints on it comes out as PNG, and it fails on request."""

from printers.emulator.faults import FAULTS
from printers.emulator.printer import EmulatedPrinter
from printers.emulator.shelf import Printed

__all__ = ["FAULTS", "EmulatedPrinter", "Printed"]
