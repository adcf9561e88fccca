"""What every driver can: check that a label can be printed as asked, and turn labels into a printer's bytes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from PIL import Image

from printers.errors import MediumDoesNotFit, OptionNotSupported
from printers.media import Canvas, Medium, Model, canvas_for, placement
from printers.raster import BLACK_DOT, WHITE_DOT, Raster

PRINT, PRINT_AND_FEED = b"\x0c", b"\x1a"


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """How labels are printed and cut. None is what suits the model.

    `copies` of each page follow one another. `auto_cut` cuts after every page, or with `cut_every` after every n-th;
    `cut_at_end` after the last one (None: unless `auto_cut` is off). `half_cut` cuts through the tape but not its
    backing: several pages become a strip that is cut off as a whole, whatever `auto_cut` says; None makes a strip
    where neither `auto_cut` nor `cut_every` asks for more. `chain` leaves the last label in the printer until the next
    job comes. `margin_mm` is the blank before and after each label; `high_resolution` doubles the lines along the feed.
    """

    copies: int = 1
    auto_cut: bool | None = None
    cut_at_end: bool | None = None
    cut_every: int = 1
    half_cut: bool | None = None
    chain: bool = False
    mirror: bool = False
    margin_mm: float | None = None
    high_resolution: bool = False
    compress: bool | None = None

    @property
    def cuts_at_end(self) -> bool:
        wanted = self.auto_cut is not False if self.cut_at_end is None else self.cut_at_end
        return wanted and not self.chain


class Driver(Protocol):
    """One command language. Every method raises MediumDoesNotFit or OptionNotSupported; nothing is ever cropped.

    `chains`: labels that follow one another save tape as pages of one job; else each is sent as a job of its own.
    """

    chains: bool

    def check(self, model: Model, medium: Medium, raster: Raster, options: PrintOptions) -> None: ...

    def encode(self, pages: Sequence[Raster], model: Model, medium: Medium, options: PrintOptions) -> bytes:
        """The whole job."""

    def chunks(self, pages: Iterable[Raster], model: Model, medium: Medium, options: PrintOptions) -> Iterator[bytes]:
        """The same bytes as `encode`, one piece per printed label, each whole enough to be printed when it arrives.

        `pages` is read one page ahead of what is yielded, no further: a page has to say whether it is the last.
        """

    def page(
        self, raster: Raster, model: Model, medium: Medium, options: PrintOptions, *, first: bool, last: bool
    ) -> list[bytes]:
        """One page of a job by itself, a piece for each of its copies; `first` and `last` are the page's in the job."""

    def make_ready(self, rasters: Sequence[Raster], model: Model, medium: Medium, options: PrintOptions) -> None:
        """What of `page` depends on the dots alone, for all of these at once: for small labels it takes much less time
        than for one after the other. It is kept with them, and `page` then has it.
        """

    def ending(self, model: Model, medium: Medium, options: PrintOptions) -> bytes:
        """The end of a job whose last page did not come: feeds and cuts what was printed, on the shortest blank label.

        Empty where such a job is not cut off at its end anyway.
        """


class Job(NamedTuple):
    """What is the same for all pages. `alone`: there is only one page."""

    model: Model
    medium: Medium
    options: PrintOptions
    alone: bool = True

    @property
    def compresses(self) -> bool:
        return self.model.compression if self.options.compress is None else self.options.compress

    @property
    def language(self) -> tuple[object, ...]:
        """What says, beside the dots, how raster lines look."""
        return self.model.key, self.medium.key, self.compresses

    @property
    def margin_dots(self) -> int:
        """At the model's dpi, not in high resolution."""
        if self.options.margin_mm is None:
            return placement(self.model, self.medium).feed_margin_dots
        return round(self.options.margin_mm * self.model.dpi / 25.4)


class Position(NamedTuple):
    """Of a page in its job."""

    first: bool
    last: bool


class BrotherDriver(ABC):
    """What the two raster languages share: checks of sizes, order of pages."""

    chains: bool

    def check(self, model: Model, medium: Medium, raster: Raster, options: PrintOptions) -> None:
        check_image(model, medium, raster, high_resolution=options.high_resolution)
        check_options(model, options)
        self.check_own(Job(model, medium, options))

    def encode(self, pages: Sequence[Raster], model: Model, medium: Medium, options: PrintOptions) -> bytes:
        for raster in pages:
            self.check(model, medium, raster, options)
        return b"".join(self.chunks(pages, model, medium, options))

    def chunks(self, pages: Iterable[Raster], model: Model, medium: Medium, options: PrintOptions) -> Iterator[bytes]:
        first = True
        for raster, last in self._looked_ahead(pages, Job(model, medium, options)):
            yield from self._pieces(raster, Job(model, medium, options), first=first, last=last)
            first = False

    def page(
        self, raster: Raster, model: Model, medium: Medium, options: PrintOptions, *, first: bool, last: bool
    ) -> list[bytes]:
        self.check(model, medium, raster, options)
        return list(self._pieces(raster, Job(model, medium, options), first=first, last=last))

    def make_ready(self, rasters: Sequence[Raster], model: Model, medium: Medium, options: PrintOptions) -> None:
        job = Job(model, medium, options)
        for raster in rasters:
            self.check(model, medium, raster, options)
        for raster, lines in zip(rasters, self.lines(rasters, job), strict=True):
            raster.encoded[job.language] = lines

    def ending(self, model: Model, medium: Medium, options: PrintOptions) -> bytes:
        if not options.cuts_at_end:
            return b""
        blank = blank_label(model, medium, high_resolution=options.high_resolution)
        return b"".join(self.page(blank, model, medium, replace(options, copies=1), first=False, last=True))

    def _pieces(self, raster: Raster, job: Job, *, first: bool, last: bool) -> Iterator[bytes]:
        lines, copies = raster.encoded.get(job.language) or self.lines([raster], job)[0], job.options.copies
        job = job._replace(alone=first and last and copies == 1)
        for copy in range(1, copies + 1):
            position = Position(first and copy == 1, last and copy == copies)
            yield (
                (self.start(job) if position.first else b"")
                + self.commands(raster, job, position)
                + lines
                + (PRINT_AND_FEED if position.last else PRINT)
            )

    def _looked_ahead(self, pages: Iterable[Raster], job: Job) -> Iterator[tuple[Raster, bool]]:
        # A page is checked when it is read, so that the one before it has not yet promised that more follows.
        waiting: Raster | None = None
        for raster in pages:
            self.check(job.model, job.medium, raster, job.options)
            if waiting is not None:
                yield waiting, False
            waiting = raster
        if waiting is not None:
            yield waiting, True

    @abstractmethod
    def check_own(self, job: Job) -> None:
        """Options that this language or model has not."""

    @abstractmethod
    def start(self, job: Job) -> bytes:
        """What is sent once, before the first page's commands."""

    @abstractmethod
    def commands(self, raster: Raster, job: Job, position: Position) -> bytes:
        """What is sent before a page's lines."""

    @abstractmethod
    def lines(self, rasters: Sequence[Raster], job: Job) -> list[bytes]:
        """The raster lines of each, without what ends the page."""


