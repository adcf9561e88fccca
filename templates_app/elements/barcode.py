"""Barcodes: modules are always whole dots, and a code too dense to be read is refused, not squeezed."""

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import Field, model_validator

from templates_app.elements.base import (
    Colour,
    Edges,
    Element,
    Horizontal,
    Node,
    Setting,
    Sheet,
    Space,
    Value,
    Vertical,
    aligned,
    does_not_fit,
    own_size,
)
from templates_app.elements.lines import Line, Style, TooLarge, layout
from templates_app.elements.symbols import SYMBOLOGIES, Symbol, make
from templates_app.fonts import find_face

LINEAR_MODULE_MM = 0.33
LINEAR_HEIGHT_MM = 8.0


class Barcode(Element):
    kind: Literal["barcode"] = "barcode"
    symbology: Literal[
        "qr", "microqr", "rmqr", "datamatrix", "aztec", "pdf417",
        "code128", "code39", "ean13", "ean8", "upca", "itf", "codabar",
    ] = "qr"  # fmt: skip
    value: Value = Field(max_length=4000)
    level: str | None = Field(None, description="Error correction: L, M, Q or H where the symbology has it")
    module_dots: int | None = Field(None, ge=1, le=60, description="Dots of a module; otherwise as many as fit")
    max_module: float | None = Field(None, gt=0, le=20, description="Millimetres of a module at most")
    min_module: float | None = Field(None, gt=0, le=20, description="Millimetres of a module at least")
    quiet: int | None = Field(None, ge=0, le=40, description="Blank modules around it; otherwise the standard's")
    readable: bool = Field(False, description="The content in letters below the bars")
    readable_size: float = Field(1.8, ge=0.8, le=20, description="Height of its capital letters in millimetres")
    align: Horizontal = "center"
    valign: Vertical = "middle"
    colour: Colour = "black"

    VALUES: ClassVar[tuple[str, ...]] = ("value",)

    @model_validator(mode="after")
    def _level_exists(self) -> "Barcode":
        levels = SYMBOLOGIES[self.symbology].levels
        if self.level is not None and self.level not in levels:
            known = f"its levels are {', '.join(levels)}" if levels else "leave level out"
            raise ValueError(f"{SYMBOLOGIES[self.symbology].title} has no error correction level {self.level}: {known}")
        if self.readable and not SYMBOLOGIES[self.symbology].linear:
            raise ValueError("readable is for linear barcodes; put a text beside a matrix code")
        return self

    @property
    def quiet_modules(self) -> int:
        return SYMBOLOGIES[self.symbology].quiet if self.quiet is None else self.quiet

    @property
    def least_module(self) -> float:
        return SYMBOLOGIES[self.symbology].min_module if self.min_module is None else self.min_module


