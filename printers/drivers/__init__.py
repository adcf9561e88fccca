"""One driver per command language; models are rows of printers.media."""

from printers.drivers.base import Driver, PrintOptions
from printers.drivers.brother_pt import BrotherPt
from printers.drivers.brother_ql import BrotherQl
from printers.media import Model

__all__ = ["DRIVERS", "Driver", "PrintOptions", "driver_for"]

DRIVERS: dict[str, Driver] = {"pt": BrotherPt(), "ql": BrotherQl()}


def driver_for(model: Model) -> Driver:
    return DRIVERS[model.family]