def check_image(model: Model, medium: Medium, raster: Raster, *, high_resolution: bool) -> None:
    """Raises MediumDoesNotFit unless the image fills pins and length exactly, at the job's resolution."""
    canvas = canvas_for(model, medium, high_resolution=high_resolution)
    have, need = (raster.dpi_along, raster.dpi_across), (canvas.dpi_along, canvas.dpi_across)
    if have != need:
        raise MediumDoesNotFit(
            f"The label is drawn at {have[0]} × {have[1]} dpi (along × across the tape), "
            f"but this {model.name} prints it at {need[0]} × {need[1]} dpi."
        )
    least, most = canvas.min_lines, canvas.max_lines
    if raster.pins != canvas.pins or not least <= raster.lines <= most:
        raise MediumDoesNotFit(
            f"The label is {raster.lines} × {raster.pins} dots ({_mm(raster.lines, have[0])} × "
            f"{_mm(raster.pins, have[1])} mm, along × across), but {medium.title} in a {model.name} takes "
            f"{_size(canvas)}."
        )
    for plane in (raster.black, raster.red):
        if plane is not None and (plane.mode != "1" or plane.size != raster.black.size):
            raise ValueError(f"a raster has planes of mode 1 and one size, not {plane.mode} {plane.size}")
    if raster.red is not None and not canvas.two_colour and has_dots(raster.red):
        raise MediumDoesNotFit(f"The label has red dots, but {medium.title} in a {model.name} prints in one colour.")


def check_options(model: Model, options: PrintOptions) -> None:
    """Raises OptionNotSupported for what no Brother language has, or what the model's table says that it lacks."""
    if options.copies < 1:
        raise OptionNotSupported(f"{options.copies} copies cannot be printed; the least is 1.")
    if not 1 <= options.cut_every <= 255:
        raise OptionNotSupported(f"Cutting every {options.cut_every} labels is not possible; it is 1 to 255.")
    if options.cut_every > 1 and options.auto_cut is False:
        raise OptionNotSupported(f"Cutting every {options.cut_every} labels needs automatic cutting, which is off.")
    if not model.auto_cut and (options.auto_cut or options.cut_every > 1):
        raise OptionNotSupported(f"The {model.name} has no automatic cutter; labels are torn off.")
    if options.half_cut and not model.half_cut:
        raise OptionNotSupported(f"The {model.name} cannot half-cut; it cuts through the backing or not at all.")
    if options.high_resolution and not model.high_resolution:
        raise OptionNotSupported(f"The {model.name} has no high resolution; it prints at {model.dpi} dpi.")
    if options.compress and not model.compression:
        raise OptionNotSupported(f"The {model.name} does not understand compressed lines.")


def blank_label(model: Model, medium: Medium, *, high_resolution: bool = False) -> Raster:
    """The shortest label that the model prints on this medium, without a dot."""
    canvas = canvas_for(model, medium, high_resolution=high_resolution)
    white = Image.new("1", (canvas.length_dots or canvas.min_lines, canvas.pins), WHITE_DOT)
    return Raster(white, None, canvas.dpi_along, canvas.dpi_across)


def has_dots(plane: Image.Image) -> bool:
    return plane.getextrema()[0] == BLACK_DOT


def _mm(dots: int, dpi: int) -> str:
    return f"{dots / dpi * 25.4:.1f}"


def _size(canvas: Canvas) -> str:
    across = f"{canvas.pins} dots ({_mm(canvas.pins, canvas.dpi_across)} mm) across"
    if canvas.length_dots is not None:
        return f"exactly {canvas.length_dots} dots ({_mm(canvas.length_dots, canvas.dpi_along)} mm) along, {across}"
    least, most = _mm(canvas.min_lines, canvas.dpi_along), _mm(canvas.max_lines, canvas.dpi_along)
    return f"{canvas.min_lines} to {canvas.max_lines} dots ({least} to {most} mm) along, exactly {across}"