class BarcodeNode(Node):
    __slots__ = ("_caption", "_dots", "_natural", "_symbol", "_symbol_size", "advice", "module_mm")
    element: Barcode

    def __init__(
        self, element: Barcode, symbol: Symbol, dots: tuple[int, int], size: tuple[int, int], caption: Line | None,
        setting: Setting,
    ) -> None:  # fmt: skip
        self.module_mm = round(dots[0] / setting.dpi_x * 25.4, 3)
        # What makes larger modules possible, where they are smaller than ordinary readers resolve.
        self.advice = ""
        quiet = element.quiet_modules
        across, down = quiet * dots[0], quiet * dots[1]
        if SYMBOLOGIES[element.symbology].linear:
            down = 0
        self._symbol, self._dots, self._symbol_size, self._caption = symbol, dots, size, caption
        self._natural = (max(size[0], caption.width), size[1] + _caption_height(caption)) if caption else size
        super().__init__(element, self._natural, Edges(across, down, across, down))

    def place(self, x: int, y: int, w: int, h: int) -> None:
        self.w, self.h = self._natural
        self.x = x + aligned(w - self.w, self.element.align)
        self.y = y + aligned(h - self.h, self.element.valign)

    def paint(self, sheet: Sheet) -> None:
        symbol = self._symbol
        element, (across, down) = self.element, self._symbol_size
        x = self.x + (self.w - across) // 2
        dots = symbol.modules.repeat(across // symbol.columns, axis=1).repeat(down // symbol.rows, axis=0)
        ink = Image.frombuffer("L", (across, down), dots.view(np.uint8) * 255, "raw", "L", 0, 1)
        sheet.stamp(ink.im, x, self.y, element.colour)
        if self._caption:
            caption_x = self.x + (self.w - self._caption.width) // 2
            sheet.write(self._caption.glyphs, caption_x, self.y + down + self._caption.baseline, element.colour)
        sheet.note_box(
            element,
            (x, self.y, across, down),
            symbology=element.symbology,
            payload=symbol.text,
            module_dots=self._dots,
            module_mm=self.module_mm,
            advice=self.advice,
            quiet=element.quiet_modules,
            colour=element.colour,
            off_medium=x < 0 or self.y < 0 or x + across > sheet.width or self.y + down > sheet.height,
        )


def measure(element: Barcode, space: Space, setting: Setting) -> Node:
    value = setting.text(element.value)
    if not value:
        return Node(element, (0, 0), empty=True)
    symbology = SYMBOLOGIES[element.symbology]
    try:
        node = _fitted(element, value, space, setting)
    except _NoRoom as error:
        advice = error.advice or _advice(element, value, space, setting)
        raise does_not_fit(element, error.sentence, advice, value=value, missing_mm=error.missing_mm) from None
    except ValueError as error:
        sentence = f"{symbology.title} “{element.name}”: “{_short(value)}” cannot be encoded, {error}."
        raise does_not_fit(element, sentence, _advice(element, value, space, setting), value=value) from error
    if node.module_mm < symbology.min_module - 0.005:
        node.advice = _advice(element, value, space, setting, min_module=None)
    return node


def _short(value: str) -> str:
    return value if len(value) <= 60 else value[:59] + "…"


class _NoRoom(Exception):
    def __init__(self, sentence: str, missing_mm: float = 0, advice: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.missing_mm, self.advice = sentence, round(missing_mm, 2), advice


def _fitted(element: Barcode, value: str, space: Space, setting: Setting) -> BarcodeNode:
    """Raises ValueError for what the symbology cannot carry."""
    fit = _linear if SYMBOLOGIES[element.symbology].linear else _matrix
    return fit(element, make(element.symbology, value, element.level), space, setting)


def _advice(element: Barcode, value: str, space: Space, setting: Setting, **changes: object) -> str:
    """Something that was tried and fits."""
    trials: list[tuple[str, dict[str, object]]] = []
    if changes:
        trials.append(("Leave out min_module and module_dots: larger modules fit.", {}))
    if element.level not in {None, "L"} and "L" in SYMBOLOGIES[element.symbology].levels:
        trials.append(("Error correction L fits.", {"level": "L"}))
    for key, sentence in (("qr", "A QR code fits."), ("datamatrix", "A DataMatrix fits.")):
        if key != element.symbology:
            trials.append((sentence, {"symbology": key, "level": None}))
    for sentence, change in trials:
        other = element.model_copy(update={"module_dots": None, "readable": False, **changes, **change})
        try:
            _fitted(other, value, space, setting)
        except (ValueError, _NoRoom):
            continue
        return sentence
    return "Use a larger label or a shorter value."


def _units(setting: Setting) -> tuple[int, int]:
    """Dots of the smallest square of whole dots: (2, 1) where the head is twice as fine along x."""
    if setting.dpi_x == setting.dpi_y:
        return 1, 1
    low = min(setting.dpi_x, setting.dpi_y)
    return round(setting.dpi_x / low), round(setting.dpi_y / low)


def _module(element: Barcode, steps: list[int], mm_per_step: float) -> int:
    """How many units a module gets: what fits, unless the definition says otherwise."""
    if element.module_dots is not None:
        return element.module_dots
    wanted = min(steps) if steps else max(1, round(LINEAR_MODULE_MM / mm_per_step))
    if element.max_module is not None:
        wanted = min(wanted, max(1, int(element.max_module / mm_per_step + 1e-6)))
    return wanted


def _matrix(element: Barcode, symbol: Symbol, space: Space, setting: Setting) -> BarcodeNode:
    width, height = own_size(element, space, setting)
    ux, uy = _units(setting)
    mm = 25.4 / min(setting.dpi_x, setting.dpi_y)
    quiet = 2 * element.quiet_modules
    steps = []
    for room, blank, count, unit in (
        (width, space.slack.left + space.slack.right, symbol.columns, ux),
        (height, space.slack.top + space.slack.bottom, symbol.rows, uy),
    ):
        if room is not None:
            steps.append(min(room // (count * unit), (room + blank) // ((count + quiet) * unit)))
    module = _module(element, steps, mm)
    needed = max(1, -int(-(element.least_module - 1e-6) // mm))
    if steps and (module > min(steps) or module < needed):
        raise _too_dense(element, symbol, max(module, needed), (width, height), space, setting)
    return BarcodeNode(
        element,
        symbol,
        (module * ux, module * uy),
        (symbol.columns * module * ux, symbol.rows * module * uy),
        None,
        setting,
    )


def _too_dense(
    element: Barcode, symbol: Symbol, module: int, room: tuple[int | None, int | None], space: Space, setting: Setting
) -> _NoRoom:
    ux, uy = _units(setting)
    over = 0.0
    for have, blank, count, unit, dpi in (
        (room[0], space.slack.left + space.slack.right, symbol.columns, ux, setting.dpi_x),
        (room[1], space.slack.top + space.slack.bottom, symbol.rows, uy, setting.dpi_y),
    ):
        if have is not None:
            dots = max(count * unit * module - have, (count + 2 * element.quiet_modules) * unit * module - have - blank)
            over = max(over, dots * 25.4 / dpi)
    title = SYMBOLOGIES[element.symbology].title
    if over <= 0:
        least = f"{element.least_module:g} mm"
        return _NoRoom(
            f"{title} “{element.name}”: {element.module_dots} dots a module are less than {least}.",
            advice="Use larger modules, or set min_module.",
        )
    return _NoRoom(
        f"{title} “{element.name}”: “{_short(symbol.text)}” makes {symbol.columns} × {symbol.rows} modules, too dense "
        f"for this label, it needs {over:.1f} mm more room.",
        over,
    )


def _linear(element: Barcode, symbol: Symbol, space: Space, setting: Setting) -> BarcodeNode:
    title = SYMBOLOGIES[element.symbology].title
    width, height = own_size(element, space, setting)
    ux = _units(setting)[0]
    mm = 25.4 / setting.dpi_x * ux
    modules = symbol.columns + 2 * element.quiet_modules
    blank = space.slack.left + space.slack.right
    steps = []
    if width is not None:
        fits = min(width // (symbol.columns * ux), (width + blank) // (modules * ux))
        wide = isinstance(element.width, (float, str))
        # Bars grow to fill only where a width was asked for.
        steps.append(fits if wide else min(fits, max(1, round(LINEAR_MODULE_MM / mm))))
    module = _module(element, steps, mm)
    needed = max(1, -int(-(element.least_module - 1e-6) // mm))
    if width is not None and (module < needed or module * symbol.columns * ux > width):
        short = (max(module, needed) * modules * ux - width - blank) * 25.4 / setting.dpi_x
        short = max(short, 0.1)
        raise _NoRoom(
            f"{title} “{element.name}”: “{_short(symbol.text)}” needs {short:.1f} mm more width.",
            short,
        )
    caption = _caption(element, symbol, module * ux * symbol.columns, setting) if element.readable else None
    bars = height if height is not None else setting.down(LINEAR_HEIGHT_MM)
    bars -= _caption_height(caption) if caption else 0
    least = setting.down(2.5)
    if bars < least:
        short = (least - bars) * 25.4 / setting.dpi_y
        raise _NoRoom(
            f"{title} “{element.name}”: its bars would be {bars * 25.4 / setting.dpi_y:.1f} mm high, readers need 2.5 "
            f"mm; it needs {short:.1f} mm more height.",
            short,
        )
    return BarcodeNode(element, symbol, (module * ux, 1), (symbol.columns * module * ux, bars), caption, setting)


def _caption(element: Barcode, symbol: Symbol, width: int, setting: Setting) -> Line:
    face = find_face("sans", bold=False)
    dpi = max(setting.dpi_x, setting.dpi_y)
    px = round(element.readable_size * dpi / 25.4 / face.metrics.cap)
    squeeze = (round(dpi / setting.dpi_x), round(dpi / setting.dpi_y))
    try:
        line = layout(Style(), symbol.text, face, (width * 1.4, None), px, squeeze).lines[0]
    except TooLarge:
        line = layout(Style(), symbol.text, face, (None, None), max(8, int(px * 0.7)), squeeze).lines[0]
    # The gap below the bars is a quarter of a letter.
    return replace(line, baseline=round(element.readable_size * 1.35 * setting.dpi_y / 25.4))


def _caption_height(caption: Line) -> int:
    return caption.baseline + caption.below
