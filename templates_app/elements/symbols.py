"""The barcode symbologies: what zxing-cpp calls them, how much quiet they need, and their modules as an array."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import zxingcpp

Modules = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Symbology:
    """`quiet` is in modules on each side; `min_module` in millimetres is what an ordinary reader resolves."""

    key: str
    title: str
    format: zxingcpp.BarcodeFormat
    linear: bool
    quiet: int
    min_module: float
    levels: tuple[str, ...] = ()
    digits: tuple[int, ...] = ()
    eci: bool = False


# Extended Channel Interpretation 000026.
_UTF_8 = 26
_F = zxingcpp.BarcodeFormat
# Quiet zones: ISO/IEC 18004 (QR 4, Micro QR 2), 23941 (rMQR 2), 16022 (1), 24778 (0; 1 is kept), 15438 (2),
# 15417 and 16388 (10 X), GS1 General Specifications 5.2.3 (EAN-13 11 X on the left is the widest).
SYMBOLOGIES: dict[str, Symbology] = {
    s.key: s
    for s in (
        Symbology("qr", "QR code", _F.QRCode, False, 4, 0.25, ("L", "M", "Q", "H"), eci=True),
        Symbology("microqr", "Micro QR code", _F.MicroQRCode, False, 2, 0.25, ("L", "M", "Q")),
        Symbology("rmqr", "rMQR code", _F.RMQRCode, False, 2, 0.25, ("M", "H"), eci=True),
        Symbology("datamatrix", "DataMatrix", _F.DataMatrix, False, 1, 0.25, eci=True),
        Symbology("aztec", "Aztec code", _F.Aztec, False, 1, 0.25, eci=True),
        Symbology("pdf417", "PDF417", _F.PDF417, False, 2, 0.16, eci=True),
        Symbology("code128", "Code 128", _F.Code128, True, 10, 0.16),
        Symbology("code39", "Code 39", _F.Code39Std, True, 10, 0.16),
        Symbology("ean13", "EAN-13", _F.EAN13, True, 11, 0.26, digits=(12, 13)),
        Symbology("ean8", "EAN-8", _F.EAN8, True, 7, 0.26, digits=(7, 8)),
        Symbology("upca", "UPC-A", _F.UPCA, True, 9, 0.26, digits=(11, 12)),
        Symbology("itf", "ITF", _F.ITF, True, 10, 0.16),
        Symbology("codabar", "Codabar", _F.Codabar, True, 10, 0.16),
    )
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """`modules` is True where it is dark: a matrix, or one row of bars; `text` is what a reader says."""

    modules: Modules
    text: str

    @property
    def columns(self) -> int:
        return int(self.modules.shape[1])

    @property
    def rows(self) -> int:
        return int(self.modules.shape[0])


def canonical(symbology: Symbology, text: str) -> str:
    """What a reader gives back for `text`: letters that the symbology lacks raised, check digits added."""
    if symbology.digits and len(text) == symbology.digits[0]:
        return text + check_digit(text)
    if symbology.key == "code39":
        return text.upper()
    if symbology.key == "itf" and len(text) % 2:
        return "0" + text
    return text


def check_digit(digits: str) -> str:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right."""
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(digits)))
    return str(-total % 10)


def _refusal(symbology: Symbology, text: str) -> str | None:
    if not text:
        return "it is empty"
    if symbology.digits or symbology.key == "itf":
        if not (text.isascii() and text.isdigit()):
            return f"{symbology.title} takes digits only"
        if symbology.digits and len(text) not in symbology.digits:
            return f"{symbology.title} takes {' or '.join(map(str, symbology.digits))} digits, this has {len(text)}"
        if symbology.digits and len(text) == symbology.digits[1] and check_digit(text[:-1]) != text[-1]:
            return f"its check digit is {text[-1]}, it should be {check_digit(text[:-1])}"
    return None


@lru_cache(maxsize=512)
def make(key: str, text: str, level: str | None) -> Symbol:
    """Raises ValueError with a sentence for what the symbology cannot carry."""
    symbology = SYMBOLOGIES[key]
    if refusal := _refusal(symbology, text):
        raise ValueError(refusal)
    text = canonical(symbology, text)
    options: dict[str, object] = {"ec_level": level} if level else {}
    if symbology.eci and not text.isascii():
        # Without a mark of its encoding readers guess, and take “¡” for Japanese.
        options["eci"] = _UTF_8
    try:
        made = zxingcpp.create_barcode(text, symbology.format, **options)
    except (ValueError, RuntimeError) as error:
        # zxing's own sentence reads “Error 324: Invalid character … (retval: 6)”.
        sentence = str(error).partition(": ")[2].rpartition(" (retval")[0] or str(error)
        raise ValueError(sentence[:1].lower() + sentence[1:]) from error
    modules = np.asarray(made.to_image(scale=1, add_quiet_zones=False)) == 0
    # Rows of a linear symbol repeat; the first has no lengthened guard bars.
    return Symbol(modules[:1] if symbology.linear else modules, text)
