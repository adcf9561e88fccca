"""What can be printed on, and by what: sizes, pins, dots, margins and colours. Pure tables and look-ups, no devices."""

from printers.media.colours import TAPE_COLOURS, TEXT_COLOURS, Colour
from printers.media.placement import Canvas, Placement, canvas_for, media_for, placement
from printers.media.printer_models import MODELS, Model, find_model
from printers.media.recognition import medium_from_status
from printers.media.sizes import MEDIA, Medium, find_medium

__all__ = [
    "MEDIA",
    "MODELS",
    "TAPE_COLOURS",
    "TEXT_COLOURS",
    "Canvas",
    "Colour",
    "Medium",
    "Model",
    "Placement",
    "canvas_for",
    "find_medium",
    "find_model",
    "media_for",
    "medium_from_status",
    "placement",
]
