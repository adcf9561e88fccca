"""The tape that is loaded, drawn: real width against a 10 mm grid, real colours. Lengths in px of the view box."""

from dataclasses import dataclass

from printers.media import TAPE_COLOURS, TEXT_COLOURS, Medium

WIDTH, HEIGHT = 320, 120
TAPE_START, MOUTH = 32, 286
MAX_SCALE = 2.0

WHITE, BLACK, RED = "#ffffff", "#111111", "#c8141e"
# By the names that a status carries.
PAPER = {colour.name: colour.rgb for colour in TAPE_COLOURS.values() if colour.rgb}
INK = {colour.name: colour.rgb for colour in TEXT_COLOURS.values() if colour.rgb}


@dataclass(frozen=True, slots=True)
class Piece:
    left: float
    width: float

    @property
    def middle(self) -> float:
        return round(self.left + self.width / 2, 1)

    @property
    def radius(self) -> float:
        return round(self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class TapeDrawing:
    title: str
    paper: str
    ink: str
    red: str
    shape: str
    scale: float
    tape_top: float
    tape_height: float
    label_length: float
    # What the style sheet draws without being told.
    black: str = BLACK

    @property
    def grid_scale(self) -> float:
        """Of the sprite's grid, which is drawn for the largest scale; its zero is the upper edge of the tape."""
        return round(self.scale / MAX_SCALE, 4)

    # The style sheet gives the machine a stroke of 8 px, whose round joins are its corners.
    @property
    def mouth_top(self) -> float:
        return self.tape_top - 2

    @property
    def mouth_height(self) -> float:
        return self.tape_height + 4

    @property
    def piece_top(self) -> float:
        return self.tape_top + self.scale

    @property
    def piece_height(self) -> float:
        return round(self.tape_height - 2 * self.scale, 1)

    @property
    def pieces(self) -> list[Piece]:
        """Die-cut labels on their backing paper, as many as are seen."""
        if self.shape == "continuous":
            return []
        step = self.label_length + 3 * self.scale
        lefts = [TAPE_START + 4 + n * step for n in range(int((MOUTH - TAPE_START) / step) + 1)]
        return [
            Piece(round(left, 1), round(min(self.label_length, MOUTH + 8 - left), 1)) for left in lefts if left < MOUTH
        ]

    @property
    def red_line(self) -> float:
        return round(HEIGHT / 2 + self.font_size, 1)

    @property
    def font_size(self) -> float:
        """As large as the tape's height and the title's length allow."""
        fitting = (MOUTH - TAPE_START - 32) / (0.6 * max(1, len(self.title)))
        return round(max(8.0, min(18.0, self.tape_height * 0.5, fitting)), 1)


def draw_tape(medium: Medium, title: str, tape_color: str = "", text_color: str = "") -> TapeDrawing:
    scale = min(MAX_SCALE, (HEIGHT - 16) / medium.width_mm)
    height = round(medium.width_mm * scale, 1)
    return TapeDrawing(
        title=title,
        paper=PAPER.get(tape_color, WHITE),
        ink=INK.get(text_color, BLACK),
        red=RED if medium.two_colour else "",
        shape=medium.shape,
        scale=round(scale, 3),
        tape_top=round((HEIGHT - height) / 2, 1),
        tape_height=height,
        label_length=round(medium.length_mm * scale, 1),
    )
