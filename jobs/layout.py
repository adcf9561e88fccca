"""Where a template, its values and a printer meet: which medium, which canvas, which dots, which options."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from PIL import Image

from jobs.errors import NotAllowed
from jobs.models import Job
from printers.drivers import PrintOptions, driver_for
from printers.errors import InvalidInput, MediumDoesNotFit, Problem
from printers.media import Medium, Model, canvas_for, find_medium, find_model, media_for
from printers.models import Printer, PrinterStatus
from printers.raster import Raster
from printers.status import loaded_medium
from templates_app.catalog import definition_of
from templates_app.definition import Definition
from templates_app.rendering import Design, Rendering, Values, resolve

OPTIONS = frozenset({"cut", "half_cut", "high_resolution", "rotate"})
QUARTER_TURNS = (0, 90, 180, 270)


def why_not_usable(printer: Printer) -> str:
    """A sentence where a job for this printer could never print, else empty. A paused printer is usable: jobs wait."""
    if not printer.enabled:
        reason = f": {printer.disabled_reason}" if printer.disabled_reason else ""
        return f"The printer {printer.title} is switched off in the hub{reason}. Enable it, or choose another one."
    if printer.config_error:
        return f"The printer {printer.title} is not configured right: {printer.config_error}"
    return ""


def medium_for(definition: Definition, printer: Printer, status: PrinterStatus | None = None) -> Medium:
    """The medium to lay a label out for: what is loaded, else what a person says is, else the template's first.

    Raises MediumDoesNotFit where the printer's model takes none of the template's media.
    """
    model = find_model(printer.model)
    able = {medium.key: medium for medium in media_for(model)}
    fitting = {key: able[key] for key in definition.media_keys if key in able}
    if not fitting:
        raise MediumDoesNotFit(
            f"The template “{definition.key}” is for {definition.media_title}; "
            f"{printer.title}, a {model.name}, takes none of these.",
            [Problem("/template", f"It is for {definition.media_title}.")],
        )
    loaded = loaded_medium(printer, status if status is not None else getattr(printer, "status", None))
    if loaded is not None and loaded.key in fitting:
        return fitting[loaded.key]
    if printer.media and (declared := find_medium(printer.media).key) in fitting:
        return fitting[declared]
    return next(iter(fitting.values()))


def check_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options without those that say nothing; raises InvalidInput naming every one that is wrong."""
    problems = [
        Problem(f"/options/{name}", f"There is no option “{name}”; there are {', '.join(sorted(OPTIONS))}.")
        for name in given
        if name not in OPTIONS
    ]
    for name in ("cut", "half_cut", "high_resolution"):
        if given.get(name) is not None and not isinstance(given[name], bool):
            problems.append(Problem(f"/options/{name}", f"The option “{name}” is true or false."))
    if given.get("rotate") is not None and given["rotate"] not in QUARTER_TURNS:
        problems.append(Problem("/options/rotate", "A label is turned by 0, 90, 180 or 270 degrees."))
    if problems:
        raise InvalidInput(problems[0].message, problems)
    return {name: value for name, value in given.items() if value is not None}


def print_options(options: Mapping[str, Any], copies: int) -> PrintOptions:
    """What is left out is the printer's best way: a strip where it half-cuts, else every label cut off."""
    return PrintOptions(
        copies=copies,
        auto_cut=options.get("cut"),
        half_cut=options.get("half_cut"),
        high_resolution=bool(options.get("high_resolution")),
    )


class Layout:
    """A definition for a printer's model, a medium and options: what all labels of a batch have in common.

    Raises DoesNotFit or MediumDoesNotFit.
    """

    def __init__(
        self,
        definition: Definition,
        model: Model,
        medium: Medium,
        options: Mapping[str, Any],
        *,
        copies: int,
        now: datetime,
    ) -> None:
        canvas = canvas_for(model, medium, high_resolution=bool(options.get("high_resolution")))
        turned, self._upside_down = _turned(definition, int(options.get("rotate") or 0))
        self._design = Design(turned, canvas)
        self._now = timezone.localtime(now, timezone.get_default_timezone())
        self._model, self._medium, self._driver = model, medium, driver_for(model)
        self._options = print_options(options, copies)

    def lay_out(self, values: Values) -> tuple[Rendering, Raster]:
        """The rendering as it is read, and the raster as it is sent: turned, and checked by the driver.

        Raises DoesNotFit, MediumDoesNotFit or OptionNotSupported.
        """
        rendering = self._design.render(values, now=self._now)
        raster = _upside_down(rendering.raster) if self._upside_down else rendering.raster
        self._driver.check(self._model, self._medium, raster, self._options)
        return rendering, raster


def layout_of(job: Job) -> tuple[Definition, Values]:
    """What the job was asked to show. Raises NotAllowed for an imported job, whose template is not in this hub."""
    if job.template_version is None:
        raise NotAllowed("The template of this job is not in this hub.", extra={"state": job.state})
    definition = definition_of(job.template_version)
    return definition, resolve(definition, job.fields)


def render_job(job: Job) -> Raster:
    """The dots of a job, the same at every call: its values, medium, options and instant were kept when it came."""
    definition, values = layout_of(job)
    model, medium = find_model(job.printer.model), find_medium(job.medium)
    layout = Layout(definition, model, medium, job.options, copies=job.copies, now=job.render_time)
    return layout.lay_out(values)[1]


def _turned(definition: Definition, degrees: int) -> tuple[Definition, bool]:
    """The definition with its lines along or across the tape, and whether the dots are then turned by half.

    A label across the tape is one along it, turned 270 degrees clockwise.
    """
    if degrees % 180 == 0:
        return definition, degrees == 180
    if definition.orientation == "along":
        return definition.model_copy(update={"orientation": "across"}), degrees == 90
    return definition.model_copy(update={"orientation": "along"}), degrees == 270


def _upside_down(raster: Raster) -> Raster:
    half = Image.Transpose.ROTATE_180
    red = None if raster.red is None else raster.red.transpose(half)
    return replace(raster, black=raster.black.transpose(half), red=red)
